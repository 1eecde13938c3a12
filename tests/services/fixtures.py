"""Fixtures of a real Kafka and a real PostgreSQL: started once, when the first test asks, and stopped after the last.

| fixture | gives |
|---|---|
| `kafka` | the `Kafka` of this run: `.bootstrap`, and `.is_real` (false where there is only librdkafka's imitation) |
| `kafka_prefix` | a prefix for topics and groups that is this test's alone; its topics are removed afterwards |
| `own_kafka` | a function that starts a broker which the test may kill: a `LocalKafka` |
| `postgres` | the `Server` of this run: `.fresh_database()`, `.empty_database()` |
| `postgres_url` | the URL of a database of its own, with Milepost's tables and nothing in them |
| `own_postgres` | a function that starts a server which the test may kill: a `LocalPostgres` |

A test that an imitation of Kafka would not convince carries `@pytest.mark.kafka`; who asks for `own_kafka`, or for
anything of PostgreSQL, is marked `kafka` or `postgres` without saying so.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from milepost.runtimes.local.jars import Distribution
from milepost.runtimes.local.kafka import LocalKafka
from milepost.runtimes.local.postgres import LocalPostgres
from tests.services.brokers import Kafka, remove_topics, running_kafka
from tests.services.databases import UNSAFE_AND_FAST, Server, own_folder, running_postgres
from tests.services.needs import SERVICES


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """Give the Kafka of this run."""
    with running_kafka(pytestconfig.stash[SERVICES].kafka, tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture
def kafka_prefix(kafka: Kafka) -> Iterator[str]:
    """Give a prefix for names in Kafka, and remove the topics that begin with it."""
    prefix = f"test-{secrets.token_hex(6)}."
    yield prefix
    if kafka.is_real:
        remove_topics(kafka.bootstrap, prefix)


@pytest.fixture
def own_kafka(pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[Callable[[], LocalKafka]]:
    """Give what starts a broker that belongs to the test."""
    distribution = pytestconfig.stash[SERVICES].distribution
    assert isinstance(distribution, Distribution)
    with ExitStack() as stack:

        def start() -> LocalKafka:
            folder = tmp_path / f"kafka-{secrets.token_hex(4)}"
            broker = LocalKafka(folder, distribution=distribution)
            stack.callback(broker.kill)
            broker.start()
            return broker

        yield start


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[Server]:
    """Give the PostgreSQL of this run."""
    with running_postgres(pytestconfig.stash[SERVICES].postgres) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """Give the URL of a database with Milepost's tables."""
    with postgres.fresh_database() as url:
        yield url


@pytest.fixture
def own_postgres(pytestconfig: pytest.Config) -> Iterator[Callable[[], LocalPostgres]]:
    """Give what starts a server that belongs to the test."""
    programs = pytestconfig.stash[SERVICES].programs
    assert isinstance(programs, Path)
    with ExitStack() as stack:

        def start() -> LocalPostgres:
            folder = stack.enter_context(own_folder())
            server = LocalPostgres(folder / "postgres", programs=programs, settings=UNSAFE_AND_FAST)
            stack.callback(server.stop)
            server.start()
            return server

        yield start
