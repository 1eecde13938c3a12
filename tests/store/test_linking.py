"""Identifiers of one person are linked, each once and for good."""

from sqlalchemy import update

from milepost.store.database import Database
from milepost.store.linking import SOMEBODY_ELSE, UNKNOWN
from milepost.store.tables.accepted import identifiers, raw_messages
from milepost_schemas.messages import IdentityDecided
from milepost_schemas.submissions import SamePerson
from tests.store.accepted import logged, rows, take
from tests.store.builders import about, submission


def same(actor: str = "ana", other: str = "ana-at-work") -> SamePerson:
    return SamePerson(fact_id=f"{actor}={other}", actor=actor, other=other)


def decided(database: Database) -> list[tuple[str, str | None]]:
    return [(each.actor, each.learner) for each in logged(database) if isinstance(each, IdentityDecided)]


def reasons(database: Database) -> list[str | None]:
    return [row["reason"] for row in rows(database, raw_messages)]


def test_another_identifier_is_linked_to_the_learner_of_the_person_in_the_same_transaction(database: Database) -> None:
    take(database, submission(messages=(about("ana"),), same_people=(same(),)))

    assert decided(database) == [("ana-at-work", "learner-ana")]
    assert reasons(database) == [None]


def test_a_link_is_made_once_and_for_good(database: Database) -> None:
    take(database, *(submission(messages=(about("ana"),), same_people=(same(),)) for _ in range(2)))

    assert len(decided(database)) == 1


def test_nobody_is_linked_to_a_person_of_whom_nothing_was_reported_until_it_is_declared_again(
    database: Database,
) -> None:
    take(database, submission(same_people=(same(),), note="a score was not read"))
    unlinked = decided(database)
    take(database, submission(messages=(about("ana"),), same_people=(same(),)))

    assert unlinked == []
    assert reasons(database) == [f"a score was not read; {UNKNOWN}", None]
    assert decided(database) == [("ana-at-work", "learner-ana")]


def test_an_identifier_of_somebody_else_is_left_to_people(database: Database) -> None:
    take(database, submission(messages=(about("ana"), about("ben"), about("ben-at-work"))))
    with database.writing() as connection:  # as is done once the link of Ben's two is read
        connection.execute(
            update(identifiers).where(identifiers.c.actor == "ben-at-work").values(learner="learner-ben")
        )

    take(database, submission(same_people=(same("ana", "ben-at-work"), same("ben", "ben-at-work"))))

    assert decided(database) == [("ben-at-work", "learner-ben")]
    assert reasons(database)[-1] == SOMEBODY_ELSE
