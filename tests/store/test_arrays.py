"""What is written as an array comes back from PostgreSQL as it was given."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from milepost.store import bulk
from milepost.store.among import rows_among
from milepost.store.arrays import Flags, Numbers, Octets, Texts
from milepost.store.database import Database, is_unstorable
from milepost.store.tables import accepted

ODD = ["", "null", "NULL", "{}", '"', "\\", "a,b", " a ", "\n", "\u2028", "ä", "🦫"]

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.sampled_from(ODD)
numbers = st.integers(-(2**63), 2**63 - 1)
arrays = (
    st.tuples(st.just("text"), st.lists(texts | st.none()).map(Texts))
    | st.tuples(st.just("bigint"), st.lists(numbers | st.none()).map(Numbers))
    | st.tuples(st.just("boolean"), st.lists(st.booleans() | st.none()).map(Flags))
    | st.tuples(st.just("bytea"), st.lists(st.binary() | st.none()).map(Octets))
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(array=arrays)
def test_an_array_comes_back_as_it_was_given(on_postgres: Database, array: tuple[str, list[Any]]) -> None:
    kind, values = array

    with on_postgres.reading() as connection:
        came_back = connection.exec_driver_sql(f"SELECT %b::{kind}[], pg_typeof(%s)::text", (values, values)).one()

    assert tuple(came_back) == (list(values), f"{kind}[]")


def test_a_number_of_more_than_eight_bytes_is_nothing_that_an_array_holds(on_postgres: Database) -> None:
    with pytest.raises(DBAPIError, match="eight bytes") as refused, on_postgres.reading() as connection:
        connection.exec_driver_sql("SELECT %b::bigint[]", (Numbers([1, 2**63]),))

    assert is_unstorable(refused.value)


def test_rows_are_found_by_whatever_text_they_hold(database: Database) -> None:
    rows = [
        {"tenant": "default", "identifier": f"of {each}", "actor": each, "learner": each, "own_learner": each}
        for each in ODD
    ]
    with database.writing() as connection:
        bulk.append(connection, accepted.identifiers, rows)

    with database.reading() as connection:
        column = accepted.identifiers.c.actor
        found = list(rows_among(connection, "default", column, [*ODD[::2], "nobody"], [column]))
        everybody = connection.execute(select(column)).scalars().all()

    assert sorted(actor for (actor,) in found) == sorted(ODD[::2])
    assert sorted(everybody) == sorted(ODD)
