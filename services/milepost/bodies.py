"""Bodies of requests, bounded in size and in time, for everybody who listens."""

import asyncio

from starlette.requests import Request

BODY_SECONDS = 30.0
"""How long a body may take to come: a sender that stops in the middle, or hardly moves, holds nothing for longer."""


class TooLarge(Exception):
    """The body is longer than it may be; what is still to come of it, nobody reads."""


class TooSlow(Exception):
    """The body was not whole in time; what is still to come of it, nobody reads."""


async def read_body(request: Request, *, most: int, seconds: float = BODY_SECONDS) -> bytes:
    """Return the whole body; raise TooLarge as soon as that is known, TooSlow, or Starlette's ClientDisconnect."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise TooLarge
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise TooLarge
    except TimeoutError as error:
        raise TooSlow from error
    return bytes(body)
