"""Poison straight onto the topics of a site: it is set aside with its reason, and everything else goes on."""

from pathlib import Path

import pytest
from confluent_kafka import Producer

from milepost_schemas.instants import to_text
from milepost_schemas.streams import STREAMS
from milepost_schemas.topics import Topic
from tests.services.brokers import Kafka
from tests.site.small import NOW, small_site
from tests.tracker.test_station import POISON

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.postgres]

READ = (
    *(Topic.SOURCES, Topic.ACTORS, Topic.MEETINGS, Topic.OFFERINGS, Topic.LEARNERS),
    *(Topic.RAW_MESSAGES, Topic.FACTS, Topic.PROJECTIONS),
)
EVERYWHERE_POISON = [name for name in POISON if name not in ("NaN", "of another topic", "NUL", "2^64")]
"""What no topic takes: the others may be messages that belong somewhere. In a compacted topic nothing at all is a word:
the end of a key."""


def test_poison_on_every_topic_is_set_aside_and_the_site_goes_on(
    kafka: Kafka, kafka_prefix: str, postgres_url: str, tmp_path: Path
) -> None:
    with small_site(tmp_path, kafka=kafka.bootstrap, prefix=kafka_prefix, database=postgres_url) as small:
        producer = Producer({"bootstrap.servers": kafka.bootstrap, "message.max.bytes": 8_000_000})
        for topic in READ:
            for name in EVERYWHERE_POISON:
                producer.produce(f"{kafka_prefix}{topic}", POISON[name], b"default/x", partition=0)
            producer.flush(30)

        small.enroll_somebody()
        small.site.set_clock(to_text(NOW))

        assert small.gaps()
        listed = small.site.milepost("dead-letters", "list")
        for topic in READ:
            poison = [name for name in EVERYWHERE_POISON if POISON[name] or STREAMS[topic].kept == "delete"]
            assert sum(f" {topic}" in line for line in listed.splitlines()) >= len(poison), (topic, listed)
        assert {part.starts for part in small.site.parts.values()} == {1}

        small.site.milepost("dead-letters", "drop", "--all")
        assert "learners" not in small.site.milepost("dead-letters", "list")
