"""Write what is shown: the rows of each learner, offering and source, where their record's version is newer.

One record's rows are replaced together; the caller's transaction makes that one step for whoever looks.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete
from sqlalchemy.sql.schema import Column, Table

from milepost.store import bulk, showing
from milepost.store.among import rows_among
from milepost.store.replacing import Owned, Replaced, Values, replace_rows, write_difference
from milepost.store.rows import read
from milepost.store.tables import shown
from milepost_schemas.projections import (
    LearnerProjected,
    OfferingProjected,
    OwnerKind,
    Projected,
    SourceProjected,
)

RowsOf = Callable[[Any], Iterable[Values]]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of record: the table that holds its version, by its name, and those that hold wholes by the same name."""

    owner: OwnerKind
    head: tuple[Table, RowsOf]
    wholes: Sequence[tuple[Table, RowsOf]]
    gaps: ColumnElement[bool]


_KINDS: Mapping[type[Projected], _Kind] = {
    LearnerProjected: _Kind(
        "learner",
        (shown.learners, showing.learner_rows),
        [(shown.journeys, showing.journey_rows), (shown.seats, showing.seat_rows)],
        shown.gaps.c.owner_kind == "learner",
    ),
    OfferingProjected: _Kind(
        "offering",
        (shown.offerings, showing.offering_rows),
        [(shown.sessions, showing.session_rows), (shown.participants, showing.participant_rows)],
        shown.gaps.c.owner_kind == "offering",
    ),
    SourceProjected: _Kind(
        "source",
        (shown.source_standings, showing.source_rows),
        [],
        shown.gaps.c.owner_kind == "source",
    ),
}


def project(connection: Connection, projected: Iterable[Projected]) -> None:
    """Replace all rows of each key by its newest version, where that is newer than what stands.

    Of several versions of one key, in any order, every one that is newer has its changes told under its own version.
    """
    groups: dict[tuple[str, type[Projected]], dict[str, list[Projected]]] = defaultdict(lambda: defaultdict(list))
    for each in projected:
        kind = type(each)
        groups[each.tenant, kind][getattr(each, _KINDS[kind].owner)].append(each)
    for (tenant, kind), versions in groups.items():
        _project(connection, tenant, _KINDS[kind], versions)


def _project(connection: Connection, tenant: str, kind: _Kind, projected: Mapping[str, Sequence[Projected]]) -> None:
    newer = _newer(connection, tenant, kind, projected)
    if not newer:
        return
    newest = {name: newer[name][-1] for name in sorted(newer)}
    owners = list(newest)

    def owned(column: Column[Any], *where: ColumnElement[bool]) -> Owned:
        return Owned(tenant, column, owners, where)

    head, head_of = kind.head
    bulk.replace(connection, head, [{"tenant": tenant, **row} for row in _rows(head_of, newest)])
    for table, rows_of in kind.wholes:
        replaced = replace_rows(connection, owned(table.c[kind.owner]), _rows(rows_of, newest))
        if table is shown.journeys:
            _replace_steps(connection, owned(shown.steps.c.learner), newest, replaced)
    replace_rows(connection, owned(shown.gaps.c.owner, kind.gaps), _rows(showing.gap_rows, newest))
    _forget_told(connection, tenant, newest)
    _tell(connection, kind, newer, newest)


def _rows(rows_of: RowsOf, newest: Mapping[str, Projected]) -> Iterable[Values]:
    return (row for projected in newest.values() for row in rows_of(projected))


def _replace_steps(connection: Connection, owned: Owned, newest: Mapping[str, Projected], journeys: Replaced) -> None:
    """Write the steps that differ. They follow from their journeys, so the earlier ones need not be read."""
    earlier = [
        row
        for (name, _), whole in journeys.earlier.items()
        for row in showing.step_rows(name, read(showing.JourneysSteps, whole))
    ]
    wanted = [
        row
        for name, learner in newest.items()
        if isinstance(learner, LearnerProjected)
        for journey in learner.journeys
        if (name, journey.program) in journeys.written
        for row in showing.step_rows(name, journey)
    ]
    write_difference(connection, owned, showing.STEP, earlier, wanted)


def _newer(
    connection: Connection, tenant: str, kind: _Kind, projected: Mapping[str, Sequence[Projected]]
) -> Mapping[str, Sequence[Projected]]:
    """Return the versions of each key that are newer than what stands, in their order; a key without any is missing."""
    head = kind.head[0].c
    columns = [head[kind.owner], head.version]
    rows = rows_among(connection, tenant, head[kind.owner], list(projected), columns)
    standing: dict[str, int] = {}
    standing.update((owner, version) for owner, version in rows)
    found = {
        name: sorted(
            (each for each in versions if each.version > standing.get(name, -1)), key=lambda each: each.version
        )
        for name, versions in projected.items()
    }
    return {name: versions for name, versions in found.items() if versions}


def _forget_told(connection: Connection, tenant: str, newest: Mapping[str, Projected]) -> None:
    """Delete what was told of learners before they were erased, and who has nothing left to show."""
    for name, row in newest.items():
        if isinstance(row, LearnerProjected) and row.told_since:
            told, heads = shown.changes.c, shown.learners.c
            of_before = (told.owner_kind == "learner", told.owner == name, told.version < row.told_since)
            connection.execute(delete(shown.changes).where(told.tenant == tenant, *of_before))
            if not any(showing.learner_rows(row)):
                connection.execute(delete(shown.learners).where(heads.tenant == tenant, heads.learner == name))


def _tell(
    connection: Connection, kind: _Kind, newer: Mapping[str, Sequence[Projected]], newest: Mapping[str, Projected]
) -> None:
    rows = [
        {"owner_kind": kind.owner, "owner": name, "version": row.version, "place": place, **showing.change_row(change)}
        for name, versions in newer.items()
        for row in versions
        if row.version >= getattr(newest[name], "told_since", 0)
        for place, change in enumerate(row.changes)
    ]
    bulk.add_missing(connection, shown.changes, rows)
