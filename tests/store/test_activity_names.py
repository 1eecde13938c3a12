"""What activities are called, by what was said of them last."""

from typing import Any

from milepost.store.database import Database
from milepost.store.readings.activity_names import LARGEST, find_activity_names
from milepost_schemas.submissions import NewStatement
from tests.store.accepted import take
from tests.store.builders import NOON, make_tenant, statement, submission, void

QUIZ = "https://lms.example/quiz"


def about_quiz(name: str | None, **changes: Any) -> NewStatement:
    definition = {} if name is None else {"definition": {"name": {"en": name}}}
    return statement(None, object={"id": QUIZ, **definition}, **changes)


def named(database: Database, tenant: str = "default", source: str = "lms") -> str | None:
    with database.reading() as connection:
        found = find_activity_names(connection, tenant, [(source, QUIZ)], preferred=["en"])
    return found.get((source, QUIZ))


def test_the_name_that_was_said_last_counts_and_who_names_none_says_nothing(database: Database) -> None:
    for hour, name in enumerate(("Drill", "Fire  drill\n", None)):
        take(database, submission(about_quiz(name), received_at=NOON + hour))

    assert named(database) == "Fire drill"


def test_a_statement_that_was_voided_names_nothing(database: Database) -> None:
    first, second = about_quiz("Drill"), about_quiz("Mistyped")
    take(database, submission(first), submission(second, received_at=NOON + 1))

    take(database, submission(void(second.statement_id), received_at=NOON + 2))

    assert named(database) == "Drill"


def test_what_another_source_or_another_tenant_calls_it_is_not_heard(database: Database) -> None:
    with database.writing() as connection:
        make_tenant(connection, "academy", at=0)
    take(database, submission(about_quiz("Drill")))

    assert named(database) == "Drill"
    assert named(database, source="other") is None
    assert named(database, tenant="academy") is None


def test_a_name_has_an_end_and_a_statement_that_is_huge_is_not_read_for_one(database: Database) -> None:
    take(database, submission(about_quiz("word " * 100)))
    take(database, submission(about_quiz("x" * LARGEST), received_at=NOON + 1))

    name = named(database)

    assert name is not None
    assert name.startswith("word word")
    assert len(name) == 200
