"""Reading a topic from offsets that somebody else keeps: what comes is handed over, and nothing is remembered here.

The offsets that are committed to the group are for those who watch how far it is; nobody begins by them.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Thread
from time import monotonic
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from milepost.broker.client import addresses_of, for_confluent
from milepost.broker.failing import BrokerAway, BrokerError, BrokerRefused
from milepost.broker.topics import Group, group_name_of, name_of
from milepost.settings import Settings
from milepost_schemas.topics import Topic

MOST_AT_ONCE = 500
MOST_BYTES_AT_ONCE = 64 * 1024 * 1024
A_FEW = 50

SECONDS_TO_ANSWER = 10.0

SESSION_MS = 6_000
"""After so long without a word from a member of a group, its partitions go to the others."""

REJOINING_SECONDS = 30.0
"""After so long without a word from the group, a member begins anew: seen where a broker was killed while members came
back, the client then waits for a coordinator that it never asks again."""

SILENCE_SECONDS = 30.0
"""After so long without a message Kafka is asked whether it is there: a broker that has just begun may name no broker
at all, and then librdkafka hears nothing any more, for good and without a word (its issue 5301)."""

ASKING_SECONDS = 5.0

LEAVING_SECONDS = 5.0

GONE = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)

logger = logging.getLogger("milepost.kafka")


class PositionLost(BrokerError):
    """What should be read next is no longer there: somebody has to look at what was lost before anybody goes on."""

    def __init__(self, topic: str, partition: int, position: int | None, holds: str) -> None:
        super().__init__(
            f"{topic} no longer holds what is to be read next in partition {partition}: {position} is not within "
            f"{holds}. Where Kafka or the database was made anew, begin on these topics by `milepost site prepare "
            "--from-database`; where what lay in between was deleted, this partition's row in the table positions "
            "keeps us from going on with what is left"
        )


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it lies in a partition; `timestamp` is milliseconds. Of a message without a value, it is empty."""

    topic: Topic
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    timestamp: int = 0


