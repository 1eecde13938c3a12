"""Statements are found through an index alone, and those that came before there was one as well."""

from uuid import UUID

import pytest
from sqlalchemy import delete, select

from milepost.sources.xapi.terms import ANY, Term
from milepost.store import querying
from milepost.store.database import Database
from milepost.store.querying import Page, Query, Wanted
from milepost.store.tables.accepted import statement_terms
from tests.store.accepted import take
from tests.store.builders import make_tenant, statement, submission

ANA = Wanted(Term("agent", "mailto:ana@example.org"), plain=True)
COMPLETED = Wanted(Term("verb", "http://adlnet.gov/expapi/verbs/completed"), plain=True)


def found(database: Database, *wanted: Wanted, tenant: str = "default") -> Page:
    query = Query(tenant=tenant, authority="lms", wanted=wanted, limit=10)
    with database.reading() as connection:
        return querying.find_page(connection, query)


def test_statements_that_were_kept_before_there_was_an_index_are_found_once_it_is_made(database: Database) -> None:
    every = [statement(str(UUID(int=number))) for number in range(7)]
    take(database, submission(*every))
    before = found(database, ANA, COMPLETED)

    with database.writing() as connection:
        connection.execute(delete(statement_terms))
    assert found(database, ANA).bodies == []
    with database.writing() as connection:
        querying.index_all(connection)

    assert len(before.bodies) == 7
    assert found(database, ANA, COMPLETED) == before


def test_what_one_tenant_forgets_another_finds_under_the_same_id(database: Database) -> None:
    same, other = statement(str(UUID(int=1))), statement(str(UUID(int=2)))
    with database.writing() as connection:
        make_tenant(connection, "academy", at=0)
    take(database, submission(same, other))
    take(database, submission(same, tenant="academy"))

    with database.writing() as connection:
        querying.forget(connection, "default", [same.statement_id])

    assert [len(found(database, ANA, tenant=tenant).bodies) for tenant in ("default", "academy")] == [1, 1]
    with database.reading() as connection:
        left = connection.execute(select(statement_terms.c.statement_id)).scalars().all()
    assert left.count(same.statement_id) == left.count(other.statement_id)


@pytest.mark.parametrize("wanted", [(Wanted(ANY, plain=True),), (COMPLETED,), (ANA, COMPLETED)])
def test_no_query_reads_a_whole_table(database: Database, wanted: tuple[Wanted, ...]) -> None:
    query = Query(tenant="default", authority="lms", wanted=wanted, limit=10)
    with database.reading() as connection:
        if database.is_postgres:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # it reads small tables whole
        selected = querying.select_places(connection, query)
        sql = str(selected.compile(connection.engine, compile_kwargs={"literal_binds": True}))
        explain = "EXPLAIN " if database.is_postgres else "EXPLAIN QUERY PLAN "
        plan = [str(row[-1]) for row in connection.exec_driver_sql(explain + sql)]

    assert not [step for step in plan if "SCAN " in step or "Seq Scan" in step], plan
    assert not [step for step in plan if "TEMP B-TREE" in step], plan
