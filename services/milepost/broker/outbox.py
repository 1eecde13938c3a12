"""Sending, where every message has to arrive and each partition keeps its order: one idempotent producer.

After a message that was not acknowledged in time, nobody knows what has arrived: the outbox is closed, and whoever
used it sends the whole batch again through a new one.
"""

import logging
from contextlib import ExitStack
from time import monotonic
from typing import Any, Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from milepost.broker.client import for_confluent_producer
from milepost.broker.failing import BrokerError
from milepost.broker.topics import name_of, records_name_of
from milepost.settings import Settings
from milepost_schemas.messages import DeadLetter
from milepost_schemas.streams import STREAMS
from milepost_schemas.topics import Topic, address, encode

SECONDS_TO_SETTLE = 30.0

logger = logging.getLogger("milepost.kafka")


class NotDelivered(BrokerError):
    """Kafka has not acknowledged everything; nobody knows what of it has arrived, so all of it is sent again."""


class Outbox:
    """One producer. For one thread."""

    def __init__(self, settings: Settings, role: str, *, seconds: float = SECONDS_TO_SETTLE) -> None:
        """Give up after so many seconds without all acknowledgments."""
        self._settings = settings
        self._seconds = seconds
        self._error: KafkaError | None = None
        self._abandoned = False
        self._producer = Producer(_options(settings, role, seconds))

    def send(self, topic: Topic, partition: int, key: bytes | None, value: bytes) -> None:
        """Send a message soon; wait for room where too much is under way."""
        self._send(name_of(self._settings, topic), partition, key, value)

    def keep(self, topic: Topic, partition: int, key: bytes, record: bytes | None) -> None:
        """Write a record of a processor into its changelog soon, None to take back what is there; wait for room."""
        self._send(records_name_of(self._settings, topic), partition, key, record)

    def settle(self) -> None:
        """Return once everything that was sent is acknowledged by every replica that has to; raise NotDelivered."""
        until = monotonic() + self._seconds
        while len(self._producer):
            self._wait(until)
        if self._error is not None:
            raise NotDelivered(f"a message was not acknowledged: {self._error.name()}")

    def abandon(self) -> None:
        """Have whoever waits for acknowledgments give up soon; from any thread."""
        self._abandoned = True

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget what is under way."""
        self._producer.purge()
        self._producer.close()

    def _send(self, name: str, partition: int, key: bytes | None, value: bytes | None) -> None:
        until = monotonic() + self._seconds
        while True:
            try:
                self._producer.produce(name, value, key, partition=partition, on_delivery=self._answered)
                return
            except BufferError:
                self._wait(until)
            except KafkaException as error:
                raise NotDelivered(f"{name} takes nothing: {error}") from error

    def _wait(self, until: float) -> None:
        if self._abandoned or monotonic() > until:
            raise NotDelivered(f"{len(self._producer)} messages are not acknowledged")
        self._producer.poll(0.05)

    def _answered(self, error: KafkaError | None, _: "Message[bytes, bytes]") -> None:
        if error is not None:
            self._error = error


class DeadLetterBox:
    """Sends dead letters, one at a time; it has no connection before the first. For one thread."""

    def __init__(self, settings: Settings, role: str) -> None:
        """Send under the name of this role."""
        self._settings = settings
        self._role = role
        self._open = ExitStack()
        self._outbox: Outbox | None = None

    def send(self, letter: DeadLetter) -> None:
        """Return once a dead letter is durable; raise NotDelivered."""
        if self._outbox is None:
            self._outbox = self._open.enter_context(Outbox(self._settings, self._role))
        self._outbox.send(Topic.DEAD_LETTERS, 0, address(letter).key.encode(), encode(letter))
        self._outbox.settle()

    def abandon(self) -> None:
        """Have whoever waits give up soon; from any thread."""
        if self._outbox is not None:
            self._outbox.abandon()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection, if there is one."""
        self._open.close()


def _options(settings: Settings, role: str, seconds: float) -> dict[str, Any]:
    return for_confluent_producer(settings, role) | {
        "acks": "all",
        "enable.idempotence": True,  # an attempt that is repeated neither doubles nor overtakes
        "enable.gapless.guarantee": True,  # after one message that was given up, none that follows it is sent
        "linger.ms": 1,
        "message.max.bytes": max(stream.most_bytes for stream in STREAMS.values()),
        "message.timeout.ms": int(seconds * 1000),
        "queue.buffering.max.kbytes": 256 * 1024,
        "reconnect.backoff.max.ms": 1_000,
        "socket.keepalive.enable": True,
        "log.connection.close": False,
        "logger": logger,
    }
