"""The resources of xAPI under /xapi: statements, about, and a plain word for everything that is not served."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from milepost.bodies import Room
from milepost.gateway.alternate import is_alternate, meant_by
from milepost.gateway.rates import Rates
from milepost.gateway.refusing import Refused
from milepost.gateway.replies import JsonLine
from milepost.gateway.statements import METHODS, StatementRequest
from milepost.sources.xapi import StatementRefused
from milepost.sources.xapi.versions import HEADER, answered_in, negotiate
from milepost.store.services import Services
from milepost_schemas.instants import to_text

CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"
VERSION, CONSISTENT = HEADER.lower().encode(), CONSISTENT_THROUGH.lower().encode()
SPOKEN = ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0")

DOCUMENTS = frozenset({"activities/state", "activities/profile", "agents/profile"})
"""The resources that hold documents. None is kept, so none is found: at a 404 content begins anew."""

NOT_SERVED = DOCUMENTS | {"activities", "agents"}
"""The other resources of xAPI."""

Endpoint = Callable[[Request], Awaitable[Response]]


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


def other_resources(room: Room) -> Endpoint:
    """Return the endpoint of the resources of xAPI that are not served, and of what is none."""

    async def elsewhere(request: Request) -> Response:
        try:
            meant = await meant_by(request, room) if is_alternate(request) else request
            response, version = _answer(meant), meant.headers.get(HEADER)
        except Refused as refused:
            response, version = _text(refused), request.headers.get(HEADER)
        response.headers[HEADER] = answered_in(version)
        return response

    return elsewhere


def _answer(request: Request) -> Response:
    resource = request.path_params["rest"].removesuffix("/")
    if resource not in NOT_SERVED:
        raise Refused("not_found", "Of xAPI, /statements and /about are served here.")
    try:
        negotiate(request.headers.get(HEADER))
    except StatementRefused as refused:
        raise Refused("bad_request", str(refused)) from refused
    if resource in DOCUMENTS and request.method in ("GET", "HEAD"):
        return Response(status_code=404)  # without a word, which some clients would take for the document
    raise Refused("not_served", "Milepost receives statements; documents, agents and activities are not kept.")


def _text(refused: Refused, *, allowed: str = ", ".join(METHODS)) -> Response:
    headers = {**refused.headers, **({"Allow": allowed} if refused.reason == "not_allowed" else {})}
    return PlainTextResponse(refused.sentence + "\n", refused.status, headers=headers)
