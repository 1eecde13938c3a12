"""The chosen Kafka while it runs."""

import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from milepost.runtimes.local.kafka import LocalKafka
from tests.services.choosing import KafkaChoice, KafkaContainer, KafkaFromJars, MockKafka, NamedKafka
from tests.services.container import in_container

ANSWER_SECONDS = 10
REMOVE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Kafka:
    """Where the Kafka of this run is reached, and whether it is a real one."""

    bootstrap: str
    is_real: bool


@contextmanager
def running_kafka(choice: KafkaChoice, folder: Path) -> Iterator[Kafka]:
    """Start what was chosen, if it is not somebody's cluster, and stop it at the end."""
    match choice:
        case NamedKafka(bootstrap=bootstrap):
            yield Kafka(bootstrap, is_real=True)
        case KafkaContainer():
            with in_container(folder) as bootstrap:
                yield Kafka(bootstrap, is_real=True)
        case KafkaFromJars(distribution=distribution):
            broker = LocalKafka(folder, distribution=distribution)
            broker.start()
            try:
                yield Kafka(broker.bootstrap, is_real=True)
            finally:
                broker.stop()
        case MockKafka():
            imitation = Producer({"test.mock.num.brokers": 1})  # it lives as long as this producer
            brokers = imitation.list_topics(timeout=ANSWER_SECONDS).brokers.values()
            yield Kafka(",".join(f"{broker.host}:{broker.port}" for broker in brokers), is_real=False)
        case _:
            assert_never(choice)


def remove_topics(bootstrap: str, prefix: str) -> None:
    """Delete every topic whose name begins so, and wait until they are gone."""
    client = AdminClient({"bootstrap.servers": bootstrap})
    until = time.monotonic() + REMOVE_SECONDS
    while topics := _topics(client, prefix):
        for deleted in client.delete_topics(topics, operation_timeout=ANSWER_SECONDS).values():
            _finish(deleted)
        if time.monotonic() > until:
            raise TimeoutError(f"Kafka has not deleted {len(topics)} topics within {REMOVE_SECONDS} s")


def _topics(client: AdminClient, prefix: str) -> list[str]:
    return [name for name in client.list_topics(timeout=ANSWER_SECONDS).topics if name.startswith(prefix)]


def _finish(deleted: "Future[None]") -> None:
    try:
        deleted.result()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:  # an earlier request has done it
            raise
