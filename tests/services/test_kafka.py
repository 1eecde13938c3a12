"""Kafka in the tests: what a broker keeps through a restart and a kill, and what is left of it afterwards."""

from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from milepost.runtimes.local import kafka as kafka_server
from milepost.runtimes.local.child import ServerFailed
from milepost.runtimes.local.jars import Distribution
from milepost.runtimes.local.kafka import LocalKafka
from milepost.runtimes.local.ports import is_free
from tests.services.brokers import Kafka, remove_topics, running_kafka
from tests.services.choosing import MockKafka
from tests.services.container import IMAGE, command
from tests.services.waiting import is_alive, wait_until

SECONDS = 20


def create(bootstrap: str, topic: str) -> None:
    """Create a topic of one partition."""
    client = AdminClient({"bootstrap.servers": bootstrap})  # what it promises ends with it
    client.create_topics([NewTopic(topic, 1)])[topic].result()


def send(bootstrap: str, topic: str, value: bytes) -> None:
    """Send one message and wait until it is acknowledged."""
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all"})
    producer.produce(topic, value, partition=0)
    assert producer.flush(SECONDS) == 0


def received(bootstrap: str, topic: str, number: int) -> list[bytes | None]:
    """Return the first messages of a topic's only partition."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "auto.offset.reset": "earliest"})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        return [message.value() for message in consumer.consume(number, timeout=SECONDS)]
    finally:
        consumer.close()


def topics(bootstrap: str) -> set[str]:
    """Return the names of all topics; raise KafkaException if nobody answers soon."""
    return set(AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(timeout=1).topics)


def answers(bootstrap: str) -> bool:
    """Say whether a broker answers."""
    try:
        topics(bootstrap)
    except KafkaException:
        return False
    return True


@pytest.mark.kafka
def test_the_kafka_of_the_run_takes_and_gives_messages(kafka: Kafka, kafka_prefix: str) -> None:
    topic = f"{kafka_prefix}facts"
    create(kafka.bootstrap, topic)

    send(kafka.bootstrap, topic, b"a fact")

    assert received(kafka.bootstrap, topic, 1) == [b"a fact"]


@pytest.mark.kafka
def test_only_topics_of_the_prefix_are_removed(kafka: Kafka, kafka_prefix: str) -> None:
    mine, other = f"{kafka_prefix}mine.facts", f"{kafka_prefix}other.facts"
    for topic in (mine, other):
        create(kafka.bootstrap, topic)

    remove_topics(kafka.bootstrap, f"{kafka_prefix}mine.")

    assert topics(kafka.bootstrap) & {mine, other} == {other}


@pytest.mark.slow
def test_a_broker_that_was_killed_comes_back_with_its_address_its_topics_and_its_messages(
    own_kafka: Callable[[], LocalKafka],
) -> None:
    broker = own_kafka()
    bootstrap = broker.bootstrap
    create(bootstrap, "facts")
    send(bootstrap, "facts", b"before")

    broker.kill()
    broker.start()
    send(bootstrap, "facts", b"after")

    assert broker.bootstrap == bootstrap
    assert received(bootstrap, "facts", 2) == [b"before", b"after"]


@pytest.mark.slow
def test_a_paused_broker_answers_nobody_until_it_goes_on(own_kafka: Callable[[], LocalKafka]) -> None:
    broker = own_kafka()

    broker.pause()
    answered = answers(broker.bootstrap)
    broker.resume()

    assert not answered
    wait_until(lambda: answers(broker.bootstrap), "the broker answers again")


@pytest.mark.slow
def test_nothing_is_left_of_a_broker_that_was_stopped_but_its_folder(own_kafka: Callable[[], LocalKafka]) -> None:
    broker = own_kafka()
    pid, port = broker.pid, int(broker.bootstrap.rpartition(":")[2])
    assert pid is not None
    assert not is_free(port)

    broker.stop()

    assert broker.pid is None
    assert not is_alive(pid)
    assert is_free(port)


@pytest.mark.slow
def test_a_folder_is_the_broker_whoever_starts_it(own_kafka: Callable[[], LocalKafka]) -> None:
    first = own_kafka()
    create(first.bootstrap, "facts")
    first.stop()

    second = LocalKafka(first.folder, distribution=first.distribution)
    second.start()
    try:
        assert second.bootstrap == first.bootstrap
        assert "facts" in topics(second.bootstrap)
    finally:
        second.stop()


def test_a_broker_that_cannot_start_says_what_it_said_last(tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\ncase \"$*\" in *StorageTool*) exit 0;; esac\necho 'the disk is full'\nexit 1\n")
    java.chmod(0o755)
    broker = LocalKafka(tmp_path / "kafka", distribution=Distribution(java=java, jars=tmp_path))

    with pytest.raises(ServerFailed, match="the disk is full"):
        broker.start()

    assert broker.pid is None


def test_a_folder_that_cannot_be_made_is_said_to_be_so(tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'no space left'\nexit 1\n")
    java.chmod(0o755)

    with pytest.raises(ServerFailed, match="could not make its folder: no space left"):
        LocalKafka(tmp_path / "kafka", distribution=Distribution(java=java, jars=tmp_path)).start()


def test_a_folder_that_is_not_made_in_time_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_server, "FORMAT_SECONDS", 0.2)
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\nexec sleep 20\n")
    java.chmod(0o755)

    with pytest.raises(ServerFailed, match=r"made its folder within 0\.2 s"):
        LocalKafka(tmp_path / "kafka", distribution=Distribution(java=java, jars=tmp_path)).start()


def test_the_imitation_takes_messages_and_is_not_taken_for_a_real_one(tmp_path: Path) -> None:
    with running_kafka(MockKafka(why="there is no Java"), tmp_path) as kafka:
        send(kafka.bootstrap, "facts", b"a fact")

        assert not kafka.is_real
        assert received(kafka.bootstrap, "facts", 1) == [b"a fact"]


def test_a_container_is_reached_from_outside_by_the_port_that_it_announces() -> None:
    parts = command("milepost-test", 23456)

    assert parts[-1] == IMAGE
    assert "127.0.0.1:23456:23456" in parts
    assert "KAFKA_ADVERTISED_LISTENERS=OUTSIDE://127.0.0.1:23456,INSIDE://localhost:9092" in parts
