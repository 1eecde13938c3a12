"""Everything about one learner: journeys, seats, gaps, what was said and what was concluded from it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from milepost.store.readings.facts import Filed, facts_about
from milepost.store.readings.gaps import GapFound, gaps_of_learner
from milepost.store.readings.people import Identity, identities_of
from milepost.store.rows import read
from milepost.store.tables import shown
from milepost_schemas.instants import Instant
from milepost_schemas.projections import JourneyRow, SeatRow
from milepost_schemas.words import Key, Name, Severity

TIMELINE = 200
"""How far back the timeline of a learner goes, in facts and in changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """A change of a learner's standing, as the timeline shows it."""

    number: int
    type: str
    at: Instant
    program: Name | None = None
    step: Name | None = None
    stage: Name | None = None
    gap: Name | None = None
    gap_id: Key | None = None
    severity: Severity | None = None
    by_gap: Name | None = None
    shown_by: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Everything to show of one learner."""

    learner: Key
    as_of: Instant
    identities: tuple[Identity, ...]
    journeys: tuple[JourneyRow, ...]
    seats: tuple[SeatRow, ...]
    gaps: tuple[GapFound, ...]
    facts: tuple[Filed, ...]
    changes: tuple[Concluded, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """What is read of any change."""

    at: int
    program: str | None = None
    step: str | None = None
    stage: str | None = None
    gap: str | None = None
    gap_id: str | None = None
    severity: Severity | None = None
    by_gap: str | None = None
    by: Any = None
    shown_by: tuple[str, ...] = ()


def find_learner(connection: Connection, tenant: str, learner: str) -> Learner | None:
    """Return everything about a learner, or None where there is nobody of that id."""
    identities = identities_of(connection, tenant, learner)
    table = shown.learners
    as_of = connection.execute(
        select(table.c.as_of).where(table.c.tenant == tenant, table.c.learner == learner)
    ).scalar()
    if as_of is None and not identities:
        return None
    return Learner(
        learner=learner,
        as_of=as_of or 0,
        identities=identities,
        journeys=_rows(connection, tenant, learner, shown.journeys, JourneyRow),
        seats=_rows(connection, tenant, learner, shown.seats, SeatRow),
        gaps=gaps_of_learner(connection, tenant, learner),
        facts=facts_about(connection, tenant, [each.identifier for each in identities], limit=TIMELINE),
        changes=_changes(connection, tenant, learner),
    )


def _rows(connection: Connection, tenant: str, learner: str, table: Any, kind: type[Any]) -> tuple[Any, ...]:
    query = select(table.c.row).where(table.c.tenant == tenant, table.c.learner == learner)
    return tuple(read(kind, text) for text in connection.execute(query).scalars())


def _changes(connection: Connection, tenant: str, learner: str) -> tuple[Concluded, ...]:
    table = shown.changes
    query = select(table.c.number, table.c.type, table.c.row).where(
        table.c.tenant == tenant, table.c.owner_kind == "learner", table.c.owner == learner
    )
    rows = connection.execute(query.order_by(table.c.number.desc()).limit(TIMELINE))
    return tuple(_concluded(row.number, row.type, read(_Change, row.row)) for row in rows)


def _concluded(number: int, name: str, change: _Change) -> Concluded:
    return Concluded(
        number=number,
        type=name,
        at=change.at,
        program=change.program,
        step=change.step,
        stage=change.stage,
        gap=change.gap,
        gap_id=change.gap_id,
        severity=change.severity,
        by_gap=change.by_gap,
        shown_by=(*change.shown_by, *_several(change.by)),
    )


def _several(by: Any) -> tuple[str, ...]:
    if by is None:
        return ()
    return (by,) if isinstance(by, str) else tuple(by)
