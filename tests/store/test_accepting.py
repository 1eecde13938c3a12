"""What is accepted is kept whole or not at all, and said to the log once."""

from milepost.store import statements
from milepost.store.database import Database
from milepost.store.submission import Accepted, StatementConflict
from milepost.store.tables.accepted import raw_messages
from milepost_schemas.facts import SourceHeard
from milepost_schemas.instants import MINUTE
from tests.store.accepted import logged, rows, take
from tests.store.builders import NOON, about, activity, statement, submission

ONE, TWO = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def test_what_was_accepted_stands_in_the_log_in_its_order(database: Database) -> None:
    first, second = about("ana"), about("ben", activity("f2"))

    outcome = take(database, submission(statement(ONE, first), messages=(second,)))

    assert outcome == [Accepted(position=2, logged=2)]
    assert logged(database) == [first, second]


def test_an_equal_statement_again_is_fine_and_says_nothing_new(database: Database) -> None:
    take(database, submission(statement(ONE, about())))

    outcome = take(database, submission(statement(ONE, about())))

    assert outcome == [Accepted(position=1, logged=0)]


def test_another_meaning_under_a_known_id_refuses_the_whole_submission(database: Database) -> None:
    take(database, submission(statement(ONE, about())))

    outcome = take(
        database,
        submission(statement(TWO, about("ben")), statement(ONE, about(), object={"id": "https://lms.example/other"})),
    )

    assert outcome == [StatementConflict(ONE)]
    assert len(logged(database)) == 1
    assert len(rows(database, raw_messages)) == 1
    with database.reading() as connection:
        assert statements.find(connection, "default", "lms", TWO) is None


def test_the_same_id_is_another_statement_for_another_tenant(database: Database) -> None:
    outcomes = take(
        database,
        submission(statement(ONE, about())),
        submission(statement(ONE, about(), object={"id": "https://lms.example/other"}), tenant="other"),
    )

    assert all(isinstance(each, Accepted) for each in outcomes)


def test_a_source_is_heard_once_a_minute(database: Database, declared: str) -> None:
    for at in (NOON, NOON + 1, NOON + MINUTE - 1, NOON + MINUTE, NOON + 90_000):
        take(database, submission(source=declared, received_at=at))

    assert [m.occurred_at for m in logged(database) if isinstance(m, SourceHeard)] == [NOON, NOON + MINUTE]
