"""Which tests need a real Kafka or PostgreSQL, and which are left out, or are an error in CI, where there is none."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from milepost.runtimes.local.jars import Distribution
from tests.services.choosing import MockKafka, NoPostgres, Probes, Services

SERVICES = pytest.StashKey[Services]()


def pytest_configure(config: pytest.Config) -> None:
    """Lay ready what finds the services; nothing is looked for yet."""
    config.stash[SERVICES] = Services(Probes())


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests whose fixtures say what they need."""
    if "own_kafka" in fixtures_of(item):
        item.add_marker("kafka")
    if {"postgres", "own_postgres"} & fixtures_of(item):
        item.add_marker("postgres")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that lack a service, of those that are to be run; in CI that is an error."""
    services = config.stash[SERVICES]
    lacking = [(item, lack) for item in items for lack in lacks(item, services)]
    if lacking and os.environ.get("CI") == "true":
        said = "; ".join(sorted({lack for _, lack in lacking}))
        raise pytest.UsageError(f"In CI every test is run, but {len(lacking)} cannot be: {said}.")
    for item, lack in lacking:
        item.add_marker(pytest.mark.skip(reason=lack))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which Kafka and which PostgreSQL the tests have used."""
    services = config.stash[SERVICES]
    if config.getoption("numprocesses", None):
        services.look()  # those who ran the tests side by side have looked each for themselves, and found the same
    for sentence in services.said():
        terminalreporter.line(sentence, yellow="imitation" in sentence)


def lacks(item: pytest.Item, services: Services) -> Iterator[str]:
    """Yield what a test needs and will not get, in words; looks only for what is needed."""
    fixtures = fixtures_of(item)
    if "own_kafka" in fixtures and not isinstance(services.distribution, Distribution):
        yield f"it needs a Kafka that it can kill, and there is none ({services.distribution})"
    elif needs_real_kafka(item) and isinstance(services.kafka, MockKafka):
        yield f"it needs a real Kafka, and there is none ({services.kafka.why})"
    if "own_postgres" in fixtures and not isinstance(services.programs, Path):
        yield f"it needs a PostgreSQL that it can kill, and there is none ({services.programs})"
    elif item.get_closest_marker("postgres") is not None and isinstance(services.postgres, NoPostgres):
        yield f"it needs a PostgreSQL, and there is none ({services.postgres.why})"


def needs_real_kafka(item: pytest.Item) -> bool:
    """Say whether librdkafka's imitation of Kafka would not do for a test."""
    return "own_kafka" not in fixtures_of(item) and item.get_closest_marker("kafka") is not None


def fixtures_of(item: pytest.Item) -> set[str]:
    """Return the names of all fixtures that a test uses, directly or through others."""
    return set(getattr(item, "fixturenames", ()))
