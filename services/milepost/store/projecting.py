"""Write what is shown: the rows of each learner, offering and source, where their record's version is newer.

One record's rows are replaced together; the caller's transaction makes that one step for whoever looks.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.sql.schema import Table

from milepost.store import showing
from milepost.store.chunks import chunks
from milepost.store.database import insert
from milepost.store.replacing import Values, replace_rows
from milepost.store.tables import shown
from milepost_schemas.projections import LearnerProjected, OfferingProjected, Projected, SourceProjected


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of record: the column that names it, its tables, the first of which holds its version."""

    owner: str
    tables: Sequence[tuple[Table, Callable[[Any], Iterable[Values]]]]


_KINDS: Mapping[type[Projected], _Kind] = {
    LearnerProjected: _Kind(
        "learner",
        [
            (shown.learners, showing.learner_rows),
            (shown.journeys, showing.journey_rows),
            (shown.steps, showing.step_rows),
            (shown.seats, showing.seat_rows),
        ],
    ),
    OfferingProjected: _Kind(
        "offering",
        [
            (shown.offerings, showing.offering_rows),
            (shown.sessions, showing.session_rows),
            (shown.participants, showing.participant_rows),
        ],
    ),
    SourceProjected: _Kind("source", [(shown.source_standings, showing.source_rows)]),
}


def project(connection: Connection, projected: Iterable[Projected]) -> None:
    """Replace all rows of each key by these, where their version is newer than what stands."""
    groups: dict[tuple[str, type[Projected]], dict[str, Projected]] = defaultdict(dict)
    for each in projected:
        kind = type(each)
        groups[each.tenant, kind][getattr(each, _KINDS[kind].owner)] = each
    for (tenant, kind), rows in groups.items():
        _project(connection, tenant, _KINDS[kind], rows)


def _project(connection: Connection, tenant: str, kind: _Kind, projected: Mapping[str, Projected]) -> None:
    newer = _newer(connection, tenant, kind, projected)
    if not newer:
        return
    owners = sorted(newer)
    for table, rows_of in kind.tables:
        rows = (row for name in owners for row in rows_of(newer[name]))
        replace_rows(connection, table, {"tenant": tenant}, kind.owner, owners, rows)
    gaps = (row for name in owners for row in showing.gap_rows(newer[name]))
    replace_rows(connection, shown.gaps, {"tenant": tenant, "owner_kind": kind.owner}, "owner", owners, gaps)
    _tell(connection, kind, newer)


def _newer(
    connection: Connection, tenant: str, kind: _Kind, projected: Mapping[str, Projected]
) -> Mapping[str, Projected]:
    head = kind.tables[0][0]
    standing: dict[str, int] = {}
    for some in chunks(list(projected)):
        rows = select(head.c[kind.owner], head.c.version).where(head.c.tenant == tenant, head.c[kind.owner].in_(some))
        standing.update((owner, version) for owner, version in connection.execute(rows))
    return {name: row for name, row in projected.items() if row.version > standing.get(name, -1)}


def _tell(connection: Connection, kind: _Kind, projected: Mapping[str, Projected]) -> None:
    rows = [
        {"owner_kind": kind.owner, "owner": name, "version": row.version, "place": place, **showing.change_row(change)}
        for name, row in projected.items()
        for place, change in enumerate(row.changes)
    ]
    if rows:
        connection.execute(insert(connection, shown.changes).on_conflict_do_nothing(), rows)
