"""The topic of raw messages on a real broker: made for a test, and read to its end."""

from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from milepost.broker.topics import name_of
from milepost.settings import Settings
from milepost_schemas.submissions import Refusal, Submission
from milepost_schemas.topics import Topic, decode

PARTITIONS = 4


@dataclass(frozen=True)
class Raw:
    """A message of the topic, and where it lies."""

    partition: int
    key: bytes
    message: Submission | Refusal


def kafka_settings(bootstrap: str, prefix: str, **more: Any) -> Settings:
    given: dict[str, Any] = {"database": ":memory:", "server_key": "ab" * 32, "partitions": PARTITIONS}
    return Settings(kafka=bootstrap, topic_prefix=prefix, **{**given, **more})


def make_topic(settings: Settings, *, most_bytes: int = 32 * 1024 * 1024) -> None:
    name = name_of(settings, Topic.RAW_MESSAGES)
    new = NewTopic(name, PARTITIONS, 1, config={"max.message.bytes": str(most_bytes)})
    admin = AdminClient({"bootstrap.servers": settings.kafka or "", "log_level": 0})
    admin.create_topics([new], operation_timeout=20)[name].result(30)


def read_all(settings: Settings) -> list[Raw]:
    """Return everything in the topic, each partition in its order."""
    name = name_of(settings, Topic.RAW_MESSAGES)
    consumer = Consumer({"bootstrap.servers": settings.kafka or "", "group.id": f"{name}-reader", "log_level": 0})
    found: list[Raw] = []
    try:
        for partition in range(PARTITIONS):
            _, end = consumer.get_watermark_offsets(TopicPartition(name, partition), timeout=20)
            consumer.assign([TopicPartition(name, partition, 0)])
            found.extend(_read(consumer, partition, end))
    finally:
        consumer.close()
    return found


def _read(consumer: Consumer, partition: int, end: int) -> list[Raw]:
    found: list[Raw] = []
    while len(found) < end:
        records = consumer.consume(end - len(found), timeout=20)
        assert records, f"partition {partition} ends at {end}, and only {len(found)} came"
        found.extend(Raw(partition, record.key() or b"", _message(record.value() or b"")) for record in records)
    return found


def _message(value: bytes) -> Submission | Refusal:
    message = decode(value)
    assert isinstance(message, Submission | Refusal)
    return message
