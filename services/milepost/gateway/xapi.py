"""The resources of xAPI under /xapi: how each is asked and answered, whatever it holds."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from milepost.bodies import Room
from milepost.gateway.alternate import is_alternate, meant_by
from milepost.gateway.authentication import authenticate
from milepost.gateway.keeping import count_refusal
from milepost.gateway.rates import Rates
from milepost.gateway.refusing import Refused
from milepost.gateway.replies import JsonLine
from milepost.gateway.requests import require_version
from milepost.gateway.statements import METHODS, StatementRequest
from milepost.sources.xapi import Version
from milepost.sources.xapi.versions import HEADER, answered_in
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost_schemas.instants import to_text

CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"
VERSION, CONSISTENT = HEADER.lower().encode(), CONSISTENT_THROUGH.lower().encode()
SPOKEN = ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0")

Endpoint = Callable[[Request], Awaitable[Response]]

Answer = Callable[[Request, Source, Version], Awaitable[Response]]
"""Answers a request that a source has made in a version."""


def statement_resource(services: Services, rates: Rates, room: Room) -> Endpoint:
    """Return the endpoint of the Statement resource; a refusal is text, with the headers that xAPI asks for."""

    async def resource(request: Request) -> Response:
        asked = StatementRequest(services, rates, room, request)
        # Before anything is read: what is stored meanwhile may be missing in the answer.
        through = services.acceptance.consistent_through()
        try:
            response = await asked.answer()
        except Refused as refused:
            await asked.note(refused)
            response = _text(refused)
        # As octets, at the end: to look whether they are there already costs more than to write them.
        response.raw_headers += ((VERSION, asked.version.encode()), (CONSISTENT, to_text(through).encode()))
        return response

    return resource


async def about(request: Request) -> Response:
    """Answer which versions are spoken (Comm 2.8); nobody need say who they are."""
    if request.method not in ("GET", "HEAD"):
        response = _text(Refused("not_allowed", "This resource answers GET, HEAD."), allowed="GET, HEAD")
    else:
        response = JsonLine({"version": list(SPOKEN)})
    response.headers[HEADER] = answered_in(request.headers.get(HEADER))
    return response


def resource(services: Services, room: Room, path: str, *, methods: Sequence[str], answer: Answer) -> Endpoint:
    """Return the endpoint of a resource that answers by these methods; a refusal is text."""

    async def endpoint(request: Request) -> Response:
        source = None
        try:
            if is_alternate(request):
                request = await meant_by(request, room)
            if request.method not in methods:
                raise Refused("not_allowed", f"This resource answers {', '.join(methods)}.")
            source = await authenticate(request, services)
            response = await answer(request, source, require_version(request))
        except Refused as refused:
            count_refusal(services, f"/xapi/{path}", refused, source)
            response = _text(refused, allowed=", ".join(methods))
        response.headers[HEADER] = answered_in(request.headers.get(HEADER))
        return response

    return endpoint


async def nothing(request: Request) -> Response:
    """Answer that xAPI has no such resource."""
    response = _text(Refused("not_found", "xAPI has no such resource."))
    response.headers[HEADER] = answered_in(request.headers.get(HEADER))
    return response


def _text(refused: Refused, *, allowed: str = ", ".join(METHODS)) -> Response:
    headers = {**refused.headers, **({"Allow": allowed} if refused.reason == "not_allowed" else {})}
    return PlainTextResponse(refused.sentence + "\n", refused.status, headers=headers)
