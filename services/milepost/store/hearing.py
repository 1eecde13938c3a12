"""Hearing: requests are signs of life of their sources, of which the log takes at most one a minute."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, Update, bindparam, update

from milepost.store.among import rows_among
from milepost.store.tables.accepted import sources
from milepost_schemas.facts import SourceHeard
from milepost_schemas.instants import MINUTE
from milepost_schemas.submissions import Refusal, Submission

SAMPLED_EVERY = MINUTE

Named = tuple[str, str]
"""The tenant of a source, and its name."""


def hear(connection: Connection, requests: Sequence[Submission | Refusal]) -> list[tuple[SourceHeard, ...]]:
    """Return for each request, in their order, the sign of life that it is of a declared source, if it is one."""
    heard_at = _heard_at(connection, {(request.tenant, request.source) for request in requests})
    found: list[tuple[SourceHeard, ...]] = []
    changed: dict[Named, int] = {}
    for request in requests:
        name = (request.tenant, request.source)
        if name in heard_at and _is_due(heard_at[name], request.received_at):
            heard_at[name] = changed[name] = request.received_at
            found.append((_heard(request),))
        else:
            found.append(())
    if changed:
        rows = [{"of_tenant": tenant, "of_source": source, "at": at} for (tenant, source), at in changed.items()]
        connection.execute(_note_heard(), rows)
    return found


def _is_due(heard_at: int | None, at: int) -> bool:
    return heard_at is None or heard_at <= at - SAMPLED_EVERY


def _heard_at(connection: Connection, asked: set[Named]) -> dict[Named, int | None]:
    """Return when each of these was last heard, those missing that nobody declared."""
    names: dict[str, list[str]] = defaultdict(list)
    for tenant, source in asked:
        names[tenant].append(source)
    columns = (sources.c.name, sources.c.heard_at)
    return {
        (tenant, name): at
        for tenant, some in names.items()
        for name, at in rows_among(connection, tenant, sources.c.name, some, columns)
    }


def _heard(request: Submission | Refusal) -> SourceHeard:
    at = request.received_at
    return SourceHeard(
        tenant=request.tenant,
        fact_id=f"heard:{request.source}:{at}",
        source=request.source,
        occurred_at=at,
        recorded_at=at,
        received_at=at,
    )


@cache
def _note_heard() -> Update:
    mine = (sources.c.tenant == bindparam("of_tenant")) & (sources.c.name == bindparam("of_source"))
    return update(sources).where(mine).values(heard_at=bindparam("at"))
