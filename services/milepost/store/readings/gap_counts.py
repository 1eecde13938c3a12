"""How many gaps there are: in each view, and for each value that a filter can be set to."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from milepost.store import inbox
from milepost.store.readings.gap_query import COLUMNS, NOBODY, GapQuery, View, says
from milepost.store.tables import shown
from milepost.store.tables.used import handlings

gaps = shown.gaps

COUNTED = ("stands", "state", "historical", "gap", "severity", "program", "cohort")
"""By what gaps are counted, in the order of their index."""

FILTERS = (*COLUMNS, "assigned")
"""What gaps are filtered by, beside words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One value of a filter, and how many gaps it would leave."""

    value: str
    count: int

    @property
    def pair(self) -> tuple[str, int]:
        """Value and number."""
        return self.value, self.count


@dataclass(frozen=True, slots=True)
class Group:
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


def read_groups(connection: Connection, tenant: str, query: GapQuery) -> Iterator[Group]:
    """Yield how many gaps there are of each kind; what people touched, which is little, is counted apart."""
    columns = tuple(gaps.c[name] for name in COUNTED)
    counted = select(*columns, func.count().label("number")).where(gaps.c.tenant == tenant).group_by(*columns)
    same = and_(handlings.c.tenant == gaps.c.tenant, handlings.c.gap_id == gaps.c.gap_id)
    touched = select(*columns, handlings.c.assigned_to, inbox.is_asleep(query.now).label("asleep"))
    touched = touched.select_from(handlings).join(gaps, same).where(handlings.c.tenant == tenant)
    touched = touched.where(handlings.c.assigned_to.is_not(None) | (handlings.c.snoozed_until > query.now))
    if query.text:
        counted, touched = _counted(tenant, query.text), touched.where(says(tenant, query.text))
    rest = {tuple(row[:-1]): row.number for row in connection.execute(counted).all()}
    for (*begins, assigned, is_asleep), number in Counter(map(tuple, connection.execute(touched))).items():
        kind = tuple(begins)
        rest[kind] -= number
        yield _group(kind, number, assigned=assigned or NOBODY, is_asleep=is_asleep)
    for kind, number in rest.items():
        yield _group(kind, number, assigned=NOBODY, is_asleep=False)


def facet(groups: Sequence[tuple[Group, tuple[str, ...]]], query: GapQuery, column: str) -> tuple[Facet, ...]:
    """Return what a filter can be set to, and how many each choice would leave with the other filters as they are."""
    counts: dict[str, int] = {}
    for group, missed in groups:
        value = getattr(group, column)
        if value and group.number and group.view == query.view and missed in ((), (column,)):
            counts[value] = counts.get(value, 0) + group.number
    return tuple(Facet(value=value, count=number) for value, number in sorted(counts.items()))


def _counted(tenant: str, text: str) -> Select[Any]:
    """Return the query for how many gaps of each kind say a text: found first by who and where, and counted then.

    Counted as they are found, all gaps would be looked at in the order of their kinds.
    """
    columns = tuple(gaps.c[name] for name in COUNTED)
    said = select(*columns).where(gaps.c.tenant == tenant, says(tenant, text)).cte("said").prefix_with("MATERIALIZED")
    return select(*said.c, func.count().label("number")).group_by(*said.c)


def _group(kind: Sequence[Any], number: int, *, assigned: str, is_asleep: bool) -> Group:
    stands, state, historical, gap, severity, program, cohort = kind
    view = _view_of(stands, state, historical, is_asleep)
    return Group(view, program, cohort, gap, severity, assigned, number)


def _view_of(stands: bool, state: str, historical: bool, is_asleep: bool) -> View:
    if stands:
        if historical:
            return "historical"
        if is_asleep:
            return "snoozed"
        return "mitigated" if state == "mitigated" else "open"
    return "retracted" if state == "retracted" else "closed"
