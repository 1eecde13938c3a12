"""Topics are made as they are declared, mended where that loses nothing, and never parted anew."""

import pytest
from kafka.admin import ConfigResource

from milepost.broker import topics
from milepost.broker.administration import administering
from milepost.broker.failing import BrokerAway, BrokerRefused, NoBroker
from milepost.broker.topics import TopicsDiffer
from milepost.settings import Settings
from milepost_schemas.streams import STREAMS, TABLES
from milepost_schemas.topics import Topic
from tests.services.brokers import Kafka
from tests.services.waiting import wait_until

pytestmark = pytest.mark.kafka


def configuration(site: Settings, name: str, *keys: str) -> dict[str, str]:
    """Return what counts for a topic on the broker."""
    with administering(site) as admin:
        found = admin.describe_configs([ConfigResource("TOPIC", name, configs=list(keys))], config_filter="all")
    return {key: said["value"] for key, said in found["topic"][name].items()}


def configure(site: Settings, name: str, **configs: str) -> None:
    """Set something on a topic, as somebody with Kafka's tools might."""
    said = {key.replace("_", "."): value for key, value in configs.items()}
    with administering(site) as admin:
        admin.alter_configs([ConfigResource("TOPIC", name, configs=said)])
    wait_until(lambda: configuration(site, name, *said) == said)


def make(site: Settings, name: str, partitions: int) -> None:
    """Make a topic past the declaration."""
    with administering(site) as admin:
        admin.create_topics({name: {"num_partitions": partitions, "replication_factor": 1}}, wait_for_metadata=True)


def test_every_declared_topic_and_changelog_is_made_once(site: Settings) -> None:
    missing = topics.check(site)

    first = topics.create(site)
    second = topics.create(site)

    assert len(missing) == len(first.created) == len(STREAMS) + len(TABLES)
    assert not first.mended
    assert not first.left
    assert (second.created, second.mended, second.left) == ([], [], [])
    topics.require(site)


def test_a_changelog_lets_a_better_record_outlive_a_stale_one(made: Settings) -> None:
    name = topics.records_name_of(made, Topic.LEARNERS)

    found = configuration(made, name, "cleanup.policy", "min.compaction.lag.ms", "retention.ms")

    assert found == {
        "cleanup.policy": "compact",
        "min.compaction.lag.ms": str(TABLES[Topic.LEARNERS].settled),
        "retention.ms": "-1",
    }


def test_processors_inputs_have_the_partitions_of_the_site_and_the_catalog_one(made: Settings) -> None:
    with administering(made) as admin:
        names = [topics.name_of(made, Topic.ACTORS), topics.name_of(made, Topic.CATALOG)]
        described = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(names)}

    assert described == {names[0]: 3, names[1]: 1}


def test_a_setting_that_somebody_changed_is_told_and_mended_and_what_we_do_not_own_stays(made: Settings) -> None:
    name = topics.name_of(made, Topic.CHANGES)
    configure(made, name, cleanup_policy="compact", retention_bytes="123456789")

    (told,) = topics.check(made)
    done = topics.create(made)

    assert str(told) == (f"{name} has cleanup.policy=compact where delete is needed; `milepost topics create` sets it")
    assert done.mended == [name]
    assert configuration(made, name, "cleanup.policy", "retention.bytes") == {
        "cleanup.policy": "delete",
        "retention.bytes": "123456789",
    }


def test_a_topic_with_another_number_of_partitions_is_told_and_left_alone(site: Settings) -> None:
    name = topics.name_of(site, Topic.LEARNERS)
    make(site, name, 5)

    (left,) = topics.create(site).left

    assert "has 5 partitions where 3 are needed; set MILEPOST_PARTITIONS=5" in str(left)
    with administering(site) as admin:
        assert len(admin.describe_topics([name])[0]["partitions"]) == 5


def test_a_process_does_not_start_on_topics_that_differ(made: Settings) -> None:
    with administering(made) as admin:
        admin.delete_topics([topics.name_of(made, Topic.FACTS)])
    wait_until(lambda: bool(topics.check(made)))

    with pytest.raises(TopicsDiffer, match=r"facts is missing; `milepost topics create` makes it"):
        topics.require(made)


def test_fewer_replicas_than_asked_for_are_told(made: Settings) -> None:
    asking = made.model_copy(update={"replication": 3})

    told = [str(difference) for difference in topics.check(asking)]

    assert any("lies on 1 of the 3 brokers that MILEPOST_REPLICATION asks for" in line for line in told)
    assert any("has min.insync.replicas=1 where 2 is needed" in line for line in told)


def test_what_the_broker_refuses_to_make_is_told_with_its_reason(kafka: Kafka, kafka_prefix: str) -> None:
    site = Settings(kafka=kafka.bootstrap, topic_prefix=kafka_prefix, partitions=1, replication=9)

    with pytest.raises(BrokerRefused, match=r"refuses to make .*replication factor"):
        topics.create(site)


def test_a_broker_that_is_not_there_is_named(kafka_prefix: str) -> None:
    nowhere = Settings(kafka="127.0.0.1:1", topic_prefix=kafka_prefix)

    with pytest.raises(BrokerAway, match=r"Kafka at 127\.0\.0\.1:1 does not answer"), administering(nowhere):
        pytest.fail("it is there")


def test_without_kafka_it_is_said_where_to_name_it() -> None:
    with pytest.raises(NoBroker, match="MILEPOST_KAFKA"):
        topics.check(Settings(kafka=None))
