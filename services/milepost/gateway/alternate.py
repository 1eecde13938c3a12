"""The alternate request syntax of xAPI 1.0: a POST in place of what a sender cannot send (Comm 1.3).

The form holds the headers that matter, the parameters, and `content`, the body. Version 2.0 has done away with it.
"""

from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.types import Message

from milepost.gateway.refusing import Refused
from milepost.gateway.requests import JSON, read_body
from milepost.sources.xapi.versions import HEADER

METHOD = "method"
FORM = "application/x-www-form-urlencoded"
FORMS = (FORM, "text/plain")
"""What a form is said to be: a browser calls it plain text where the script that sends it has not said what it is."""

HEADERS = ("Authorization", HEADER, "Content-Type", "Content-Length", "If-Match", "If-None-Match")
MOST_FIELDS = 40


def is_alternate(request: Request) -> bool:
    """Say whether a request means another one."""
    return bool(request.scope["query_string"]) and METHOD in request.query_params


async def meant_by(request: Request, *, most: int) -> Request:
    """Return the request that is meant; refuse what has anything beside the method in its address, or no content."""
    method = request.query_params[METHOD]
    if request.method != "POST" or len(request.query_params.multi_items()) > 1:
        raise Refused(
            "bad_request", "The alternate request syntax is a POST with the parameter method alone (Comm 1.3)."
        )
    if method not in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        raise Refused("bad_request", "method must be GET, HEAD, PUT, POST or DELETE (Comm 1.3).")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in FORMS:
        raise Refused("bad_request", f"The alternate request syntax needs Content-Type: {FORM} (Comm 1.3).")
    form = _form(await read_body(request, most=most))
    if method in ("PUT", "POST") and "content" not in form:
        raise Refused("bad_request", "The form must have its body in the field content (Comm 1.3).")
    return _request(request, method, form)


def _form(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Refused("bad_request", "The form must be URL-encoded UTF-8 with few fields (Comm 1.3).") from error
    form = dict(fields)
    if len(form) != len(fields):
        raise Refused("bad_request", "Each field of the form may come only once (Comm 1.3).")
    return form


def _request(request: Request, method: str, form: dict[str, str]) -> Request:
    content = form.pop("content", "").encode()
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
