"""How far topics reach, and how far groups have read them: what the ticker waits by, and what lag is.

One connection is kept and asked again and again; where it breaks, another one is opened. For any thread.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import TypeVar

from kafka import KafkaAdminClient, OffsetSpec
from kafka.errors import KafkaError, NoError, UnknownTopicOrPartitionError
from kafka.structs import OffsetAndMetadata, TopicPartition

from milepost.broker.administration import as_broker_error, open_admin
from milepost.broker.client import addresses_of
from milepost.broker.failing import BrokerRefused
from milepost.broker.topics import Group, group_name_of, name_of, partitions_of
from milepost.settings import Settings
from milepost_schemas.topics import Topic

Partition = tuple[Topic, int]
"""A topic and the number of a partition of it."""

Answer = TypeVar("Answer")

NOBODY_THERE = ("Empty", "Dead")
"""The states of a group without members; one that nobody ever joined is dead."""

SECONDS_TO_ANSWER = 5.0
SECONDS_BETWEEN = 0.1


class Progress:
    """Asks Kafka about offsets. Every answer comes within some seconds, or a BrokerError does."""

    def __init__(self, settings: Settings, *, seconds: float = SECONDS_TO_ANSWER) -> None:
        """Connect with the first question."""
        self._settings = settings
        self._addresses = ", ".join(addresses_of(settings))
        self._seconds = seconds
        self._client: KafkaAdminClient | None = None
        self._turn = Lock()

    def ends(self, topics: Iterable[Topic]) -> dict[Partition, int]:
        """Return for each partition the offset that its next message will have."""
        return self._offsets(self._partitions(topics), OffsetSpec.LATEST)

    def beginnings(self, topics: Iterable[Topic]) -> dict[Partition, int]:
        """Return for each partition the offset of the first message that it still holds, or would hold."""
        return self._offsets(self._partitions(topics), OffsetSpec.EARLIEST)

    def positions(self, group: Group, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """Return for each partition the offset that a group reads next, as it has committed it.

        Where it never has, it reads from the beginning; that is the end of a partition which nothing ever came to.
        """
        asked = list(partitions)
        committed = self._committed(group, asked)
        never = [partition for partition in asked if partition not in committed]
        return {**committed, **self._offsets(never, OffsetSpec.EARLIEST)}

    def passed(self, group: Group, ends: Mapping[Partition, int]) -> bool:
        """Say whether a group has read and committed everything before these offsets."""
        asked = [partition for partition, end in ends.items() if end > 0]
        positions = self.positions(group, asked)
        return all(positions[partition] >= ends[partition] for partition in asked)

    def lag(self, group: Group, topics: Iterable[Topic]) -> dict[Partition, int]:
        """Return for each partition how many messages a group has still to read."""
        ends = self.ends(topics)
        positions = self.positions(group, ends)
        return {partition: max(0, end - positions[partition]) for partition, end in ends.items()}

    def is_empty(self, group: Group) -> bool:
        """Say whether nobody is a member of a group."""
        name = group_name_of(self._settings, group)
        found = self._ask(lambda client: client.describe_groups([name]))[name]
        return found["group_state"] in NOBODY_THERE

    def move(self, group: Group, positions: Mapping[Partition, int]) -> None:
        """Have a group of which nobody is there read on from these offsets; raise BrokerRefused where somebody is."""
        name = group_name_of(self._settings, group)
        moves = {self._on_broker(place): OffsetAndMetadata(offset, "", -1) for place, offset in positions.items()}
        for answer in self._ask(lambda client: client.alter_group_offsets(name, moves)).values():
            if answer is not NoError:
                raise BrokerRefused(self._addresses, f"move the group {name}", answer.__name__)

    def close(self) -> None:
        """Close the connection; the next question would open another."""
        with self._turn:
            self._disconnect()

    def _partitions(self, topics: Iterable[Topic]) -> list[Partition]:
        return [(topic, number) for topic in topics for number in range(partitions_of(self._settings, topic))]

    def _offsets(self, partitions: Iterable[Partition], spec: OffsetSpec) -> dict[Partition, int]:
        asked = {self._on_broker(partition): partition for partition in partitions}
        if not asked:
            return {}
        found = self._ask(lambda client: client.list_partition_offsets(dict.fromkeys(asked, spec)))
        return {partition: int(found[there].offset) for there, partition in asked.items()}

    def _committed(self, group: Group, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """Return what a group has committed, for the partitions where it has."""
        asked = {self._on_broker(partition): partition for partition in partitions}
        if not asked:
            return {}
        name = group_name_of(self._settings, group)
        found = self._ask(lambda client: client.list_group_offsets({name: list(asked)}))[name]
        return {asked[there]: int(said.offset) for there, said in found.items() if said.offset >= 0}

    def _on_broker(self, partition: Partition) -> TopicPartition:
        topic, number = partition
        return TopicPartition(name_of(self._settings, topic), number)

    def _ask(self, ask: Callable[[KafkaAdminClient], Answer]) -> Answer:
        """Ask, on a new connection again where the old one failed, until there is an answer or the time is over."""
        until = time.monotonic() + self._seconds
        with self._turn:
            while True:
                try:
                    return ask(self._connected(until))
                except KafkaError as error:
                    self._disconnect()
                    if not _is_passing(error) or time.monotonic() + SECONDS_BETWEEN >= until:
                        raise as_broker_error(self._addresses, error) from error
                time.sleep(SECONDS_BETWEEN)

    def _connected(self, until: float) -> KafkaAdminClient:
        if self._client is None:
            left = max(SECONDS_BETWEEN, until - time.monotonic())
            self._client = open_admin(self._settings, seconds_to_connect=left, seconds_to_answer=self._seconds)
        return self._client

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _is_passing(error: KafkaError) -> bool:
    """Say whether the same question can have an answer in a moment."""
    return bool(error.retriable) and not isinstance(error, UnknownTopicOrPartitionError)
