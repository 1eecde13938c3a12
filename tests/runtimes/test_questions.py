"""How often the database is asked: for many messages as often as for one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import event

from milepost.clock import ManualClock
from milepost.runtimes.embedded_metrics import EmbeddedMetrics
from milepost.runtimes.tracking import Tracking
from milepost.store import log
from milepost.store.accepting import accept_all
from milepost.store.arrivals import Arrivals
from milepost.store.database import Database
from tests.store.builders import NOON, about, activity, make_tenant, person, statement, submission


@contextmanager
def asked(database: Database) -> Iterator[list[str]]:
    """Give what the database is asked until the end, many rows of one statement being one question."""
    questions: list[str] = []

    def ask(_connection: object, _cursor: object, question: str, *_: object) -> None:
        questions.append(question)

    event.listen(database.engine, "before_cursor_execute", ask)
    try:
        yield questions
    finally:
        event.remove(database.engine, "before_cursor_execute", ask)


@pytest.fixture
def tracking(database: Database) -> Tracking:
    with database.writing() as connection:
        make_tenant(connection, "default", at=NOON)
    return Tracking(database, Arrivals(ManualClock(NOON)), EmbeddedMetrics(CollectorRegistry()))


def test_the_tracker_asks_as_often_for_many_learners_as_for_one(database: Database, tracking: Tracking) -> None:
    def take(*learners: str) -> list[str]:
        with database.writing() as connection:
            messages = [about(learner, activity(f"fact of {learner}")) for learner in learners]
            log.append(connection, log.Origin(tenant="default", received_at=NOON), messages)
        with asked(database) as questions:
            tracking.take()
        return questions

    take("first")

    assert take(*(f"learner-{number}" for number in range(40))) == take("another")


def test_many_requests_are_accepted_with_the_questions_of_one(database: Database) -> None:
    def accept(*actors: str) -> list[str]:
        requests = [submission(statement(None, about(actor)), people=(person(actor),)) for actor in actors]
        with asked(database) as questions, database.writing() as connection:
            accept_all(connection, requests)
        return questions

    assert accept(*(f"learner-{number}" for number in range(40))) == accept("another")
