"""What every endpoint asks of a request: a body of bounded size and of a known type, and known parameters."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import Executor, ThreadPoolExecutor
from email.message import Message
from functools import cache
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from milepost import bodies
from milepost.bodies import BODY_SECONDS, Room, TooLarge, TooMuch, TooSlow
from milepost.gateway.refusing import Reason, Refused
from milepost.sources.xapi import StatementRefused, Version, negotiate
from milepost.sources.xapi.versions import HEADER

MEBIBYTE = 1024 * 1024

SMALL = 128 * 1024
"""A body of up to so many bytes, some ten milliseconds of work, is worked on where it was received.

To work is to hold the interpreter: threads would not be done sooner, and each time one takes it from another costs.
"""

JSON = "application/json"
CSV = "text/csv"
LONGEST_CONTENT_TYPE = 200

LARGE_AT_ONCE = 2
"""How many large bodies are worked on at the same time; others wait for their turn."""

T = TypeVar("T")


async def read_body(request: Request, *, most: int, seconds: float = BODY_SECONDS, room: Room | None = None) -> bytes:
    """Return the whole body; refuse one longer than `most` bytes as soon as that is known, and one that comes slowly.

    A body is never unpacked: what is compressed is refused by `require_json`, so nothing grows here.
    """
    try:
        return await bodies.read_body(request, most=most, seconds=seconds, room=room)
    except TooLarge as error:
        raise Refused("too_large", f"The body is longer than {most} bytes; send it in several requests.") from error
    except TooSlow as error:
        raise Refused("too_slow", f"The body was not whole after {seconds:.0f} seconds; send it again.") from error
    except TooMuch as error:
        raise Refused("store_unavailable", "Too much is being sent at the moment. Send this again later.") from error
    except ClientDisconnect as error:
        raise Refused("bad_content", "The request ended before its body was whole.") from error


async def work_on(body: bytes, work: Callable[[bytes], T]) -> T:
    """Return what the work gives for a body; a large one is given to a thread, and no small one waits for it.

    What a body holds can take twenty times its own size, so only a few large ones are looked at together.
    """
    if len(body) <= SMALL:
        return work(body)
    return await asyncio.get_running_loop().run_in_executor(_few_threads(), work, body)


@cache
def _few_threads() -> Executor:
    return ThreadPoolExecutor(LARGE_AT_ONCE, thread_name_prefix="milepost-large-body")


def require_json(request: Request, reason: Reason = "wrong_type", *, status: int | None = None) -> None:
    """Refuse a body that is not said to be JSON in UTF-8, or that is compressed."""
    content_type = only_header(request, "content-type") or ""
    if content_type != JSON and not _is(JSON, content_type):
        raise Refused(reason, "The body must be JSON in UTF-8: send Content-Type: application/json.", status=status)
    require_uncompressed(request)


def is_csv(request: Request) -> bool:
    """Say whether a body is said to be CSV; refuse one that is compressed."""
    require_uncompressed(request)
    return _is(CSV, only_header(request, "content-type") or "")


def require_uncompressed(request: Request) -> None:
    """Refuse a body that is compressed."""
    if (only_header(request, "content-encoding") or "identity").lower() != "identity":
        raise Refused("wrong_type", "The body must not be compressed: send it without Content-Encoding.")


def require_version(request: Request) -> Version:
    """Return the version of xAPI that a request follows; refuse one that says none, or another (Comm 3.3)."""
    try:
        return negotiate(only_header(request, HEADER))
    except StatementRefused as refused:
        raise Refused("bad_request", str(refused)) from refused


def only_header(request: Request, name: str) -> str | None:
    """Return a header, None where it is absent; refuse one that comes twice, as readers would differ about which."""
    found = request.headers.getlist(name)
    if len(found) > 1:
        raise Refused("bad_request", f"The header {name.title()} may come only once.")
    return found[0] if found else None


def _is(kind: str, content_type: str) -> bool:
    if len(content_type) > LONGEST_CONTENT_TYPE:
        return False
    declared = Message()
    declared["content-type"] = content_type
    charset = str(declared.get_param("charset", "utf-8")).lower()
    return declared.get_content_type() == kind and charset in ("utf-8", "utf8", "us-ascii")


def require_known_parameters(request: Request, known: Collection[str]) -> None:
    """Refuse a query parameter that is not known here, to the letter, or that comes twice."""
    if not request.scope["query_string"]:
        return
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in known:
            possible = ", ".join(sorted(known)) or "none"
            raise Refused("bad_request", f"The query parameter {name[:80]!a} is not known here; possible: {possible}.")
        if names.count(name) > 1:
            raise Refused("bad_request", f"The query parameter {name!r} may come only once.")
