"""A void withdraws what its target said, in whichever order the two come."""

from milepost.store import statements
from milepost.store.database import Database
from milepost_schemas.instants import DAY
from milepost_schemas.messages import FactRevoked
from tests.store.accepted import logged, take
from tests.store.builders import NOON, about, activity, statement, submission, void

ONE, TWO = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def test_a_void_withdraws_the_facts_of_its_target_at_once(database: Database) -> None:
    take(database, submission(statement(ONE, about("ana"), about("ben", activity("f2")))))

    take(database, submission(void(ONE, id=TWO), received_at=NOON + 5))

    revoked = [message for message in logged(database) if isinstance(message, FactRevoked)]
    assert [(each.actor, each.target, each.withdrawn_at) for each in revoked] == [
        ("ana", "f1", NOON),
        ("ben", "f2", NOON),
    ]
    with database.reading() as connection:
        assert statements.find(connection, "default", "lms", ONE) is None
        assert statements.find_voided(connection, "default", "lms", ONE) is not None


def test_a_provisional_fact_stands_a_day_longer(database: Database) -> None:
    fact = activity(provisional=True)

    take(database, submission(statement(ONE, about(fact=fact))), submission(void(ONE, recorded_at=NOON + 7)))

    assert [m.withdrawn_at for m in logged(database) if isinstance(m, FactRevoked)] == [NOON + 7 + DAY]


def test_a_void_may_come_before_its_target(database: Database) -> None:
    take(database, submission(void(ONE)))

    take(database, submission(statement(ONE, about())))

    assert [type(message).__name__ for message in logged(database)] == ["AboutActor", "FactRevoked"]
    with database.reading() as connection:
        assert statements.find(connection, "default", "lms", ONE) is None


def test_a_void_and_its_target_may_come_in_one_batch(database: Database) -> None:
    take(database, submission(void(ONE), statement(ONE, about())))

    assert [type(message).__name__ for message in logged(database)] == ["AboutActor", "FactRevoked"]


def test_the_earliest_of_two_voids_counts_even_if_it_comes_last(database: Database) -> None:
    take(database, submission(statement(ONE, about())))

    take(database, submission(void(ONE, recorded_at=NOON + 9)), submission(void(ONE, recorded_at=NOON + 3)))

    assert [m.withdrawn_at for m in logged(database) if isinstance(m, FactRevoked)] == [NOON + 9, NOON + 3]


def test_a_void_by_another_source_counts_for_nothing(database: Database) -> None:
    take(database, submission(statement(ONE, about())))

    take(database, submission(void(ONE), source="intruder"))

    assert len(logged(database)) == 1
    with database.reading() as connection:
        assert statements.find(connection, "default", "lms", ONE) is not None


def test_a_void_cannot_be_voided(database: Database) -> None:
    take(database, submission(statement(ONE, about())), submission(void(ONE, id=TWO)), submission(void(TWO)))

    assert len(logged(database)) == 2
    with database.reading() as connection:
        assert statements.find(connection, "default", "lms", TWO) is not None
