"""The inbox: gaps, worst first, with what they are filtered by, and the history of one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from milepost.store.readings.people import chunks, contains, learners_named
from milepost.store.rows import read
from milepost.store.tables import shown
from milepost_schemas.instants import Instant
from milepost_schemas.projections import GapRow
from milepost_schemas.words import Key, Name, Severity

gaps, changes = shown.gaps, shown.changes

View = Literal["open", "mitigated", "closed", "retracted", "historical"]
VIEWS: tuple[View, ...] = ("open", "mitigated", "closed", "retracted", "historical")


@dataclass(frozen=True, slots=True, kw_only=True)
class GapQuery:
    """Which gaps are asked for. `keep` names gaps that stay in the answer whatever has become of them."""

    view: View = "open"
    program: str = ""
    cohort: str = ""
    gap: str = ""
    severity: str = ""
    text: str = ""
    page: int = 1
    size: int = 50
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFound:
    """A gap, and the cohort it belongs to."""

    row: GapRow
    cohort: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One value of a filter, and how many gaps it would leave."""

    value: str
    count: int


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
    wanted = and_(*_filters(tenant, query), _view(query.view))
    found = _page(connection, tenant, query, wanted)
    facets = _facets(connection, tenant, query)
    return GapsFound(
        gaps=found,
        total=connection.execute(select(func.count()).select_from(gaps).where(wanted)).scalar_one(),
        views=_views(connection, tenant, query),
        programs=facets["program"],
        cohorts=facets["cohort"],
        types=facets["gap"],
        severities=facets["severity"],
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


def history(connection: Connection, tenant: str, ids: Sequence[str]) -> dict[str, tuple[GapMoment, ...]]:
    """Return what happened to each of these gaps, oldest first."""
    found: dict[str, tuple[GapMoment, ...]] = {}
    for chunk in chunks(ids):
        query = select(changes.c.gap_id, changes.c.type, changes.c.row).where(
            changes.c.tenant == tenant, changes.c.gap_id.in_(chunk)
        )
        for row in connection.execute(query.order_by(changes.c.number)):
            found[row.gap_id] = (*found.get(row.gap_id, ()), _moment(row.type, row.row))
    return found


def _page(connection: Connection, tenant: str, query: GapQuery, wanted: ColumnElement[bool]) -> tuple[GapFound, ...]:
    stands = query.view in ("open", "mitigated", "historical")
    order = _worst_first() if stands else _last_first()
    listed = select(gaps.c.gap_id, gaps.c.row, gaps.c.cohort).where(wanted).order_by(*order)
    rows = list(connection.execute(listed.limit(query.size).offset((query.page - 1) * query.size)))
    there = {row.gap_id for row in rows}
    missing = [gap_id for gap_id in query.keep if gap_id not in there]
    found = [GapFound(row=read(GapRow, row.row), cohort=row.cohort) for row in rows]
    kept = [gap for gap_id in missing if (gap := get_gap(connection, tenant, gap_id)) is not None]
    if not kept:
        return tuple(found)
    return tuple(sorted([*found, *kept], key=_rank if stands else _age))


def _listed(connection: Connection, wanted: ColumnElement[bool]) -> tuple[GapFound, ...]:
    query = select(gaps.c.row, gaps.c.cohort).where(wanted)
    query = query.order_by(gaps.c.stands.desc(), *_worst_first(), gaps.c.changed_at.desc()).limit(200)
    found = [GapFound(row=read(GapRow, row.row), cohort=row.cohort) for row in connection.execute(query)]
    standing = [each for each in found if each.row.state in ("open", "mitigated")]
    ended = [each for each in found if each.row.state not in ("open", "mitigated")]
    return (*standing, *sorted(ended, key=lambda each: -each.row.changed_at))


def _worst_first() -> tuple[Any, ...]:
    return gaps.c.urgency.desc(), gaps.c.since, gaps.c.gap_id


def _last_first() -> tuple[Any, ...]:
    return gaps.c.changed_at.desc(), gaps.c.gap_id


URGENCY: dict[Severity, int] = {"info": 0, "warning": 1, "high": 2, "critical": 3}


def _rank(found: GapFound) -> tuple[int, int, str]:
    return -URGENCY[found.row.severity], found.row.since, found.row.gap_id


def _age(found: GapFound) -> tuple[int, str]:
    return -found.row.changed_at, found.row.gap_id


def _view(view: View) -> ColumnElement[bool]:
    match view:
        case "open":
            return and_(gaps.c.stands.is_(True), gaps.c.state == "open", gaps.c.historical.is_(False))
        case "mitigated":
            return and_(gaps.c.stands.is_(True), gaps.c.state == "mitigated", gaps.c.historical.is_(False))
        case "closed":
            return and_(gaps.c.stands.is_(False), gaps.c.state.in_(("resolved", "superseded")))
        case "retracted":
            return and_(gaps.c.stands.is_(False), gaps.c.state == "retracted")
        case "historical":
            return and_(gaps.c.stands.is_(True), gaps.c.historical.is_(True))


def _filters(tenant: str, query: GapQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [gaps.c.tenant == tenant]
    for column in ("program", "cohort", "gap", "severity"):
        if getattr(query, column):
            found.append(gaps.c[column] == getattr(query, column))
    if query.text:
        found.append(_says(tenant, query.text))
    return found


def _says(tenant: str, text: str) -> ColumnElement[bool]:
    titled = select(shown.offerings.c.offering).where(
        shown.offerings.c.tenant == tenant, contains(shown.offerings.c.title, text)
    )
    words = text.replace(" ", "_")
    return or_(
        gaps.c.learner.in_(learners_named(tenant, text)),
        gaps.c.offering.in_(titled),
        contains(gaps.c.source, text),
        contains(gaps.c.gap, words),
    )


def _views(connection: Connection, tenant: str, query: GapQuery) -> dict[str, int]:
    grouped = (
        select(gaps.c.stands, gaps.c.state, gaps.c.historical, func.count())
        .where(*_filters(tenant, query))
        .group_by(gaps.c.stands, gaps.c.state, gaps.c.historical)
    )
    counts = dict.fromkeys(VIEWS, 0)
    for stands, state, historical, number in connection.execute(grouped):
        counts[_view_of(stands, state, historical)] += number
    return {str(view): number for view, number in counts.items()}


def _view_of(stands: bool, state: str, historical: bool) -> View:
    if stands:
        if historical:
            return "historical"
        return "mitigated" if state == "mitigated" else "open"
    return "retracted" if state == "retracted" else "closed"


def _facets(connection: Connection, tenant: str, query: GapQuery) -> dict[str, tuple[Facet, ...]]:
    columns = ("program", "cohort", "gap", "severity")
    unfiltered = replace(query, program="", cohort="", gap="", severity="")
    grouped = (
        select(*(gaps.c[column] for column in columns), func.count().label("number"))
        .where(*_filters(tenant, unfiltered), _view(query.view))
        .group_by(*(gaps.c[column] for column in columns))
    )
    counts: dict[str, dict[str, int]] = {column: {} for column in columns}
    for row in connection.execute(grouped):
        values = row._mapping
        for column in columns:
            others = (other for other in columns if other != column)
            if values[column] and all(getattr(query, other) in ("", values[other]) for other in others):
                counts[column][values[column]] = counts[column].get(values[column], 0) + values["number"]
    return {
        column: tuple(Facet(value=value, count=number) for value, number in sorted(found.items()))
        for column, found in counts.items()
    }


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
