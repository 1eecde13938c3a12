"""The resources of xAPI under /xapi: statements, about, and a plain word for everything that is not served."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from milepost.gateway.refusing import Refused
from milepost.gateway.statements import METHODS, StatementRequest
from milepost.sources.xapi.versions import HEADER, LATEST
from milepost.store.services import Services
from milepost_schemas.instants import to_text

CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"
SPOKEN = ("1.0.0", "1.0.1", "1.0.2", "1.0.3")

LOOK_BACK = (0, 10, 50, 250, 1_000, 5_000, 30_000, 120_000)

Endpoint = Callable[[Request], Awaitable[Response]]


def statement_resource(services: Services) -> Endpoint:
    """Return the endpoint of the Statement resource; a refusal is text, with the headers that xAPI asks for."""

    async def resource(request: Request) -> Response:
        asked = StatementRequest(services, request)
        try:
            response = await asked.answer()
        except Refused as refused:
            await asked.note(refused)
            response = _text(refused, {"Allow": ", ".join(METHODS)} if refused.reason == "not_allowed" else {})
        response.headers[HEADER] = LATEST
        response.headers[CONSISTENT_THROUGH] = to_text(consistent_through(services))
        return response

    return resource


async def about(request: Request) -> Response:
    """Answer which versions are spoken (Comm 2.8); nobody need say who they are."""
    if request.method not in ("GET", "HEAD"):
        return _text(Refused("not_allowed", "This resource answers GET, HEAD."), {"Allow": "GET, HEAD"})
    return JSONResponse({"version": list(SPOKEN)}, headers={HEADER: LATEST})


async def elsewhere(request: Request) -> Response:
    """Answer for the resources of xAPI that are not served."""
    del request
    return _text(
        Refused("not_found", "Of xAPI, /statements and /about are served here: Milepost receives statements."), {}
    )


def consistent_through(services: Services) -> int:
    """Return the latest moment up to which every statement that was stored can be read; near now even when idle."""
    arrivals = services.acceptance.arrivals
    now = arrivals.sample()
    for back in LOOK_BACK:
        if arrivals.settled(now - back + 1, timeout=0):
            return now - back
    return now - LOOK_BACK[-1]


def _text(refused: Refused, headers: dict[str, str]) -> Response:
    return PlainTextResponse(
        refused.sentence + "\n", refused.status, headers={**refused.headers, **headers, HEADER: LATEST}
    )
