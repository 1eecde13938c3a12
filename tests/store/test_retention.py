"""What is past its time goes, in pieces, and nothing that anybody needs."""

import pytest
from sqlalchemy import func, select

from milepost.ports import Filed
from milepost.sources.xapi.documents import Content
from milepost.store import audit, dead_letters, documents, filing, log, positions, recording, retention
from milepost.store.accepting import accept
from milepost.store.database import Database
from milepost.store.documents import Address, Place
from milepost.store.log import Entry
from milepost.store.retention import LOG_KEPT, Periods
from milepost.store.tables import accepted, kept, used
from milepost_schemas.instants import DAY
from milepost_schemas.submissions import Deed
from tests.store.builders import NOON, about, activity, statement, submission

LATER = NOON + 100 * DAY
EVERYTHING = Periods(raw=90, log=90, unknown=90, dead_letters=90, documents=90, audit=90)
HERE = Place(tenant="default", source="lms", resource="activities/profile", activity="https://content.example.net/1")


@pytest.fixture
def old(database: Database, declared: str) -> Database:
    """A database in which all is a hundred days old, and one request of today."""
    with database.writing() as connection:
        accept(connection, submission(statement(None, about())))
        origin = log.Origin(tenant="default", received_at=NOON)
        log.append(connection, origin, [about(fact=activity(f"f{n}")) for n in range(LOG_KEPT + 10)])
        filing.file(connection, [Filed("default", "of ana", activity(f"f{n}"), "ana", known=n > 0) for n in range(2)])
        audit.write(connection, "default", Deed(account="ana", what="saw_learner", subject="ben"), at=NOON)
        for name, at in (("old", NOON), ("of today", LATER)):
            documents.keep(connection, Address(HERE, name=name), Content("text/plain", b""), at=at)
        dead_letters.set_aside(connection, Entry(1, "default", NOON, "{}"), "why", at=NOON)
        recording.move_to(connection, log.end(connection))
        accept(connection, submission(statement(None, about(fact=activity("new"))), received_at=LATER))
    return database


def counted(database: Database) -> dict[str, int]:
    of_accepted = (accepted.raw_messages, accepted.log, accepted.statements, accepted.documents)
    tables = (*of_accepted, kept.facts, kept.dead_letters, used.audit)
    with database.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        }


def forget(database: Database, periods: Periods, at: int = LATER) -> dict[str, int]:
    with database.reading() as connection:
        kinds = retention.kinds(connection, periods, at=at)
        expected = {kind.name: retention.count(connection, kind) for kind in kinds}
    forgotten = {kind.name: retention.forget(database, kind) for kind in kinds}
    assert forgotten == expected
    return forgotten


def test_what_is_past_its_time_goes_and_the_rest_stays(old: Database) -> None:
    before = counted(old)

    forgotten = forget(old, EVERYTHING)

    after = counted(old)
    assert {name: before[name] - after[name] for name in before} == {
        "raw_messages": 1,
        "log": forgotten["messages of the log that were taken in"],
        "statements": 0,
        "documents": 1,
        "facts": 1,
        "dead_letters": 1,
        "audit": 1,
    }
    assert after["raw_messages"] == 1
    assert after["log"] >= LOG_KEPT


def test_what_nobody_has_taken_in_stays_however_old_it_is(old: Database) -> None:
    with old.writing() as connection:
        recording.move_to(connection, 5)

    forget(old, Periods(log=1))

    with old.reading() as connection:
        assert [entry.position for entry in log.read(connection, 0, limit=1)] == [6]


def test_on_a_site_the_log_is_read_by_who_relays_it(old: Database) -> None:
    with old.writing() as connection:
        recording.move_to(connection, 0)
        positions.raise_to(connection, positions.RELAY, 5)

    forget(old, Periods(log=1))

    with old.reading() as connection:
        assert [entry.position for entry in log.read(connection, 0, limit=1)] == [6]


def test_nothing_goes_before_its_time(old: Database) -> None:
    before = counted(old)

    forget(old, EVERYTHING, at=NOON + 90 * DAY)

    assert counted(old) == before


def test_what_is_kept_for_good_stays(old: Database) -> None:
    before = counted(old)

    assert forget(old, Periods()) == {}
    assert counted(old) == before


def test_numbers_go_on_where_they_were(old: Database) -> None:
    with old.reading() as connection:
        end = log.end(connection)

    forget(old, EVERYTHING, at=LATER + 200 * DAY)

    with old.writing() as connection:
        log.append(connection, log.Origin(tenant="default", received_at=LATER), [about()])
        assert log.end(connection) == end + 1
