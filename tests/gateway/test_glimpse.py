from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from milepost.store import sources
from milepost.store.accepting import accept
from milepost.store.database import Database
from milepost.store.glimpse import HOLDS_SECONDS, PAUSE_SECONDS, Glimpse
from milepost.store.senders import Webhook
from milepost.store.submission import StatementConflict
from milepost.store.vault import Vault
from milepost_schemas.submissions import Submission
from tests.gateway.senders import declared
from tests.store.builders import NOON, make_tenant, statement, submission

ID = "11111111-1111-4111-8111-111111111111"
VAULT = Vault(b"k" * 32)


class Time:
    """Goes on by so many seconds each time that it is asked, and otherwise when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.each = 0.0

    def __call__(self) -> float:
        self.now += self.each
        return self.now


@pytest.fixture
def database(tmp_path: Path, empty: Path) -> Iterator[Database]:
    found = Database(copyfile(empty, tmp_path / "milepost.db"))
    with found.writing() as connection:
        make_tenant(connection, "default", at=NOON)
    yield found
    found.close()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def glimpse(database: Database, time: Time) -> Glimpse:
    return Glimpse(database, VAULT, time=time)


def add(database: Database, name: str, kind: str = "xapi") -> str:
    with database.writing() as connection:
        return sources.add(connection, VAULT, declared(name, kind, NOON))


def lose(database: Database) -> None:
    """Make the database one that cannot be read."""
    with database.writing() as connection:
        for table in ("source_keys", "positions", "statements"):
            connection.exec_driver_sql(f"drop table {table}")


def other_meaning() -> Submission:
    return submission(statement(ID, object={"id": "https://lms.example/other"}))


def test_who_may_send_is_remembered_for_twelve_hours_and_no_longer(
    database: Database, glimpse: Glimpse, time: Time
) -> None:
    key = add(database, "lms")
    glimpse.look()
    lose(database)

    glimpse.look()
    time.now += HOLDS_SECONDS
    remembered, unknown = glimpse.find_by_key(key), glimpse.unknown()
    time.now += 1

    assert remembered is not None
    assert remembered.name == "lms"
    assert unknown is None
    assert glimpse.unknown() is not None
    with pytest.raises(Exception, match="source_keys"):
        glimpse.find_by_key(key)


def test_a_secret_is_remembered_and_one_that_is_missing_is_looked_up(database: Database, glimpse: Glimpse) -> None:
    add(database, "zoom", "zoom")
    glimpse.look()
    with database.writing() as connection:
        sources.set_secret(connection, VAULT, "default", "zoom", "first")
        sources.set_devices(connection, "default", "zoom", ["Room 4.12"])
    looked_up = glimpse.find_webhook("default", "zoom")
    glimpse.look()
    lose(database)

    assert isinstance(looked_up, Webhook)
    assert looked_up == glimpse.find_webhook("default", "zoom")
    assert looked_up.secrets == ("first",)
    assert looked_up.source.devices == ("Room 4.12",)


def test_looking_for_conflicts_takes_a_fiftieth_of_the_time_at_most(
    database: Database, glimpse: Glimpse, time: Time
) -> None:
    with database.writing() as connection:
        accept(connection, submission(statement(ID)))
    found = []

    time.each = 0.5  # each look at the clock is half a second later than the one before
    for _ in range(200):
        found.append(glimpse.find_conflict(other_meaning()))

    assert found[0] == StatementConflict(ID)
    assert found.count(None) >= 0.95 * len(found)
    assert found.count(StatementConflict(ID)) >= 2


def test_after_the_database_has_failed_it_is_left_alone_for_some_seconds(
    database: Database, glimpse: Glimpse, time: Time
) -> None:
    with database.writing() as connection:
        accept(connection, submission(statement(ID)))
        connection.exec_driver_sql("alter table statements rename to elsewhere")
    failed = glimpse.find_conflict(other_meaning())
    with database.writing() as connection:
        connection.exec_driver_sql("alter table elsewhere rename to statements")

    at_once = glimpse.find_conflict(other_meaning())
    time.now += PAUSE_SECONDS

    assert (failed, at_once) == (None, None)
    assert glimpse.find_conflict(other_meaning()) == StatementConflict(ID)


def test_it_looks_until_it_is_closed(database: Database, glimpse: Glimpse) -> None:
    glimpse.start()
    running = glimpse.problem()
    glimpse.close()

    assert running is None
    assert glimpse.problem() is not None
