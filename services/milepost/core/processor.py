"""The one shape of all processors: a pair of pure functions over one keyed record.

`evolve` takes in one message, `assess` says what follows; a runtime only reads, finds the record, advances it, stores
it, and sends what it says.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from milepost.core.catalog import Catalog
from milepost_schemas.messages import Tick
from milepost_schemas.topics import Message, Topic

Record = TypeVar("Record")
Input = TypeVar("Input", bound=Message)

Waits = tuple[tuple[str, int], ...]
"""Until when silence alone changes nothing: per source ("" is our own clock) the earliest moment not reached yet."""


@dataclass(frozen=True, slots=True)
class Processor(Generic[Record, Input]):
    """A kind of record: the topic that feeds it, and its two functions."""

    topic: Topic
    record: type[Record]
    evolve: Callable[[Record | None, str, Input | Tick], Record]
    assess: Callable[[Record, Catalog], tuple[Record, tuple[Message, ...], Waits]]


@dataclass(frozen=True, slots=True)
class Advanced:
    """What one step of one record came to: its bytes, what it says, and what it waits for."""

    record: bytes
    outputs: tuple[Message, ...]
    waits: Waits


def advance(
    processor: Processor[Record, Input],
    key: str,
    stored: bytes | None,
    messages: Iterable[Input | Tick],
    catalog: Catalog,
) -> Advanced:
    """Take in the messages in order, then assess once."""
    record = None if stored is None else msgspec.msgpack.decode(stored, type=processor.record)
    for message in messages:
        record = processor.evolve(record, key, message)
    if record is None:
        raise ValueError(f"a step of {key!r} needs at least one message or a stored record")
    assessed, outputs, waits = processor.assess(record, catalog)
    return Advanced(msgspec.msgpack.encode(assessed), outputs, waits)
