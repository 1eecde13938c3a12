"""Every producer puts a key into the partition in which the Java client would put it."""

import asyncio
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import Producer
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from milepost.broker import topics
from milepost.broker.client import for_aiokafka, for_confluent_producer, for_kafka_python
from milepost.broker.partitioning import partition_of
from milepost.settings import Settings
from milepost_schemas.topics import Topic

JAVA = [
    # Utils.murmur2 of Kafka's own tests.
    (b"21", -973932308),
    (b"foobar", -790332482),
    (b"a-little-bit-long-string", -985981536),
    (b"a-little-bit-longer-string", -1486304829),
    (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
    (b"abc", 479470107),
    # The same function of kafka-clients 4.1.1, on keys such as ours, and on every length of a tail.
    (b"", 275646681),
    (b"a", -1563381124),
    (b"ab", 316155434),
    (b"abcd", -1323649548),
    (b"abcde", 461995741),
    (b"default/lms", -759388281),
    (b"default/zoom-emea", 815720746),
    (b"default/moodle/1234", 2127783575),
    (b"default/program/lockout-tagout/1", -1361575123),
    ("acme/Ünïcode-Łódź".encode(), -327437463),
    ("acme/学習者/7".encode(), -1635243539),
    (bytes(range(256)), -1948347274),
]
"""Keys, and what the Java client makes of them."""

KEYS = [f"default/learner-{number:04}/Łódź"[: 12 + number % 13].encode() + b"/%d" % number for number in range(1000)]

Placed = dict[bytes, int]


@pytest.mark.parametrize(("key", "hashed"), JAVA)
@pytest.mark.parametrize("partitions", [1, 3, 12, 100])
def test_a_key_lies_where_the_java_client_would_put_it(key: bytes, hashed: int, partitions: int) -> None:
    assert partition_of(key, partitions) == (hashed & 0x7FFFFFFF) % partitions


def by_aiokafka(site: Settings, name: str) -> None:
    async def produce() -> None:
        producer = AIOKafkaProducer(**for_aiokafka(site, "test"), acks="all")
        await producer.start()
        try:
            await asyncio.gather(*[await producer.send(name, key=key, value=b"x") for key in KEYS])
        finally:
            await producer.stop()

    asyncio.run(produce())


def by_confluent(site: Settings, name: str) -> None:
    producer = Producer(for_confluent_producer(site, "test"))
    for key in KEYS:
        producer.produce(name, key=key, value=b"x")
    assert producer.flush(20) == 0


def by_kafka_python(site: Settings, name: str) -> None:
    producer = KafkaProducer(**for_kafka_python(site, "test"), acks="all")
    for sent in [producer.send(name, key=key, value=b"x") for key in KEYS]:
        sent.get(20)
    producer.close()


def placed(site: Settings, name: str) -> Placed:
    """Return in which partition each key lies."""
    consumer = KafkaConsumer(**for_kafka_python(site, "test"), auto_offset_reset="earliest", consumer_timeout_ms=20_000)
    consumer.assign([TopicPartition(name, number) for number in range(site.partitions)])
    found: Placed = {}
    for record in consumer:
        found[record.key] = record.partition
        if len(found) == len(KEYS):
            break
    consumer.close()
    return found


@pytest.mark.kafka
@pytest.mark.parametrize("produce", [by_aiokafka, by_confluent, by_kafka_python])
def test_each_client_puts_a_thousand_keys_where_we_say(
    made: Settings, produce: Callable[[Settings, str], None]
) -> None:
    name = topics.name_of(made, Topic.LEARNERS)

    produce(made, name)

    found = placed(made, name)
    assert found == {key: partition_of(key, made.partitions) for key in KEYS}
    assert set(found.values()) == {0, 1, 2}