class Inbox:
    """One consumer of one topic. For one thread."""

    def __init__(
        self, settings: Settings, topic: Topic, *, group: Group, time: Callable[[], float] = monotonic
    ) -> None:
        """Connect as a member or an onlooker of a group, `archive` or `projector`; read nothing yet."""
        self._time = time
        self._outside_since: float | None = None
        self._heard_at = time()
        self.beginnings: Mapping[int, int] = {}
        self._settings = settings
        self._topic = topic
        self._name = name_of(settings, topic)
        self._consumer = Consumer(consumer_options(settings, group))

    def assign(self, partitions: Collection[int], positions: Mapping[int, int]) -> None:
        """Read these partitions from these offsets, one that has none from its beginning.

        Raise PositionLost where an offset is no longer there.
        """
        self._require(partitions, positions)
        places = [self._place(partition, positions.get(partition, OFFSET_BEGINNING)) for partition in partitions]
        self._consumer.assign(places)

    def join(self, positions_of: Callable[[Collection[int]], Mapping[int, int]]) -> None:
        """Read the partitions that the group gives us, from the offsets that `positions_of` knows of them.

        It is called, within `receive`, each time that the partitions have changed.
        """

        def assigned(_: Consumer, places: list[TopicPartition]) -> None:
            partitions = [place.partition for place in places]
            self.assign(partitions, positions_of(partitions))
            self._outside_since = None

        def revoked(*_: object) -> None:
            self._outside_since = self._time()

        self._outside_since = self._time()
        self._consumer.subscribe([self._name], on_assign=assigned, on_revoke=revoked)

    def receive(self, seconds: float) -> Sequence[Received]:
        """Return what is there, and wait for the first message at most so long.

        Raise PositionLost, and BrokerError for anything else that is wrong.
        """
        if self._outside_since is not None and self._time() - self._outside_since > REJOINING_SECONDS:
            raise BrokerAway(", ".join(addresses_of(self._settings)))
        try:
            first = self._consumer.poll(seconds)
            if first is None:
                self._require_an_answer()
                return []
            self._heard_at = self._time()
            return [self._received(first), *self._more(len(first))]
        except KafkaException as error:
            raise self._broker_error(error) from error

    def ends(self) -> Mapping[int, int]:
        """Return the offset that the next message of each assigned partition will have."""
        return self._look_up([place.partition for place in self._consumer.assignment()], OFFSET_END)

    def commit(self, positions: Mapping[int, int]) -> None:
        """Tell the group how far we are, soon; nobody relies on it."""
        if positions:
            places = [self._place(partition, position) for partition, position in positions.items()]
            self._consumer.commit(offsets=places, asynchronous=True)

    def close(self) -> None:
        """Leave the group, and read no more; whom the group does not answer leaves without a word."""
        leaving = Thread(target=self._consumer.close, name="milepost-leaving", daemon=True)
        leaving.start()
        leaving.join(LEAVING_SECONDS)

    def _require_an_answer(self) -> None:
        if self._time() - self._heard_at > SILENCE_SECONDS:
            self._consumer.list_topics(self._name, timeout=ASKING_SECONDS)
            self._heard_at = self._time()

    def _more(self, size: int) -> list[Received]:
        received: list[Received] = []
        while len(received) < MOST_AT_ONCE and size < MOST_BYTES_AT_ONCE:
            some = self._consumer.consume(A_FEW, timeout=0)
            if not some:
                break
            received.extend(self._received(message) for message in some)
            size += sum(len(message) for message in some)
        return received

    def _received(self, message: "Message[bytes, bytes]") -> Received:
        problem = message.error()
        if problem is not None and problem.code() in GONE:
            raise PositionLost(self._name, message.partition() or 0, message.offset(), "what is left")
        if problem is not None:
            raise KafkaException(problem)
        return received_as(self._topic, message)

    def _require(self, partitions: Collection[int], positions: Mapping[int, int]) -> None:
        self.beginnings = self._look_up(partitions, OFFSET_BEGINNING)
        ends = self._look_up(partitions, OFFSET_END)
        for partition in partitions:
            first, end = self.beginnings[partition], ends[partition]
            position = positions.get(partition, first)
            if not first <= position <= end:
                raise PositionLost(self._name, partition, position, f"{first} to {end}")

    def _look_up(self, partitions: Collection[int], which: int) -> Mapping[int, int]:
        """Return an end of each partition, asked of the brokers at once."""
        try:
            places = [self._place(partition, which) for partition in partitions]
            found = self._consumer.offsets_for_times(places, timeout=SECONDS_TO_ANSWER) if places else []
        except KafkaException as error:
            raise self._broker_error(error) from error
        for place in found:
            if place.error is not None:
                raise self._broker_error(KafkaException(place.error))
        return {place.partition: place.offset for place in found}

    def _place(self, partition: int, offset: int) -> TopicPartition:
        return TopicPartition(self._name, partition, offset)

    def _broker_error(self, error: KafkaException) -> BrokerError:
        return as_broker_error(self._settings, error, f"let {self._name} be read")


def received_as(topic: Topic, message: "Message[bytes, bytes]") -> Received:
    """Return a message of a consumer of this topic, which has no error."""
    partition, offset = message.partition(), message.offset()
    if partition is None or offset is None:
        raise ValueError("a message of a consumer has a partition and an offset")
    return Received(topic, partition, offset, message.key(), message.value() or b"", message.timestamp()[1])


def as_broker_error(settings: Settings, error: KafkaException, asked: str) -> BrokerError:
    """Return what an error of the client means for whoever asked."""
    addresses = ", ".join(addresses_of(settings))
    cause = error.args[0] if error.args else None
    if isinstance(cause, KafkaError) and not (cause.retriable() or cause.code() < 0):
        return BrokerRefused(addresses, asked, cause.str())
    return BrokerAway(addresses, error)


def consumer_options(settings: Settings, group: Group) -> dict[str, Any]:
    """Return the options of a consumer, a member or an onlooker of a group, that commits nothing by itself."""
    return for_confluent(settings, group) | {
        "group.id": group_name_of(settings, group),
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",  # what is lost is said, never skipped
        "session.timeout.ms": SESSION_MS,
        "heartbeat.interval.ms": SESSION_MS // 3,
        "queued.max.messages.kbytes": MOST_BYTES_AT_ONCE // 1024,
        "fetch.queue.backoff.ms": 20,  # a full queue is fetched for again soon after it was emptied
        "reconnect.backoff.max.ms": 1_000,
        "socket.keepalive.enable": True,
        "log.connection.close": False,
        "logger": logger,
    }
