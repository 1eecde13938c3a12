"""The alternate request syntax of xAPI 1.0: a POST in place of what a sender cannot send (Comm 1.3).

The form holds the headers that matter, the parameters, and `content`, the body. Version 2.0 has done away with it.
"""

import re
from binascii import a2b_qp
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.types import Message

from milepost.bodies import Room
from milepost.gateway.refusing import Refused
from milepost.gateway.requests import JSON, MEBIBYTE, read_body, work_on
from milepost.sources.xapi.versions import HEADER, answered_in

METHOD = "method"
CONTENT = "content"
FORM = "application/x-www-form-urlencoded"
FORMS = (FORM, "text/plain")
"""What a form is said to be: a browser calls it plain text where the script that sends it has not said what it is."""

HEADERS = ("Authorization", HEADER, "Content-Type", "Content-Length", "If-Match", "If-None-Match")

MOST_BYTES = MEBIBYTE
"""A form says in itself who sends it, so it is read before that is known; what is larger is sent as it is."""

MOST_FIELDS = 40

MOST_BESIDE = 32 * 1024
"""How many characters may stand for headers and parameters: as many as the head of a request has."""

_bare_percent = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def is_alternate(request: Request) -> bool:
    """Say whether a request means another one."""
    return bool(request.scope["query_string"]) and METHOD in request.query_params


async def meant_by(request: Request, room: Room) -> Request:
    """Return the request of version 1.0 that is meant; refuse one with more in its address, or without its content."""
    method = request.query_params[METHOD]
    if request.method != "POST" or len(request.query_params.multi_items()) > 1:
        raise Refused(
            "bad_request", "The alternate request syntax is a POST with the parameter method alone (Comm 1.3)."
        )
    if method not in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        raise Refused("bad_request", "method must be GET, HEAD, PUT, POST or DELETE (Comm 1.3).")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in FORMS:
        raise Refused("bad_request", f"The alternate request syntax needs Content-Type: {FORM} (Comm 1.3).")
    form = await work_on(await read_body(request, most=MOST_BYTES, room=room), _form)
    if method in ("PUT", "POST") and CONTENT not in form:
        raise Refused("bad_request", "The form must have its body in the field content (Comm 1.3).")
    meant = _request(request, method, form)
    if answered_in(meant.headers.get(HEADER)) == "2.0.0":
        raise Refused("bad_request", "xAPI 2.0 has no alternate request syntax: send the request itself.")
    return meant


def _form(body: bytes) -> dict[str, str]:
    fields = body.split(b"&", MOST_FIELDS)
    if len(fields) > MOST_FIELDS:
        raise Refused("bad_request", f"The form may have {MOST_FIELDS} fields at most (Comm 1.3).")
    named = [field.partition(b"=") for field in fields if field]
    form = {_decoded(name): _decoded(value) for name, _, value in named}
    if len(form) != len(named):
        raise Refused("bad_request", "Each field of the form may come only once (Comm 1.3).")
    if sum(len(name) + len(value) for name, value in form.items() if name != CONTENT) > MOST_BESIDE:
        raise Refused("bad_request", f"Beside its content the form may have {MOST_BESIDE} characters (Comm 1.3).")
    return form


def _decoded(text: bytes) -> str:
    """Return what a URL-encoded text says.

    With another sign it is quoted-printable, whose reader is in C: a mebibyte takes urllib a third of a second.
    """
    plain = _bare_percent.sub(b"%25", text).replace(b"+", b" ").replace(b"=", b"%3D")
    try:
        return a2b_qp(plain.replace(b"%", b"=")).decode()
    except UnicodeDecodeError as error:
        raise Refused("bad_request", "The form must be URL-encoded UTF-8 (Comm 1.3).") from error


def _request(request: Request, method: str, form: dict[str, str]) -> Request:
    content = form.pop(CONTENT, "").encode()
    told = {name.lower(): form.pop(name) for name in HEADERS if name in form}
    headers = {**dict(request.headers), "content-type": JSON, **told, "content-length": str(len(content))}
    scope = {
        **request.scope,
        "method": method,
        "query_string": urlencode(form).encode(),
        "headers": [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()],
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    return Request(scope, receive)
