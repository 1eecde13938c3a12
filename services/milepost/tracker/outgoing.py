"""Where what a processor says goes: each message with its topic and partition, and what else of it is told."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from milepost_schemas.changes import ChangeTold
from milepost_schemas.messages import SourceRedeclared
from milepost_schemas.projections import Projected, SourceProjected, owner_of
from milepost_schemas.streams import STREAMS
from milepost_schemas.topics import BROADCAST_TO, Message, Said, Topic, address, encode, join

Partitioner = Callable[[bytes], int]
"""Says in which partition a key lies."""


def place_of(topic: Topic, key: bytes, partition_of: Partitioner) -> int:
    """Return the partition of a topic in which a key lies; some topics have but one."""
    return 0 if STREAMS[topic].partitions == "one" else partition_of(key)


class Output(Struct, frozen=True):
    """A message that goes to a partition of a topic."""

    topic: Topic
    partition: int
    key: bytes | None
    value: bytes


class Outgoing:
    """Addresses what processors say, on a site whose topics have so many partitions."""

    def __init__(self, partition_of: Partitioner, *, partitions: int) -> None:
        """Take a key to where `partition_of` says."""
        self._partition_of = partition_of
        self._count = partitions

    def outputs(self, said: Said) -> Iterator[Output]:
        """Yield every message that goes out for a word of a processor."""
        if isinstance(said, SourceRedeclared):
            body = encode(said)
            for topic in BROADCAST_TO[SourceRedeclared]:
                yield from (Output(topic, partition, None, body) for partition in range(self._count))
            return
        yield self._output(said)
        if isinstance(said, Projected):
            yield from self._told(said)
        if isinstance(said, SourceProjected):
            yield Output(Topic.CATALOG, 0, join(said.tenant, "source", said.source).encode(), encode(said))

    def _told(self, said: Projected) -> Iterator[Output]:
        kind, owner = owner_of(said)
        for place, change in enumerate(said.changes):
            yield self._output(
                ChangeTold(owner_kind=kind, owner=owner, version=said.version, place=place, change=change)
            )

    def _output(self, message: Message) -> Output:
        to = address(message)
        key = to.key.encode()
        return Output(to.topic, place_of(to.topic, key, self._partition_of), key, encode(message))
