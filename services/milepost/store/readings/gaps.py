"""The inbox: gaps, worst first, with what they are filtered by, and the history of one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from milepost.store.readings.people import chunks, contains, learners_named
from milepost.store.rows import read
from milepost.store.tables import shown
from milepost_schemas.instants import Instant
from milepost_schemas.projections import GapRow
from milepost_schemas.words import Key, Name, Severity

gaps, changes = shown.gaps, shown.changes

View = Literal["open", "mitigated", "closed", "retracted", "historical"]
VIEWS: tuple[View, ...] = ("open", "mitigated", "closed", "retracted", "historical")
STANDING: tuple[View, ...] = ("open", "mitigated", "historical")

COLUMNS = ("program", "cohort", "gap", "severity")
"""What gaps are filtered by, beside words."""


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
    groups = _groups(connection, tenant, query)
    mine = [group for group in groups if group.view == query.view and group.fits(query)]
    views = {str(view): sum(each.number for each in groups if each.view == view and each.fits(query)) for view in VIEWS}
    return GapsFound(
        gaps=_page(connection, tenant, query, mine),
        total=views[query.view],
        views=views,
        programs=_facet(groups, query, "program"),
        cohorts=_facet(groups, query, "cohort"),
        types=_facet(groups, query, "gap"),
        severities=_facet(groups, query, "severity"),
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


def _page(connection: Connection, tenant: str, query: GapQuery, mine: "Sequence[_Group]") -> tuple[GapFound, ...]:
    stands = query.view in STANDING
    wanted = and_(*_filters(tenant, query), _view(query.view))
    listed = select(gaps.c.gap_id, gaps.c.row, gaps.c.cohort).where(wanted)
    rows = [
        row
        for part, limit, offset in _parts(listed, query, mine)
        for row in connection.execute(part.limit(limit).offset(offset))
    ]
    there = {row.gap_id for row in rows}
    found = [GapFound(row=read(GapRow, row.row), cohort=row.cohort) for row in rows]
    missing = [gap_id for gap_id in query.keep if gap_id not in there]
    kept = [gap for gap_id in missing if (gap := get_gap(connection, tenant, gap_id)) is not None]
    return tuple(sorted([*found, *kept], key=_rank if stands else _age)) if kept else tuple(found)


def _parts(listed: Select[Any], query: GapQuery, mine: "Sequence[_Group]") -> Iterator[tuple[Select[Any], int, int]]:
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
    found += [gaps.c[column] == getattr(query, column) for column in COLUMNS if getattr(query, column)]
    return [*found, _says(tenant, query.text)] if query.text else found


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


@dataclass(frozen=True, slots=True)
class _Group:
    """How many gaps have all of these in common."""

    view: View
    program: str | None
    cohort: str | None
    gap: str
    severity: str
    number: int

    def fits(self, query: GapQuery, *, but: str = "") -> bool:
        """Say whether the filters let these through, leaving out one of them."""
        return all(getattr(query, each) in ("", getattr(self, each)) for each in COLUMNS if each != but)


def _groups(connection: Connection, tenant: str, query: GapQuery) -> list[_Group]:
    columns = (gaps.c.stands, gaps.c.state, gaps.c.historical, *(gaps.c[column] for column in COLUMNS))
    counted = select(*columns, func.count().label("number")).where(gaps.c.tenant == tenant).group_by(*columns)
    if query.text:
        counted = counted.where(_says(tenant, query.text))
    return [
        _Group(
            _view_of(row.stands, row.state, row.historical), row.program, row.cohort, row.gap, row.severity, row.number
        )
        for row in connection.execute(counted)
    ]


def _view_of(stands: bool, state: str, historical: bool) -> View:
    if stands:
        if historical:
            return "historical"
        return "mitigated" if state == "mitigated" else "open"
    return "retracted" if state == "retracted" else "closed"


def _facet(groups: Sequence[_Group], query: GapQuery, column: str) -> tuple[Facet, ...]:
    """Return what a filter can be set to, and how many each choice would leave with the other filters as they are."""
    counts: dict[str, int] = {}
    for group in groups:
        value = getattr(group, column)
        if value and group.view == query.view and group.fits(query, but=column):
            counts[value] = counts.get(value, 0) + group.number
    return tuple(Facet(value=value, count=number) for value, number in sorted(counts.items()))


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
