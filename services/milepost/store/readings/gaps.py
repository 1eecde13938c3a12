"""The inbox: gaps, worst first, with what they are filtered by, and the history of one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from milepost.store import inbox
from milepost.store.chunks import distinct_chunks
from milepost.store.inbox import UNTOUCHED, Handling
from milepost.store.readings.people import learners_named
from milepost.store.rows import read
from milepost.store.searching import contains
from milepost.store.showing import URGENCY
from milepost.store.tables import shown
from milepost.store.tables.used import handlings
from milepost_schemas.instants import Instant
from milepost_schemas.projections import GapRow
from milepost_schemas.words import Key, Name, Severity

gaps, changes = shown.gaps, shown.changes

LISTED = 200
"""How many gaps of one learner or session are listed."""

View = Literal["open", "mitigated", "snoozed", "closed", "retracted", "historical"]
VIEWS: tuple[View, ...] = ("open", "mitigated", "snoozed", "closed", "retracted", "historical")
STANDING: tuple[View, ...] = ("open", "mitigated", "snoozed", "historical")

COLUMNS = ("program", "cohort", "gap", "severity")
"""What gaps are filtered by, beside words and what people do about them."""

COUNTED = ("stands", "state", "historical", "gap", "severity", "program", "cohort")
"""By what gaps are counted, in the order of their index."""

FILTERS = (*COLUMNS, "assigned")

NOBODY = "nobody"
"""Who looks after a gap that is given to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapQuery:
    """Which gaps are asked for, as they stand `now`.

    `assigned` names who looks after them, or `nobody`. `keep` names gaps that stay in the answer whatever has become of
    them.
    """

    now: Instant = 0

    view: View = "open"
    program: str = ""
    cohort: str = ""
    gap: str = ""
    severity: str = ""
    assigned: str = ""
    text: str = ""
    page: int = 1
    size: int = 50
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFound:
    """A gap, the cohort it belongs to, and what people do about it."""

    row: GapRow
    cohort: Name | None = None
    handling: Handling = UNTOUCHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One value of a filter, and how many gaps it would leave."""

    value: str
    count: int

    @property
    def pair(self) -> tuple[str, int]:
        """Value and number."""
        return self.value, self.count


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
    groups = [(group, group.misses(query)) for group in _groups(connection, tenant, query)]
    fitting = [group for group, missed in groups if not missed]
    mine = [group for group in fitting if group.view == query.view]
    views = dict.fromkeys(map(str, VIEWS), 0)
    for group in fitting:
        views[group.view] += group.number
    return GapsFound(
        gaps=_page(connection, tenant, query, mine),
        total=views[query.view],
        views=views,
        programs=_facet(groups, query, "program"),
        cohorts=_facet(groups, query, "cohort"),
        types=_facet(groups, query, "gap"),
        severities=_facet(groups, query, "severity"),
        assigned=_facet(groups, query, "assigned"),
    )


def is_open() -> ColumnElement[bool]:
    """Return the condition that a gap is open, and not from before anybody watched."""
    return and_(gaps.c.stands.is_(True), gaps.c.state == "open", gaps.c.historical.is_(False))


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


def _page(connection: Connection, tenant: str, query: GapQuery, mine: "Sequence[_Group]") -> tuple[GapFound, ...]:
    stands = query.view in STANDING
    wanted = and_(*_filters(tenant, query), *_handled(tenant, query), _view(query.view))
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


def _view(view: View) -> ColumnElement[bool]:
    match view:
        case "open":
            return is_open()
        case "mitigated":
            return and_(gaps.c.stands.is_(True), gaps.c.state == "mitigated", gaps.c.historical.is_(False))
        case "snoozed":
            return and_(gaps.c.stands.is_(True), gaps.c.historical.is_(False))
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


def _handled(tenant: str, query: GapQuery) -> list[ColumnElement[bool]]:
    """Return the conditions about what people do: who looks after a gap, and whether it sleeps."""
    found: list[ColumnElement[bool]] = []
    mine = select(handlings.c.gap_id).where(handlings.c.tenant == tenant)
    if query.assigned == NOBODY:
        found.append(gaps.c.gap_id.not_in(mine.where(handlings.c.assigned_to.is_not(None))))
    elif query.assigned:
        found.append(gaps.c.gap_id.in_(mine.where(handlings.c.assigned_to == query.assigned)))
    asleep = mine.where(handlings.c.gap_id == gaps.c.gap_id, inbox.is_asleep(query.now)).correlate(gaps).exists()
    if query.view == "snoozed":
        put_to_sleep = mine.where(handlings.c.snoozed_until > query.now)
        return [*found, gaps.c.gap_id.in_(put_to_sleep), asleep]
    return [*found, ~asleep] if query.view in ("open", "mitigated") else found


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
    assigned: str
    number: int

    def misses(self, query: GapQuery) -> tuple[str, ...]:
        """Return the filters that do not let these through."""
        return tuple(each for each in FILTERS if (wanted := getattr(query, each)) and wanted != getattr(self, each))


def _groups(connection: Connection, tenant: str, query: GapQuery) -> Iterator[_Group]:
    """Yield how many gaps there are of each kind; what people touched, which is little, is counted apart."""
    columns = tuple(gaps.c[name] for name in COUNTED)
    counted = select(*columns, func.count().label("number")).where(gaps.c.tenant == tenant).group_by(*columns)
    same = and_(handlings.c.tenant == gaps.c.tenant, handlings.c.gap_id == gaps.c.gap_id)
    touched = select(*columns, handlings.c.assigned_to, inbox.is_asleep(query.now).label("asleep"))
    touched = touched.select_from(handlings).join(gaps, same).where(handlings.c.tenant == tenant)
    touched = touched.where(handlings.c.assigned_to.is_not(None) | (handlings.c.snoozed_until > query.now))
    if query.text:
        counted, touched = _counted(tenant, query.text), touched.where(_says(tenant, query.text))
    rest = {tuple(row[:-1]): row.number for row in connection.execute(counted).all()}
    for (*begins, assigned, is_asleep), number in Counter(map(tuple, connection.execute(touched))).items():
        kind = tuple(begins)
        rest[kind] -= number
        yield _group(kind, number, assigned=assigned or NOBODY, is_asleep=is_asleep)
    for kind, number in rest.items():
        yield _group(kind, number, assigned=NOBODY, is_asleep=False)


def _counted(tenant: str, text: str) -> Select[Any]:
    """Return the query for how many gaps of each kind say a text: found first by who and where, and counted then.

    Counted as they are found, all gaps would be looked at in the order of their kinds.
    """
    columns = tuple(gaps.c[name] for name in COUNTED)
    said = select(*columns).where(gaps.c.tenant == tenant, _says(tenant, text)).cte("said").prefix_with("MATERIALIZED")
    return select(*said.c, func.count().label("number")).group_by(*said.c)


def _group(kind: Sequence[Any], number: int, *, assigned: str, is_asleep: bool) -> _Group:
    stands, state, historical, gap, severity, program, cohort = kind
    view = _view_of(stands, state, historical, is_asleep)
    return _Group(view, program, cohort, gap, severity, assigned, number)


def _view_of(stands: bool, state: str, historical: bool, is_asleep: bool) -> View:
    if stands:
        if historical:
            return "historical"
        if is_asleep:
            return "snoozed"
        return "mitigated" if state == "mitigated" else "open"
    return "retracted" if state == "retracted" else "closed"


def _facet(groups: "Sequence[tuple[_Group, tuple[str, ...]]]", query: GapQuery, column: str) -> tuple[Facet, ...]:
    """Return what a filter can be set to, and how many each choice would leave with the other filters as they are."""
    counts: dict[str, int] = {}
    for group, missed in groups:
        value = getattr(group, column)
        if value and group.number and group.view == query.view and missed in ((), (column,)):
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
