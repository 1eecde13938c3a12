"""Bodies of requests, bounded in size and in time, for everybody who listens."""

import asyncio

from starlette.requests import Request

BODY_SECONDS = 30.0
"""How long a body may take to come: a sender that stops in the middle, or hardly moves, holds nothing for longer."""


IS_WHOLE = "milepost.body_is_whole"
"""Stands in the scope of a request whose whole body is here already, as nearly all small ones come with their heads."""


class TooLarge(Exception):
    """The body is longer than it may be; what is still to come of it, nobody reads."""


class TooMuch(Exception):
    """So much of others lies here already that there is no room for the body."""


class TooSlow(Exception):
    """The body was not whole in time; what is still to come of it, nobody reads."""


class Room:
    """Holds what comes from senders before it is known who they are: so many bytes of all of them together.

    A body of up to 64 KiB, as messages of webhooks have, needs none.
    """

    SMALL = 64 * 1024

    def __init__(self, most: int = 64 * 1024 * 1024) -> None:
        """Hold so many bytes."""
        self._free = most

    def take(self, octets: int) -> None:
        """Take some more; raise TooMuch, with nothing taken."""
        if octets > self._free:
            raise TooMuch
        self._free -= octets

    def give_back(self, octets: int) -> None:
        """Be free of these again."""
        self._free += octets


async def read_body(request: Request, *, most: int, seconds: float = BODY_SECONDS, room: Room | None = None) -> bytes:
    """Return the whole body; raise TooLarge as soon as that is known, TooSlow, or Starlette's ClientDisconnect.

    With a room it lies there while it comes; raise TooMuch where that is full.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise TooLarge
    if IS_WHOLE in request.scope:
        return await _read(request, most, room)  # nothing is waited for, and to begin a time costs as much as to read
    try:
        async with asyncio.timeout(seconds):
            return await _read(request, most, room)
    except TimeoutError as error:
        raise TooSlow from error


async def _read(request: Request, most: int, room: Room | None) -> bytes:
    body = bytearray()
    held = 0
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise TooLarge
            if room is not None and len(body) > Room.SMALL:
                room.take(len(body) - held)
                held = len(body)
        return bytes(body)
    finally:
        if room is not None:
            room.give_back(held)
