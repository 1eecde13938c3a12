"""The facts table: every fact, for life, by identifier or by what else it is about."""

from collections.abc import Iterable, Sequence
from typing import cast

from sqlalchemy import Connection, false, select, true

from milepost.ports import Filed, UnknownActivity
from milepost.store.database import insert
from milepost.store.rows import read, read_fact, type_of, write
from milepost.store.tables.kept import facts
from milepost_schemas.facts import ActivityReported, PersonFact


def file(connection: Connection, filed: Iterable[Filed]) -> None:
    """Put facts into the facts table; one that is there already stays, but an unknown one may become known."""
    rows = [_row(each) for each in filed]
    if not rows:
        return
    statement = insert(connection, facts)
    statement = statement.on_conflict_do_update(
        index_elements=["tenant", "fact_id"],
        set_={"known": true()},
        where=(facts.c.known == false()) & (statement.excluded.known == true()),
    )
    connection.execute(statement, rows)


def facts_of(connection: Connection, tenant: str, identifier: str) -> Sequence[PersonFact]:
    """Return every known fact of an identifier, in the order of filing."""
    rows = select(facts.c.type, facts.c.body).order_by(facts.c.filed)
    rows = rows.where(facts.c.tenant == tenant, facts.c.subject == identifier, facts.c.known == true())
    return [cast(PersonFact, read_fact(kind, body)) for kind, body in connection.execute(rows)]


def unknown_activities(connection: Connection, tenant: str) -> Sequence[UnknownActivity]:
    """Return every activity of a tenant that no program knows, in the order of filing."""
    rows = select(facts.c.subject, facts.c.actor, facts.c.body).order_by(facts.c.filed)
    rows = rows.where(facts.c.tenant == tenant, facts.c.known == false(), facts.c.actor.is_not(None))
    return [
        UnknownActivity(identifier, actor, read(ActivityReported, body))
        for identifier, actor, body in connection.execute(rows)
    ]


def _row(filed: Filed) -> dict[str, object]:
    fact = filed.fact
    return {
        "tenant": filed.tenant,
        "fact_id": fact.fact_id,
        "subject": filed.subject,
        "actor": filed.actor,
        "type": type_of(fact),
        "activity": fact.activity if isinstance(fact, ActivityReported) else None,
        "source": fact.source,
        "occurred_at": fact.occurred_at,
        "recorded_at": fact.recorded_at,
        "received_at": fact.received_at,
        "known": filed.known,
        "body": write(fact),
    }
