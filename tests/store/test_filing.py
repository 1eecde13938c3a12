"""A fact is filed once, stays as it was said first, and may become known."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from milepost.ports import Filed
from milepost.store import filing
from milepost.store.database import Database
from milepost.store.keep import SqlKeep
from milepost.store.tables import kept
from tests.store.builders import activity


def found(database: Database, *columns: Any) -> list[Any]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(columns[0]))]


def test_a_fact_is_filed_once_and_comes_back_as_it_was(keep: SqlKeep) -> None:
    fact = activity(score=0.5, claims=("completed", "passed"))

    keep.file([Filed("default", "i1", fact, "ana")])
    keep.file([Filed("default", "i1", replace(fact, source="other"), "ana")])

    assert keep.facts_of("default", "i1") == [fact]


def test_of_each_identifier_and_activity_of_a_source_the_last_known_fact_is_found(keep: SqlKeep) -> None:
    def filed(fact_id: str, identifier: str, *, known: bool = True, **changes: Any) -> Filed:
        return Filed("default", identifier, activity(fact_id=fact_id, **changes), f"actor-{identifier}", known)

    keep.file([filed("a1", "i1"), filed("a2", "i1"), filed("a3", "i1", activity="https://lms.example.com/other")])
    keep.file([filed("b1", "i2"), filed("b2", "i2", known=False), filed("b3", "i2", source="elsewhere")])
    keep.file([Filed("another", "i1", activity(tenant="another", fact_id="c1"), "actor-i1")])

    found = keep.latest_activities("default", activity().source)

    assert [(one.identifier, one.actor, one.fact.fact_id) for one in found] == [
        ("i1", "actor-i1", "a2"),
        ("i1", "actor-i1", "a3"),
        ("i2", "actor-i2", "b1"),
    ]


def test_an_unknown_activity_becomes_known_and_stays_so(keep: SqlKeep) -> None:
    keep.file([Filed("default", "i1", activity(), "ana", known=False)])

    assert [each.fact for each in keep.unknown_activities("default")] == [activity()]
    assert keep.facts_of("default", "i1") == []

    keep.file([Filed("default", "i1", activity(), "ana", known=True)])
    keep.file([Filed("default", "i1", activity(), "ana", known=False)])

    assert keep.unknown_activities("default") == []
    assert keep.facts_of("default", "i1") == [activity()]


def test_a_fact_that_one_batch_says_twice_is_known_if_it_is_known_once(database: Database) -> None:
    said = (("f1", False), ("f1", True), ("f2", True), ("f2", False), ("f3", False))
    filed = [Filed("default", "i1", activity(fact_id), "ana", known=known) for fact_id, known in said]

    with database.writing() as connection:
        filing.file(connection, filed)

    assert found(database, kept.facts.c.fact_id, kept.facts.c.known) == [("f1", True), ("f2", True), ("f3", False)]


def test_a_fact_that_is_known_stays_known_and_keeps_what_it_first_said(database: Database) -> None:
    with database.writing() as connection:
        filing.file(connection, [Filed("default", "i1", activity("f1"), "ana"), filed_unknown("f2")])
        filing.file(connection, [filed_unknown("f1"), Filed("default", "other", activity("f2"), "eve")])

    assert found(database, kept.facts.c.fact_id, kept.facts.c.subject, kept.facts.c.known) == [
        ("f1", "i1", True),
        ("f2", "i1", True),
    ]


def filed_unknown(fact_id: str) -> Filed:
    return Filed("default", "i1", activity(fact_id), "ana", known=False)
