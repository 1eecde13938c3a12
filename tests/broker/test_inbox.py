"""What becomes of who reads where Kafka never answers: a member of a group, and an onlooker."""

from contextlib import closing

import pytest

from milepost.broker.failing import BrokerAway
from milepost.broker.inbox import REJOINING_SECONDS, SILENCE_SECONDS, Inbox
from milepost.runtimes.local.ports import free_port
from milepost.settings import Settings
from milepost_schemas.topics import Topic
from tests.services.brokers import Kafka


def test_a_member_that_the_group_never_answers_begins_anew() -> None:
    now = 1000.0
    nowhere = Settings(kafka=f"127.0.0.1:{free_port()}")
    with closing(Inbox(nowhere, Topic.PROJECTIONS, group="projector", time=lambda: now)) as inbox:
        inbox.join(lambda _: {})
        assert inbox.receive(0.1) == []

        now += REJOINING_SECONDS
        assert inbox.receive(0.1) == []

        now += 1
        with pytest.raises(BrokerAway, match="does not answer"):
            inbox.receive(0.1)


def test_who_hears_nothing_for_long_asks_whether_kafka_is_there() -> None:
    now = 1000.0
    nowhere = Settings(kafka=f"127.0.0.1:{free_port()}")
    with closing(Inbox(nowhere, Topic.RAW_MESSAGES, group="archive", time=lambda: now)) as inbox:
        now += SILENCE_SECONDS
        assert inbox.receive(0.1) == []

        now += 1
        with pytest.raises(BrokerAway, match="does not answer"):
            inbox.receive(0.1)


@pytest.mark.kafka
def test_who_hears_nothing_and_is_answered_goes_on(kafka: Kafka) -> None:
    now = 1000.0
    with closing(
        Inbox(Settings(kafka=kafka.bootstrap), Topic.RAW_MESSAGES, group="archive", time=lambda: now)
    ) as inbox:
        now += SILENCE_SECONDS + 1

        assert inbox.receive(0.1) == []
        assert inbox.receive(0.1) == []
