"""kafka-python's administration client: opened in bounded time, closed for good, its errors in our words."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError, KafkaTimeoutError, UnknownTopicOrPartitionError
from kafka.net.inet import KafkaNetSocket

from milepost.broker.client import addresses_of, for_kafka_python
from milepost.broker.failing import BrokerAway, BrokerError, BrokerRefused
from milepost.settings import Settings

SECONDS_TO_CONNECT = 5.0
SECONDS_TO_ANSWER = 10.0
"""So long a person waits for Kafka at most before they are told that it does not answer."""


class _ClosingSockets(KafkaNetSocket):  # type: ignore[misc] # the library ships no types
    """Plain sockets, of which one that does not connect is closed, and not left to the garbage collector."""

    SCHEMES = ("closing",)

    async def sock_connect(self, net: Any, sock: socket.socket, *where: Any, **options: Any) -> socket.socket:
        """Return the connected socket."""
        try:
            connected: socket.socket = await super().sock_connect(net, sock, *where, **options)
        except BaseException:
            sock.close()
            raise
        return connected


class _Admin(KafkaAdminClient):  # type: ignore[misc] # the library ships no types
    """An administration client whose thread ends, too, where it could not be opened."""

    def __init__(self, **options: Any) -> None:
        try:
            super().__init__(**options)
        except KafkaError:
            self._closed = False
            self.close()
            raise


@contextmanager
def administering(settings: Settings) -> Iterator[KafkaAdminClient]:
    """Give an administration client for some calls; raise a BrokerError where Kafka is away or refuses."""
    addresses = ", ".join(addresses_of(settings))
    try:
        client = open_admin(settings, seconds_to_connect=SECONDS_TO_CONNECT, seconds_to_answer=SECONDS_TO_ANSWER)
        try:
            yield client
        finally:
            client.close()
    except KafkaError as error:
        raise as_broker_error(addresses, error) from error


def open_admin(settings: Settings, *, seconds_to_connect: float, seconds_to_answer: float) -> KafkaAdminClient:
    """Return a connected administration client, none of whose requests takes longer; raise KafkaError."""
    return _Admin(
        **for_kafka_python(settings, "admin"),
        bootstrap_timeout_ms=int(seconds_to_connect * 1000),
        request_timeout_ms=int(seconds_to_answer * 1000),
        reconnect_backoff_max_ms=1000,
        proxy_url=f"{_ClosingSockets.SCHEMES[0]}://",
    )


def as_broker_error(addresses: str, error: KafkaError) -> BrokerError:
    """Return what a client's error means for whoever asked."""
    if isinstance(error, UnknownTopicOrPartitionError):
        return BrokerRefused(addresses, "answer about a topic", "it is not there; `milepost topics check` says which")
    if isinstance(error, KafkaTimeoutError) or error.retriable:
        return BrokerAway(addresses, error)
    return BrokerRefused(addresses, "answer", str(error))
