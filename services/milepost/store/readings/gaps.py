"""The inbox: gaps, worst first, and the history of one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, select

from milepost.store import inbox
from milepost.store.chunks import distinct_chunks
from milepost.store.inbox import UNTOUCHED, Handling
from milepost.store.readings.gap_counts import Facet, Group, facet, read_groups
from milepost.store.readings.gap_query import STANDING, VIEWS, GapQuery, fitting, handled_so, is_in_view
from milepost.store.rows import read
from milepost.store.showing import URGENCY
from milepost.store.tables import shown
from milepost_schemas.instants import Instant
from milepost_schemas.projections import GapRow
from milepost_schemas.words import Key, Name, Severity

gaps, changes = shown.gaps, shown.changes

LISTED = 200
"""How many gaps of one learner or session are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFound:
    """A gap, the cohort it belongs to, and what people do about it."""

    row: GapRow
    cohort: Name | None = None
    handling: Handling = UNTOUCHED


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsFound:
    """One page of gaps, how many there are in each view, and what they can be filtered by."""

    gaps: tuple[GapFound, ...]
    total: int
    views: dict[str, int]
    programs: tuple[Facet, ...] = ()
    cohorts: tuple[Facet, ...] = ()
    types: tuple[Facet, ...] = ()
    severities: tuple[Facet, ...] = ()
    assigned: tuple[Facet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GapMoment:
    """One moment in the life of a gap."""

    at: Instant
    type: str
    severity: Severity
    by: Key | None = None
    by_gap: Name | None = None
    shown_by: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class _Change:
    """What is read of a change of a gap."""

    at: int
    severity: Severity = "warning"
    by: str | None = None
    by_gap: str | None = None
    shown_by: tuple[str, ...] = ()


def find_gaps(connection: Connection, tenant: str, query: GapQuery) -> GapsFound:
    """Return one page of the inbox."""
    groups = [(group, group.misses(query)) for group in read_groups(connection, tenant, query)]
    fitting = [group for group, missed in groups if not missed]
    mine = [group for group in fitting if group.view == query.view]
    views = dict.fromkeys(map(str, VIEWS), 0)
    for group in fitting:
        views[group.view] += group.number
    return GapsFound(
        gaps=_page(connection, tenant, query, mine),
        total=views[query.view],
        views=views,
        programs=facet(groups, query, "program"),
        cohorts=facet(groups, query, "cohort"),
        types=facet(groups, query, "gap"),
        severities=facet(groups, query, "severity"),
        assigned=facet(groups, query, "assigned"),
    )


def get_gap(connection: Connection, tenant: str, gap_id: str) -> GapFound | None:
    """Return one gap, or None where there is none of that id."""
    query = select(gaps.c.row, gaps.c.cohort).where(gaps.c.tenant == tenant, gaps.c.gap_id == gap_id)
    row = connection.execute(query).first()
    return None if row is None else GapFound(row=read(GapRow, row.row), cohort=row.cohort)


def gaps_of_learner(connection: Connection, tenant: str, learner: str) -> tuple[GapFound, ...]:
    """Return every gap about a learner: those that stand, worst first, then the others, the last changed first."""
    return _listed(connection, and_(gaps.c.tenant == tenant, gaps.c.learner == learner))


def gaps_of_session(connection: Connection, tenant: str, offering: str, session: str) -> tuple[GapFound, ...]:
    """Return every gap that names a session, in the same order."""
    return _listed(connection, and_(gaps.c.tenant == tenant, gaps.c.offering == offering, gaps.c.session == session))


def handled(connection: Connection, tenant: str, found: Sequence[GapFound], *, now: int) -> tuple[GapFound, ...]:
    """Return gaps with what people do about them."""
    known = inbox.find(connection, tenant, [each.row.gap_id for each in found], now=now)
    return tuple(replace(each, handling=known.get(each.row.gap_id, UNTOUCHED)) for each in found)


def history(connection: Connection, tenant: str, ids: Sequence[str]) -> dict[str, tuple[GapMoment, ...]]:
    """Return what happened to each of these gaps, oldest first."""
    found: dict[str, tuple[GapMoment, ...]] = {}
    for some in distinct_chunks(ids):
        query = select(changes.c.gap_id, changes.c.type, changes.c.row).where(
            changes.c.tenant == tenant, changes.c.gap_id.in_(some)
        )
        for row in connection.execute(query.order_by(changes.c.number)):
            found[row.gap_id] = (*found.get(row.gap_id, ()), _moment(row.type, row.row))
    return found


def _page(connection: Connection, tenant: str, query: GapQuery, mine: Sequence[Group]) -> tuple[GapFound, ...]:
    stands = query.view in STANDING
    wanted = and_(*fitting(tenant, query), *handled_so(tenant, query), is_in_view(query.view))
    listed = select(gaps.c.gap_id, gaps.c.row, gaps.c.cohort).where(wanted)
    rows = [
        row
        for part, limit, offset in _parts(listed, query, mine)
        for row in connection.execute(part.limit(limit).offset(offset))
    ]
    there = {row.gap_id for row in rows}
    found = [GapFound(row=read(GapRow, row.row), cohort=row.cohort) for row in rows]
    missing = [gap_id for gap_id in query.keep if gap_id not in there]
    kept = [gap for gap_id in missing if (gap := get_gap(connection, tenant, gap_id))]
    return tuple(sorted([*found, *kept], key=_rank if stands else _age)) if kept else tuple(found)


def _parts(listed: Select[Any], query: GapQuery, mine: Sequence[Group]) -> Iterator[tuple[Select[Any], int, int]]:
    """Yield the queries that a page is made of, each with limit and offset.

    Worst first goes severity by severity: an index gives each in its order, and none would give all of them.
    """
    limit, offset = query.size, (query.page - 1) * query.size
    if query.view not in STANDING:
        yield listed.order_by(*_last_first()), limit, offset
        return
    for severity, urgency in sorted(URGENCY.items(), key=lambda each: -each[1]):
        number = sum(group.number for group in mine if group.severity == severity)
        if offset < number and limit > 0:
            yield listed.where(gaps.c.urgency == urgency).order_by(gaps.c.since, gaps.c.gap_id), limit, offset
            limit -= min(limit, number - offset)
        offset = max(offset - number, 0)


def _listed(connection: Connection, wanted: ColumnElement[bool]) -> tuple[GapFound, ...]:
    """Return gaps in their order. They are few and put in order here: an index that is in order has all gaps in it."""
    rows = connection.execute(select(gaps.c.row, gaps.c.cohort).where(wanted))
    found = [GapFound(row=read(GapRow, row.row), cohort=row.cohort) for row in rows]
    standing = [each for each in found if each.row.state in ("open", "mitigated")]
    ended = [each for each in found if each.row.state not in ("open", "mitigated")]
    return (*sorted(standing, key=_rank), *sorted(ended, key=_age))[:LISTED]


def _last_first() -> tuple[Any, ...]:
    return gaps.c.changed_at.desc(), gaps.c.gap_id


def _rank(found: GapFound) -> tuple[int, int, str]:
    return -URGENCY[found.row.severity], found.row.since, found.row.gap_id


def _age(found: GapFound) -> tuple[int, str]:
    return -found.row.changed_at, found.row.gap_id


def _moment(name: str, text: str) -> GapMoment:
    change = read(_Change, text)
    return GapMoment(
        at=change.at,
        type=name,
        severity=change.severity,
        by=change.by,
        by_gap=change.by_gap,
        shown_by=change.shown_by,
    )
