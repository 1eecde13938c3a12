from prometheus_client import CollectorRegistry

from milepost.metrics import Metrics
from milepost.runtimes.gauges import ShownGauges
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


def test_a_gateway_of_a_site_says_nothing_of_a_tracker_that_it_has_not() -> None:
    assert b"milepost_tick_age_seconds" not in Metrics().written()
    assert b"milepost_log_lag_messages" not in Metrics().written()
