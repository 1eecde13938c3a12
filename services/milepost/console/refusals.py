"""What a request is answered with that is not done: JSON for scripts, a text for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

RETRY_AFTER_SECONDS = 10
COME_AGAIN: Mapping[str, str] = {"Retry-After": str(RETRY_AFTER_SECONDS)}
"""What goes with every 503: it says nothing about the request itself."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request was not done, in a sentence that says what to do."""

    detail: str


def is_for_scripts(request: Request) -> bool:
    """Say whether data is asked for, and not a page."""
    path: str = request.scope["path"]
    return path.startswith("/v1/") or path.endswith(".json")


def refusal(request: Request, status: int, said: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer that says why, as whoever asks can read it."""
    more = dict(headers or {})
    if is_for_scripts(request):
        return JSONResponse({"detail": said}, status, more)
    return PlainTextResponse(said, status, more)


def declared(*statuses: HTTPStatus) -> dict[int | str, dict[str, object]]:
    """Return these statuses as the description of a route has them."""
    return {int(status): _declared(status) for status in statuses}


def _declared(status: HTTPStatus) -> dict[str, object]:
    found: dict[str, object] = {"model": Refusal, "description": MEANINGS[status]}
    header = HEADERS.get(status)
    return found if header is None else {**found, "headers": header}


MEANINGS: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "The address has the character NUL in it, or the body is no JSON.",
    HTTPStatus.UNAUTHORIZED: "Nobody is signed in, and no key of an account was sent.",
    HTTPStatus.FORBIDDEN: "The account may not do this, or the request comes from a page of another site.",
    HTTPStatus.NOT_FOUND: "There is nothing of that name or id.",
    HTTPStatus.REQUEST_TIMEOUT: "The body was not whole in time.",
    HTTPStatus.CONFLICT: "Somebody else was quicker, or the gap is closed by now.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is longer than any that is meant.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something in the address or the body is wrong: which, and what is possible.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database does not answer now, and nothing was done.",
}

HEADERS: Mapping[HTTPStatus, Mapping[str, object]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}},
    HTTPStatus.SERVICE_UNAVAILABLE: {
        "Retry-After": {"schema": {"type": "integer"}, "description": "In so many seconds.", "required": True}
    },
}

OF_EVERY_ADDRESS = declared(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
OF_A_THING = declared(HTTPStatus.NOT_FOUND)
OF_COORDINATORS = declared(HTTPStatus.FORBIDDEN)
OF_A_COMMAND = declared(
    HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE
)
OF_A_HANDLING = OF_A_COMMAND | declared(HTTPStatus.CONFLICT)
