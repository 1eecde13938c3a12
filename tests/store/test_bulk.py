"""Many rows at once mean in every database what they mean one after the other."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from milepost.store import bulk
from milepost.store.database import Database, is_unstorable
from milepost.store.tables import accepted, kept
from tests.store.builders import NOON


def logged(body: str, **changes: Any) -> dict[str, Any]:
    return {"tenant": "default", "received_at": NOON, "raw_number": None, "body": body, **changes}


def identifier(name: str, learner: str) -> dict[str, Any]:
    return {"tenant": "default", "identifier": f"of {name}", "actor": name, "learner": learner, "own_learner": learner}


def found(database: Database, *columns: Any) -> list[Any]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(columns[0]))]


def test_rows_are_numbered_in_the_order_in_which_they_are_given(database: Database) -> None:
    bodies = [f"{n * 7919 % 1000} ' \" \\ {{}} , NULL" for n in range(1000)]

    with database.writing() as connection:
        bulk.append(connection, accepted.log, [logged(body) for body in bodies])
        bulk.append(connection, accepted.log, [])
        bulk.append(connection, accepted.log, [logged("last")])

    assert found(database, accepted.log.c.position, accepted.log.c.body) == list(enumerate([*bodies, "last"], start=1))


def test_what_is_missing_large_or_binary_comes_back_as_it_was_given(database: Database) -> None:
    rows = [
        {"topic": "learners", "key": f"default/{n}", "record": record}
        for n, record in enumerate([b"", b"\0\xff\\", bytes(range(256)) * 10])
    ]
    numbers = [None, 1, 2**62, 2**31]

    with database.writing() as connection:
        bulk.append(connection, kept.records, rows)
        bulk.append(connection, accepted.log, [logged("", raw_number=number) for number in numbers])

    assert found(database, kept.records.c.key, kept.records.c.record) == [(row["key"], row["record"]) for row in rows]
    assert found(database, accepted.log.c.position, accepted.log.c.raw_number) == list(enumerate(numbers, start=1))


def test_of_rows_that_are_there_already_the_first_stays_whichever_key_they_share(database: Database) -> None:
    with database.writing() as connection:
        bulk.add_missing(connection, accepted.identifiers, [identifier("ana", "one"), identifier("ben", "two")])
        again = [identifier("ana", "three"), {**identifier("eve", "four"), "identifier": "of ben"}]
        bulk.add_missing(
            connection, accepted.identifiers, [*again, identifier("dan", "five"), identifier("dan", "six")]
        )

    table = accepted.identifiers
    assert found(database, table.c.actor, table.c.learner) == [("ana", "one"), ("ben", "two"), ("dan", "five")]
    assert set(found(database, table.c.standing)) == {("provisional",)}


def test_rows_take_the_place_of_those_with_their_key(database: Database) -> None:
    def record(key: str, text: bytes) -> dict[str, Any]:
        return {"topic": "learners", "key": key, "record": text}

    with database.writing() as connection:
        bulk.replace(connection, kept.records, [record("a", b"1"), record("b", b"2")])
        bulk.replace(connection, kept.records, [record("b", b"3"), record("c", b"4")])

    assert found(database, kept.records.c.key, kept.records.c.record) == [("a", b"1"), ("b", b"3"), ("c", b"4")]


def test_a_row_that_must_be_new_and_is_not_is_an_error(database: Database) -> None:
    rows = [{"topic": "learners", "key": key, "record": b""} for key in "aba"]

    with pytest.raises(IntegrityError), database.writing() as connection:
        bulk.append(connection, kept.records, rows)

    assert found(database, kept.records.c.key) == []


@pytest.mark.parametrize("bodies", [["a\0b"], ["", "a\0b"]], ids=["alone", "among others"])
def test_a_nul_is_nothing_that_postgresql_ever_takes(postgres_url: str, bodies: list[str]) -> None:
    database = Database(postgres_url)

    with pytest.raises(DBAPIError) as refused, database.writing() as connection:
        bulk.append(connection, accepted.log, [logged(body) for body in bodies])

    assert is_unstorable(refused.value)
    database.close()


def test_a_name_too_long_to_be_found_by_is_nothing_that_postgresql_ever_takes(postgres_url: str) -> None:
    database = Database(postgres_url)
    long = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(3000))

    with pytest.raises(DBAPIError) as refused, database.writing() as connection:
        bulk.append(connection, kept.records, [{"topic": "learners", "key": long, "record": b""}])

    assert is_unstorable(refused.value)
    database.close()


def test_exactly_the_rows_that_are_named_are_removed(database: Database) -> None:
    def wait(topic: str, key: str, source: str) -> dict[str, Any]:
        return {"topic": topic, "key": key, "source": source}

    every = [wait(topic, key, source) for topic in ("a", "b") for key in ("ana", "ben") for source in ("", "lms")]
    gone = [wait("a", "ana", ""), wait("b", "ben", "lms"), wait("b", "nobody", "")]

    with database.writing() as connection:
        bulk.append(connection, kept.waits, [{**each, "tenant": "default", "until": NOON} for each in every])
        bulk.remove(connection, kept.waits, gone)
        bulk.remove(connection, kept.waits, [])

    columns = kept.waits.c
    left = found(database, columns.topic, columns.key, columns.source)
    assert sorted(left) == sorted(tuple(each.values()) for each in every if each not in gone)
