"""How far topics reach and groups have read is what Kafka says, also after a connection broke."""

from collections.abc import Callable, Iterator

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from milepost.broker import topics
from milepost.broker.administration import administering
from milepost.broker.client import for_kafka_python
from milepost.broker.failing import BrokerAway, BrokerRefused
from milepost.broker.progress import Progress
from milepost.runtimes.local.kafka import LocalKafka
from milepost.settings import Settings
from milepost_schemas.topics import Topic

pytestmark = pytest.mark.kafka

FEW = (Topic.SOURCES, Topic.ACTORS)


@pytest.fixture
def progress(made: Settings) -> Iterator[Progress]:
    """What asks about the site."""
    asking = Progress(made)
    yield asking
    asking.close()


def send(site: Settings, topic: Topic, partition: int, count: int) -> None:
    """Append messages to a partition."""
    producer = KafkaProducer(**for_kafka_python(site, "test"), acks="all")
    for sent in [producer.send(topics.name_of(site, topic), b"x", partition=partition) for _ in range(count)]:
        sent.get(20)
    producer.close()


def commit(site: Settings, topic: Topic, partition: int, offset: int) -> None:
    """Commit as the workers would."""
    there = TopicPartition(topics.name_of(site, topic), partition)
    with administering(site) as admin:
        admin.alter_group_offsets(topics.group_name_of(site, "tracker"), {there: OffsetAndMetadata(offset, "", -1)})


def test_the_ends_of_all_partitions_are_the_offsets_that_come_next(made: Settings, progress: Progress) -> None:
    send(made, Topic.ACTORS, 1, 7)

    ends = progress.ends(FEW)

    assert ends == {(topic, number): 0 for topic in FEW for number in range(3)} | {(Topic.ACTORS, 1): 7}


def test_a_group_that_never_committed_has_passed_empty_partitions_and_no_others(
    made: Settings, progress: Progress
) -> None:
    before = progress.ends(FEW)
    send(made, Topic.SOURCES, 2, 1)

    after = progress.ends(FEW)

    assert progress.passed("tracker", before)
    assert not progress.passed("tracker", after)
    assert progress.lag("tracker", FEW) == dict.fromkeys(after, 0) | {(Topic.SOURCES, 2): 1}


def test_a_group_has_passed_what_it_has_committed_to_the_last_message(made: Settings, progress: Progress) -> None:
    send(made, Topic.SOURCES, 2, 3)
    send(made, Topic.ACTORS, 0, 2)
    ends = progress.ends(FEW)

    commit(made, Topic.SOURCES, 2, 3)
    commit(made, Topic.ACTORS, 0, 1)
    short = progress.passed("tracker", ends)
    commit(made, Topic.ACTORS, 0, 2)

    assert not short
    assert progress.passed("tracker", ends)
    assert not progress.passed("archive", ends)


def test_messages_that_were_removed_unread_are_not_counted_as_read(made: Settings, progress: Progress) -> None:
    send(made, Topic.SOURCES, 0, 5)
    commit(made, Topic.SOURCES, 0, 2)
    with administering(made) as admin:
        admin.delete_records({TopicPartition(topics.name_of(made, Topic.SOURCES), 0): 5})

    assert not progress.passed("tracker", progress.ends([Topic.SOURCES]))


def test_a_topic_that_is_not_there_is_told_at_once(site: Settings) -> None:
    asking = Progress(site)

    with pytest.raises(BrokerRefused, match="milepost topics check"):
        asking.ends([Topic.ACTORS])

    asking.close()


def test_a_broker_that_is_away_is_told_and_found_again_when_it_is_back(own_kafka: Callable[[], LocalKafka]) -> None:
    broker = own_kafka()
    site = Settings(kafka=broker.bootstrap, partitions=1)
    topics.create(site)
    send(site, Topic.ACTORS, 0, 4)
    asking = Progress(site, seconds=20)
    impatient = Progress(site, seconds=1)
    before = asking.ends(FEW)

    broker.kill()
    with pytest.raises(BrokerAway, match="does not answer"):
        impatient.ends(FEW)
    broker.restart()

    assert asking.ends(FEW) == before == impatient.ends(FEW)
    asking.close()
    impatient.close()


def test_a_broker_that_stands_still_is_told_within_the_time(own_kafka: Callable[[], LocalKafka]) -> None:
    broker = own_kafka()
    site = Settings(kafka=broker.bootstrap, partitions=1)
    topics.create(site)
    asking = Progress(site, seconds=1)
    asking.ends(FEW)

    broker.pause()
    with pytest.raises(BrokerAway):
        asking.ends(FEW)
    broker.resume()

    asking.close()


def test_a_group_of_which_nobody_is_there_reads_on_from_where_it_is_told(made: Settings, progress: Progress) -> None:
    send(made, Topic.ACTORS, 1, 7)
    assert progress.is_empty("tracker")

    progress.move("tracker", {(Topic.ACTORS, 1): 5})

    assert progress.positions("tracker", [(Topic.ACTORS, 1)]) == {(Topic.ACTORS, 1): 5}


def test_a_group_of_which_somebody_is_there_is_not_empty_and_is_not_moved(made: Settings, progress: Progress) -> None:
    member = KafkaConsumer(
        topics.name_of(made, Topic.ACTORS),
        **for_kafka_python(made, "test"),
        group_id=topics.group_name_of(made, "tracker"),
    )
    member.poll(timeout_ms=5_000)

    try:
        assert not progress.is_empty("tracker")
        with pytest.raises(BrokerRefused, match="move the group"):
            progress.move("tracker", {(Topic.ACTORS, 1): 5})
    finally:
        member.close()
    assert progress.is_empty("tracker")
