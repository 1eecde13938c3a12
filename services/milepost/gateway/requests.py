"""What every endpoint asks of a request: a body of bounded size and of a known type, and known parameters."""

from collections.abc import Collection
from email.message import Message

from starlette.requests import ClientDisconnect, Request

from milepost.gateway.refusing import Reason, Refused

MEBIBYTE = 1024 * 1024


async def read_body(request: Request, *, most: int) -> bytes:
    """Return the whole body; refuse one that is longer than `most` bytes, as soon as that is known."""
    too_large = Refused("too_large", f"The body is longer than {most} bytes; send it in several requests.")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise too_large
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise too_large
    except ClientDisconnect as error:
        raise Refused("bad_content", "The request ended before its body was whole.") from error
    return bytes(body)


def require_json(request: Request, reason: Reason = "wrong_type", *, status: int | None = None) -> None:
    """Refuse a body that is not said to be JSON in UTF-8, or that is compressed."""
    declared = Message()
    declared["content-type"] = request.headers.get("content-type", "")
    charset = str(declared.get_param("charset", "utf-8")).lower()
    if declared.get_content_type() != "application/json" or charset not in ("utf-8", "utf8", "us-ascii"):
        raise Refused(reason, "The body must be JSON in UTF-8: send Content-Type: application/json.", status=status)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(reason, "The body must not be compressed: send it without Content-Encoding.", status=status)


def require_known_parameters(request: Request, known: Collection[str]) -> None:
    """Refuse a query parameter that is not known here, to the letter, or that comes twice."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in known:
            possible = ", ".join(sorted(known)) or "none"
            raise Refused("bad_request", f"The query parameter {name[:80]!a} is not known here; possible: {possible}.")
        if names.count(name) > 1:
            raise Refused("bad_request", f"The query parameter {name!r} may come only once.")
