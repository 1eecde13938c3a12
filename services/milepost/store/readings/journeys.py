"""The grid of a program: who stands how at which step, and where they fall off."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, select

from milepost.store.readings.gap_query import is_open
from milepost.store.readings.people import learners_named, names
from milepost.store.rows import read
from milepost.store.showing import URGENCY
from milepost.store.tables import accepted, shown
from milepost_schemas.projections import JourneyRow, StepState
from milepost_schemas.words import Key, Name, Stage

journeys, steps = shown.journeys, shown.steps


@dataclass(frozen=True, slots=True, kw_only=True)
class GridQuery:
    """Which learners of a program are asked for."""

    program: str
    cohort: str = ""
    stage: str = ""
    text: str = ""
    page: int = 1
    size: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLine:
    """One learner on the program, and the worst of their open gaps."""

    learner: Key
    name: str
    journey: JourneyRow
    gaps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCount:
    """How many learners stand how at one step."""

    step: Name
    occurrence: int
    counts: dict[StepState, int]

    @property
    def total(self) -> int:
        """How many learners have the step in their journey."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """A cohort of a program."""

    cohort: Name | None
    learners: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCount:
    """How many learners of a program are in a stage now; None: in none, because complete, withdrawn or waiting."""

    stage: Stage | None
    state: str
    learners: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One page of the grid, and the counts over all pages."""

    lines: tuple[GridLine, ...]
    total: int
    counts: tuple[StepCount, ...]
    cohorts: tuple[Cohort, ...]
    stages: tuple[StageCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramCount:
    """A program with learners, or one that learners wait for."""

    program: Name
    learners: int
    complete: int
    unknown: int
    open_gaps: int
    urgent_gaps: int


def read_grid(connection: Connection, tenant: str, query: GridQuery) -> Grid:
    """Return one page of learners, by name, and how many stand how at each step."""
    wanted = and_(*_filters(tenant, query))
    return Grid(
        lines=_lines(connection, tenant, query, wanted),
        total=connection.execute(select(func.count()).select_from(journeys).where(wanted)).scalar_one(),
        counts=_counts(connection, tenant, query),
        cohorts=_cohorts(connection, tenant, query.program),
        stages=_stages(connection, tenant, query),
    )


def count_programs(connection: Connection, tenant: str) -> dict[str, ProgramCount]:
    """Return how many learners and open gaps each program has."""
    learners = (
        select(
            journeys.c.program,
            func.count().label("learners"),
            func.sum(case((journeys.c.state == "complete", 1), else_=0)).label("complete"),
            func.sum(case((journeys.c.state == "unknown_program", 1), else_=0)).label("unknown"),
        )
        .where(journeys.c.tenant == tenant)
        .group_by(journeys.c.program)
    )
    gaps = {row.program: (row.open, row.urgent) for row in connection.execute(_open_gaps(tenant))}
    return {
        row.program: ProgramCount(
            program=row.program,
            learners=row.learners,
            complete=row.complete,
            unknown=row.unknown,
            open_gaps=gaps.get(row.program, (0, 0))[0],
            urgent_gaps=gaps.get(row.program, (0, 0))[1],
        )
        for row in connection.execute(learners)
    }


def _open_gaps(tenant: str) -> Select[Any]:
    gaps = shown.gaps
    urgent = func.sum(case((gaps.c.urgency >= URGENCY["high"], 1), else_=0))
    return (
        select(gaps.c.program, func.count().label("open"), urgent.label("urgent"))
        .where(gaps.c.tenant == tenant, is_open())
        .group_by(gaps.c.program)
    )


def _lines(connection: Connection, tenant: str, query: GridQuery, wanted: ColumnElement[bool]) -> tuple[GridLine, ...]:
    identifiers, people, gaps = accepted.identifiers, accepted.people, shown.gaps
    mine_too = and_(identifiers.c.tenant == journeys.c.tenant, identifiers.c.learner == journeys.c.learner)
    called_so = and_(people.c.tenant == identifiers.c.tenant, people.c.actor == identifiers.c.actor)
    listed = (
        select(journeys.c.learner, func.min(people.c.label).label("name"))
        .join(identifiers, mine_too, isouter=True)
        .join(people, called_so, isouter=True)
        .where(wanted)
        .group_by(journeys.c.learner)
    )
    page = listed.order_by("name", journeys.c.learner).limit(query.size).offset((query.page - 1) * query.size)
    listed_here = [row.learner for row in connection.execute(page)]
    called = names(connection, tenant, listed_here)
    named = {learner: called.get(learner, "") for learner in listed_here}
    mine = and_(journeys.c.tenant == tenant, journeys.c.program == query.program)
    rows = {
        row.learner: read(JourneyRow, row.row)
        for row in connection.execute(
            select(journeys.c.learner, journeys.c.row).where(mine, journeys.c.learner.in_(list(named)))
        )
    }
    open_gaps = (
        select(gaps.c.learner, func.count().label("number"))
        .where(
            gaps.c.tenant == tenant,
            gaps.c.learner.in_(list(named)),
            gaps.c.program == query.program,
            is_open(),
        )
        .group_by(gaps.c.learner)
    )
    numbers = {row.learner: row.number for row in connection.execute(open_gaps)}
    return tuple(
        GridLine(learner=learner, name=name, journey=rows[learner], gaps=numbers.get(learner, 0))
        for learner, name in named.items()
    )


def _filters(tenant: str, query: GridQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [journeys.c.tenant == tenant, journeys.c.program == query.program]
    if query.cohort:
        found.append(journeys.c.cohort == query.cohort)
    if query.stage in ("complete", "withdrawn", "unknown_program"):
        found.append(journeys.c.state == query.stage)
    elif query.stage:
        found += [journeys.c.stage == query.stage, journeys.c.state == "active"]
    if query.text:
        found.append(journeys.c.learner.in_(learners_named(tenant, query.text)))
    return found


def _counts(connection: Connection, tenant: str, query: GridQuery) -> tuple[StepCount, ...]:
    in_order = (steps.c.cohort, steps.c.step, steps.c.occurrence, steps.c.state)  # as the index has them
    grouped = (
        select(*in_order, func.count())
        .where(steps.c.tenant == tenant, steps.c.program == query.program)
        .group_by(*in_order)
    )
    if query.cohort:
        grouped = grouped.where(steps.c.cohort == query.cohort)
    found: dict[tuple[str, int], dict[StepState, int]] = {}
    for _, step, occurrence, state, number in connection.execute(grouped).all():
        counts = found.setdefault((step, occurrence), {})
        counts[state] = counts.get(state, 0) + number
    return tuple(
        StepCount(step=step, occurrence=occurrence, counts=counts) for (step, occurrence), counts in found.items()
    )


def _cohorts(connection: Connection, tenant: str, program: str) -> tuple[Cohort, ...]:
    grouped = (
        select(journeys.c.cohort, func.count())
        .where(journeys.c.tenant == tenant, journeys.c.program == program)
        .group_by(journeys.c.cohort)
        .order_by(journeys.c.cohort)
    )
    return tuple(Cohort(cohort=cohort, learners=number) for cohort, number in connection.execute(grouped))


def _stages(connection: Connection, tenant: str, query: GridQuery) -> tuple[StageCount, ...]:
    grouped = (
        select(journeys.c.stage, journeys.c.state, func.count())
        .where(journeys.c.tenant == tenant, journeys.c.program == query.program)
        .group_by(journeys.c.stage, journeys.c.state)
    )
    if query.cohort:
        grouped = grouped.where(journeys.c.cohort == query.cohort)
    return tuple(
        StageCount(stage=stage, state=state, learners=number) for stage, state, number in connection.execute(grouped)
    )
