"""The facts table: every fact, for life, by identifier or by what else it is about."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, false, func, select, true

from milepost.ports import Filed, FiledActivity
from milepost.store import bulk
from milepost.store.rows import read, read_fact, type_of, write
from milepost.store.tables.kept import facts
from milepost_schemas.facts import ActivityReported, PersonFact


def file(connection: Connection, filed: Iterable[Filed]) -> None:
    """Put facts into the facts table; one that is there already stays, but an unknown one may become known."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for each in filed:
        row = rows.setdefault((each.tenant, each.fact.fact_id), _row(each))
        row["known"] = row["known"] or each.known
    bulk.add_or_raise(connection, facts, list(rows.values()), keys=("tenant", "fact_id"), flag="known")


def facts_of(connection: Connection, tenant: str, identifier: str) -> Sequence[PersonFact]:
    """Return every known fact of an identifier, in the order of filing."""
    rows = select(facts.c.type, facts.c.body).order_by(facts.c.filed)
    rows = rows.where(facts.c.tenant == tenant, facts.c.subject == identifier, facts.c.known == true())
    return [cast(PersonFact, read_fact(kind, body)) for kind, body in connection.execute(rows)]


def unknown_activities(connection: Connection, tenant: str) -> Sequence[FiledActivity]:
    """Return every activity of a tenant that no program knows, in the order of filing."""
    return activities(connection, facts.c.tenant == tenant, facts.c.known == false(), facts.c.actor.is_not(None))


def latest_activities(connection: Connection, tenant: str, source: str) -> Sequence[FiledActivity]:
    """Return, for each identifier and activity of a source, the known fact that was filed last."""
    mine = (facts.c.tenant == tenant) & (facts.c.source == source) & (facts.c.known == true())
    last = select(func.max(facts.c.filed)).where(mine, facts.c.activity.is_not(None), facts.c.actor.is_not(None))
    last = last.group_by(facts.c.subject, facts.c.activity)
    return activities(connection, facts.c.filed.in_(last))


def activities(connection: Connection, *chosen: ColumnElement[bool]) -> Sequence[FiledActivity]:
    """Return the activities that are chosen, in the order of filing."""
    rows = select(facts.c.subject, facts.c.actor, facts.c.body).where(*chosen).order_by(facts.c.filed)
    return [
        FiledActivity(identifier, actor, read(ActivityReported, body))
        for identifier, actor, body in connection.execute(rows)
    ]


def _row(filed: Filed) -> dict[str, Any]:
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
