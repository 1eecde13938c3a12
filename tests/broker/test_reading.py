"""A topic is read once, up to where it ends, whatever of it is left."""

import pytest
from kafka.structs import TopicPartition

from milepost.broker import topics
from milepost.broker.administration import administering
from milepost.broker.outbox import Outbox
from milepost.broker.reading import read_records, read_topic
from milepost.settings import Settings
from milepost_schemas.topics import Topic

pytestmark = pytest.mark.kafka


def test_a_topic_is_read_from_an_offset_where_it_has_one_and_else_from_what_is_left(made: Settings) -> None:
    with Outbox(made, "test") as outbox:
        for number in range(6):
            outbox.send(Topic.ACTORS, number % 2, b"k", b"%d" % number)
        outbox.settle()
    with administering(made) as admin:
        admin.delete_records({TopicPartition(topics.name_of(made, Topic.ACTORS), 1): 2})

    read = [(one.partition, one.value) for one in read_topic(made, Topic.ACTORS, {0: 1})]

    assert sorted(read) == [(0, b"2"), (0, b"4"), (1, b"5")]


def test_nothing_is_read_of_an_empty_topic(made: Settings) -> None:
    assert list(read_topic(made, Topic.ACTORS)) == []


def test_of_records_what_was_taken_back_has_no_value(made: Settings) -> None:
    with Outbox(made, "test") as outbox:
        outbox.keep(Topic.LEARNERS, 2, b"one", b"as it was")
        outbox.keep(Topic.LEARNERS, 2, b"one", None)
        outbox.settle()

    assert [(one.key, one.value) for one in read_records(made, Topic.LEARNERS)] == [
        (b"one", b"as it was"),
        (b"one", b""),
    ]
