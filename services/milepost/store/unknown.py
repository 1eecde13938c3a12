"""Activities in the facts table that no program knew when they came."""

from collections.abc import Sequence

from sqlalchemy import Connection, false, select

from milepost.ports import FiledActivity
from milepost.store import filing
from milepost.store.tables.kept import facts


def activities(connection: Connection, tenant: str) -> Sequence[tuple[str, str]]:
    """Return each unknown activity of a tenant once: its source, and what that calls it."""
    rows = select(facts.c.source, facts.c.activity).distinct()
    rows = rows.where(facts.c.tenant == tenant, facts.c.known == false(), facts.c.activity.is_not(None))
    return sorted((source, activity) for source, activity in connection.execute(rows))


def facts_of(connection: Connection, tenant: str, source: str, activity: str) -> Sequence[FiledActivity]:
    """Return every fact of an unknown activity, in the order of filing."""
    unknown = facts.c.tenant == tenant, facts.c.known == false(), facts.c.actor.is_not(None)
    return filing.activities(connection, *unknown, facts.c.source == source, facts.c.activity == activity)
