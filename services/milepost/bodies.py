"""Bodies of requests, bounded in size and in time, for everybody who listens."""

import asyncio

from starlette.requests import Request

BODY_SECONDS = 30.0
"""How long a body may take to come: a sender that stops in the middle, or hardly moves, holds nothing for longer."""


IS_WHOLE = "milepost.body_is_whole"
"""Stands in the scope of a request whose whole body is here already, as nearly all small ones come with their heads."""


class TooLarge(Exception):
    """The body is longer than it may be; what is still to come of it, nobody reads."""


class TooSlow(Exception):
    """The body was not whole in time; what is still to come of it, nobody reads."""


async def read_body(request: Request, *, most: int, seconds: float = BODY_SECONDS) -> bytes:
    """Return the whole body; raise TooLarge as soon as that is known, TooSlow, or Starlette's ClientDisconnect."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise TooLarge
    if IS_WHOLE in request.scope:
        return await _read(request, most)  # nothing is waited for, and to begin a time costs as much as to read
    try:
        async with asyncio.timeout(seconds):
            return await _read(request, most)
    except TimeoutError as error:
        raise TooSlow from error


async def _read(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLarge
    return bytes(body)
