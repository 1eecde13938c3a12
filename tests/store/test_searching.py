"""A text is found in a column however it is typed, in letters of any script, as names are."""

from typing import Any

import pytest
from sqlalchemy import insert

from milepost.store import tracing
from milepost.store.database import Database
from milepost.store.readings.people import learners_named
from milepost.store.tables import accepted
from tests.store.builders import NOON

NAMES = ("Ana Ruiz", "Élodie Ångström", "ИВАН Петров", "Jürgen O'Élan", "Żaneta", "100 % Ana_B", "李雷")


@pytest.fixture
def people(database: Database) -> Database:
    with database.writing() as connection:
        for name in NAMES:
            actor: dict[str, Any] = {"tenant": "default", "actor": name}
            person = {"identifier": "account:1", "name": name, "mail": None, "label": name, "rank": 1}
            connection.execute(insert(accepted.people), {**actor, **person, "changed_at": NOON})
            known = {"identifier": f"of {name}", "learner": name, "standing": "known", "own_learner": name}
            connection.execute(insert(accepted.identifiers), {**actor, **known})
    return database


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ana", {"Ana Ruiz", "100 % Ana_B"}),
        ("ANA R", {"Ana Ruiz"}),
        ("Élodie", {"Élodie Ångström"}),
        ("élodie ångström", {"Élodie Ångström"}),
        ("ÉLODIE ÅNG", {"Élodie Ångström"}),
        ("odie Å", {"Élodie Ångström"}),
        ("иван", {"ИВАН Петров"}),
        ("петров", {"ИВАН Петров"}),
        ("o'élan", {"Jürgen O'Élan"}),
        ("żan", {"Żaneta"}),
        ("李", {"李雷"}),
        ("a_b", {"100 % Ana_B"}),
        ("% a", {"100 % Ana_B"}),
        ("x", set()),
    ],
)
def test_somebody_is_found_by_any_part_of_their_name_however_it_is_typed(
    people: Database, typed: str, found: set[str]
) -> None:
    with people.reading() as connection:
        assert {row.learner for row in connection.execute(learners_named("default", typed))} == found
        assert {each.name for each in tracing.find(connection, "default", typed)} == found
