"""A site on the Kafka and the PostgreSQL of this run, and its database alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from milepost.broker import topics
from milepost.settings import Settings
from milepost.store import tenants
from milepost.store.database import Database
from milepost.store.migrate import migrate
from tests.services.brokers import Kafka
from tests.store.builders import NOON, make_tenant


@pytest.fixture
def site(kafka: Kafka, kafka_prefix: str, postgres_url: str) -> Settings:
    """The settings of a site whose topics and tables are made, and in which nothing has happened."""
    settings = Settings(kafka=kafka.bootstrap, topic_prefix=kafka_prefix, partitions=3, database=postgres_url, port=0)
    topics.create(settings)
    return settings


@pytest.fixture
def site_database(site: Settings) -> Iterator[Database]:
    """The database of the site."""
    opened = Database(site.database)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with one tenant: each kind in turn."""
    postgres = request.param == "postgresql"
    opened = Database(str(request.getfixturevalue("postgres_url")) if postgres else tmp_path / "milepost.db")
    migrate(opened)
    with opened.writing() as connection:
        make_tenant(connection, tenants.DEFAULT, at=NOON)
    yield opened
    opened.close()
