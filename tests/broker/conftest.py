"""A site on the Kafka of this run, with topics of its own."""

import pytest

from milepost.broker import topics
from milepost.settings import Settings
from tests.services.brokers import Kafka


@pytest.fixture
def site(kafka: Kafka, kafka_prefix: str) -> Settings:
    """The settings of a site whose topics are not made yet."""
    return Settings(kafka=kafka.bootstrap, topic_prefix=kafka_prefix, partitions=3)


@pytest.fixture
def made(site: Settings) -> Settings:
    """The settings of a site whose topics are made."""
    topics.create(site)
    return site
