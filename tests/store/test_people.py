"""Who somebody is to the gateway, and what they are called."""

from typing import Any

import pytest

from milepost.store.database import Database
from milepost.store.tables.accepted import identifiers, people
from tests.store.accepted import rows, take
from tests.store.builders import about, person, submission


def test_the_first_random_ids_proposed_for_somebody_are_kept(database: Database) -> None:
    take(database, submission(messages=(about("ana", candidate="first"),)))
    take(database, submission(messages=(about("ana", candidate="second"),)))

    assert [(row["actor"], row["identifier"], row["learner"]) for row in rows(database, identifiers)] == [
        ("ana", "identifier-first", "learner-first")
    ]


@pytest.mark.parametrize(
    ("seen", "name", "mail", "label"),
    [
        ([person(name="Ana Ruiz")], "Ana Ruiz", None, "Ana Ruiz"),
        ([person(mail="ana@example.org")], None, "ana@example.org", "ana@example.org"),
        ([person()], None, None, "ana"),
        ([person(name="Ana Ruiz"), person()], "Ana Ruiz", None, "Ana Ruiz"),
        ([person(name="Ana"), person(name="Ana Ruiz", mail="a@b.c")], "Ana Ruiz", "a@b.c", "Ana Ruiz"),
        ([person(name="Ana Ruiz", rank=30), person(name="Ana's iPad", rank=10)], "Ana Ruiz", None, "Ana Ruiz"),
        ([person(name="Ana's iPad", rank=10), person(name="Ana Ruiz", rank=30)], "Ana Ruiz", None, "Ana Ruiz"),
        ([person(rank=30), person(name="Ana Ruiz", rank=10)], "Ana Ruiz", None, "Ana Ruiz"),
    ],
)
def test_a_person_is_called_as_the_most_trusted_source_says(
    database: Database, seen: list[Any], name: str | None, mail: str | None, label: str
) -> None:
    for each in seen:
        take(database, submission(people=(each,)))

    assert [(row["name"], row["mail"], row["label"]) for row in rows(database, people)] == [(name, mail, label)]


def test_a_name_of_any_length_is_kept(database: Database) -> None:
    name = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(3000))

    take(database, submission(people=(person("ana", name=name),)))

    assert [row["label"] for row in rows(database, people)] == [name]
