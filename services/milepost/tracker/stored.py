"""A record as a worker keeps it: how far it has read, what it waits for, and what it still owes the world.

A record is stored together with its outputs, and they are sent after that. What was stored and not sent is sent again
by whoever takes the record over; what was sent twice changes nothing, because it is whole state with a version.
"""

import struct
from typing import NamedTuple

import msgspec
from msgspec import Struct

from milepost.core.processor import Waits

FORMAT = 2
"""The form of what stands behind the head. A release that changes it still reads all earlier ones."""

_HEAD = struct.Struct(">qB")
"""The watermark, and the format of the rest."""


_ENCODER = msgspec.msgpack.Encoder()


class NewerRecord(RuntimeError):
    """A record was written by a newer release than this one; start that one again."""


class NoRecord(RuntimeError):
    """What stands in the place of a record is none; `milepost rebuild --records` makes the records anew."""


class Owed(NamedTuple):
    """One message that goes to a partition of a topic."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes


class Stored(Struct, array_like=True, frozen=True):
    """Everything that is kept of one record."""

    record: bytes
    waits: Waits
    owed: tuple[Owed, ...]


_DECODER = msgspec.msgpack.Decoder(Stored)


def write(watermark: int, stored: Stored) -> bytes:
    """Return a record as it is kept; `watermark` is the offset of the last message that it has taken in."""
    return _HEAD.pack(watermark, FORMAT) + _ENCODER.encode(stored)


def watermark_of(value: bytes) -> int:
    """Return the offset of the last message that a record has taken in; raise NoRecord where there is none."""
    return _head(value)[0]


def read(value: bytes) -> Stored:
    """Return what is kept; raise NewerRecord where this release cannot read it, and NoRecord where there is none."""
    written = _head(value)[1]
    if written > FORMAT:
        raise NewerRecord(f"a record has format {written}, and this release reads up to {FORMAT}: start the newer one")
    try:
        return _DECODER.decode(memoryview(value)[_HEAD.size :])
    except msgspec.MsgspecError as error:
        raise NoRecord("a record cannot be read") from error


def _head(value: bytes) -> tuple[int, int]:
    try:
        watermark, written = _HEAD.unpack_from(value)
    except struct.error as error:
        raise NoRecord("a record has no head") from error
    return watermark, written
