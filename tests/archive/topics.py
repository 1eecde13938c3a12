"""The topics of a site, filled and read to their end."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing

from milepost.broker.inbox import Inbox, Received
from milepost.broker.outbox import Outbox
from milepost.broker.partitioning import partition_of
from milepost.broker.topics import partitions_of
from milepost.settings import Settings
from milepost_schemas.submissions import Refusal, Submission
from milepost_schemas.topics import Broadcast, Message, Topic, address, decode, encode


def place_of(site: Settings, message: Message) -> tuple[Topic, int, bytes]:
    """Return where a message with a key lies."""
    to = address(message)
    key = to.key.encode()
    return to.topic, partition_of(key, partitions_of(site, to.topic)), key


def put(site: Settings, messages: Iterable[Message]) -> None:
    """Put messages where they belong, and wait until they are there."""
    with Outbox(site, "test") as outbox:
        for message in messages:
            topic, partition, key = place_of(site, message)
            outbox.send(topic, partition, key, encode(message))
        outbox.settle()


def put_bytes(site: Settings, topic: Topic, partition: int, *values: bytes) -> None:
    """Put anything at all into a partition."""
    with Outbox(site, "test") as outbox:
        for value in values:
            outbox.send(topic, partition, b"poison", value)
        outbox.settle()


def read(site: Settings, topic: Topic) -> Sequence[Received]:
    """Return all that a topic holds now, each partition's in its order."""
    with closing(Inbox(site, topic, group="archive")) as inbox:
        partitions = range(partitions_of(site, topic))
        inbox.assign(partitions, {})
        missing = {partition: end for partition, end in inbox.ends().items() if end > inbox.beginnings[partition]}
        found: list[Received] = []
        while missing:
            found.extend(inbox.receive(1.0))
            read_until = {one.partition: one.offset + 1 for one in found}
            missing = {partition: end for partition, end in missing.items() if read_until.get(partition, 0) < end}
        return sorted(found, key=lambda one: (one.partition, one.offset))


def said(site: Settings, topic: Topic) -> list[Message | Broadcast]:
    """Return all that a topic says."""
    return [decode(one.value) for one in read(site, topic)]


def received(*requests: Submission | Refusal, start: int = 0, partition: int = 0) -> Iterator[Received]:
    """Yield requests as they would lie in a partition of raw messages."""
    for offset, request in enumerate(requests, start):
        key = address(request).key.encode()
        yield Received(Topic.RAW_MESSAGES, partition, offset, key, encode(request))
