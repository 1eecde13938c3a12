"""The one shape of all processors: a pair of pure functions over one keyed record.

`evolve` takes in one message, `assess` says what follows; a runtime only reads, finds the record, advances it, stores
it, and sends what it says.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import msgspec

from milepost.core.catalog import Catalog
from milepost_schemas.messages import ProgramKnown, SourceRedeclared, Tick
from milepost_schemas.topics import Message, Said, Topic

Record = TypeVar("Record", bound="Versioned")
Input = TypeVar("Input", bound=Message)


class Versioned(Protocol):
    """What every record has: how often it has spoken."""

    version: int


Waits = tuple[tuple[str, int], ...]
"""Until when silence alone changes nothing: per source ("" is our own clock) the earliest moment not reached yet."""


def _reads_nothing(record: object, known: ProgramKnown | SourceRedeclared, catalog: Catalog) -> bool:  # noqa: ARG001
    return False


@dataclass(frozen=True, slots=True)
class Processor(Generic[Record, Input]):
    """A kind of record: the topic that feeds it, and its two functions."""

    topic: Topic
    record: type[Record]
    evolve: Callable[[Record | None, str, Input | Tick], Record]
    assess: Callable[[Record, Catalog], tuple[Record, tuple[Said, ...], Waits]]
    reads: Callable[[Record, ProgramKnown | SourceRedeclared, Catalog], bool] = _reads_nothing
    """Whether a record has to be assessed again when a program or a source is known otherwise."""

    def concerns(self, stored: bytes, known: ProgramKnown | SourceRedeclared, catalog: Catalog) -> bool:
        """Say whether a stored record has to be assessed again when a program or a source is known otherwise."""
        return self.reads(msgspec.msgpack.decode(stored, type=self.record), known, catalog)


@dataclass(frozen=True, slots=True)
class Advanced:
    """What one step of one record came to: its bytes, what it says, and what it waits for."""

    record: bytes
    outputs: tuple[Said, ...]
    waits: Waits


def advance(
    processor: Processor[Record, Input],
    key: str,
    stored: bytes | None,
    messages: Iterable[Input | Tick],
    catalog: Catalog,
    *,
    position: int = 0,
) -> Advanced:
    """Take in the messages in order, then assess once.

    What the record says from a position of its log has a version of at least that, so that of two that were paused or
    built anew in between, the one that has read further counts.
    """
    record = None if stored is None else msgspec.msgpack.decode(stored, type=processor.record)
    for message in messages:
        record = processor.evolve(record, key, message)
    if record is None:
        raise ValueError(f"a step of {key!r} needs at least one message or a stored record")
    record.version = max(record.version, position - 1)
    assessed, outputs, waits = processor.assess(record, catalog)
    return Advanced(msgspec.msgpack.encode(assessed), outputs, waits)
