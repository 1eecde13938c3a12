from collections.abc import Callable
from threading import Event

import psycopg
import pytest
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import Connection

from milepost.metrics import Metrics
from milepost.runtimes.gauges import DatabaseGauges, ShownGauges
from milepost.store import recording
from milepost.store.database import Database
from milepost_schemas.instants import MINUTE
from tests.store.builders import NOON, make_tenant


def tick_age(database: Database, *, now: int) -> float | None:
    """Return what is shown of how old the last tick is."""
    registry = CollectorRegistry()
    with database.reading() as connection:
        ShownGauges(registry).read(connection, now=now)
    return registry.get_sample_value("milepost_tick_age_seconds")


def test_where_no_tick_ever_came_it_is_as_old_as_the_tenant(database: Database) -> None:
    with database.writing() as connection:
        make_tenant(connection, "default", at=NOON)

    assert tick_age(database, now=NOON + 2 * MINUTE) == 120


def test_of_several_tenants_the_one_counts_that_is_furthest_behind(database: Database) -> None:
    with database.writing() as connection:
        for name, ticked_at in (("default", NOON + 2 * MINUTE), ("north", NOON + MINUTE)):
            make_tenant(connection, name, at=NOON)
            recording.note_tick(connection, name, ticked_at)

    assert tick_age(database, now=NOON + 3 * MINUTE) == 120


def some_gauges(database: Database, read: Callable[[Connection], None]) -> DatabaseGauges:
    registry = CollectorRegistry()
    Gauge("milepost_things", "Things.", registry=registry)
    return DatabaseGauges(database, registry, read, most_seconds=0.2)


def test_while_the_database_does_not_answer_that_is_said_and_nothing_old_is_shown_for_new(database: Database) -> None:
    errors: list[Exception] = [psycopg.OperationalError("gone")]

    def read(_: Connection) -> None:
        if errors:
            raise errors.pop()

    gauges = some_gauges(database, read)

    assert b"milepost_database_answers 0.0" in (away := gauges.written())
    assert b"milepost_things" not in away
    assert b"milepost_database_answers 1.0" in (back := gauges.written())
    assert b"milepost_things 0.0" in back


def test_a_database_that_hangs_holds_up_nobody_who_asks_and_is_not_asked_again_meanwhile(database: Database) -> None:
    goes_on, asked = Event(), []

    def read(_: Connection) -> None:
        asked.append(1)
        goes_on.wait(60)

    gauges = some_gauges(database, read)

    assert all(b"milepost_database_answers 0.0" in gauges.written() for _ in range(3))
    assert len(asked) == 1
    goes_on.set()
    assert b"milepost_database_answers 1.0" in gauges.written()


def test_an_error_of_ours_is_not_taken_for_a_database_that_is_away(database: Database) -> None:
    def read(_: Connection) -> None:
        raise KeyError("a mistake")

    with pytest.raises(KeyError):
        some_gauges(database, read).written()


def test_a_gateway_of_a_site_says_nothing_of_a_tracker_that_it_has_not() -> None:
    assert b"milepost_tick_age_seconds" not in Metrics().written()
    assert b"milepost_log_lag_messages" not in Metrics().written()
