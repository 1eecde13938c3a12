"""Program: learners by steps, where each of them is, and where they fall off."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse

from milepost.console import answers
from milepost.console.grid import rows
from milepost.console.paging import PageNumber, Paging
from milepost.console.refusals import OF_A_THING
from milepost.console.rendering import Pages, exported
from milepost.console.visit import Desk, Visit
from milepost.core.program import Program
from milepost.store.readings.journeys import (
    Grid,
    GridQuery,
    ProgramCount,
    StepCount,
    count_programs,
    read_grid,
)
from milepost.store.readings.titles import readable
from milepost_schemas.projections import StepRow
from milepost_schemas.words import Name, Stage

Text = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Column:
    """One step of the grid, or one occurrence of a repeated one."""

    step: str
    occurrence: int
    stage: Stage
    title: str
    required: bool
    counts: StepCount

    @property
    def done(self) -> int:
        """How many have done it."""
        return self.counts.counts.get("done", 0)

    @property
    def share(self) -> int:
        """How many have done it, in percent of all."""
        return 100 * self.done // self.counts.total if self.counts.total else 0

    def number(self, state: str) -> int:
        """How many stand so."""
        return dict(self.counts.counts).get(state, 0)  # type: ignore[call-overload, no-any-return]


def asked(
    program: Name,
    cohort: Text = "",
    stage: Text = "",
    q: Text = "",
    page: PageNumber = 1,
    size: Annotated[int, Query(ge=10, le=500)] = 100,
) -> GridQuery:
    """Return which learners an address asks for."""
    return GridQuery(program=program, cohort=cohort, stage=stage, text=q.strip(), page=page, size=size)


def build(desk: Desk, pages: Pages) -> APIRouter:
    """Return the routes of the programs."""
    router = APIRouter()
    Asked = Annotated[GridQuery, Depends(asked)]

    @router.get("/programs", include_in_schema=False, response_model=None)
    def programs_page(request: Request) -> HTMLResponse | RedirectResponse:
        with desk.visit(request) as visit:
            listed = _list(visit)
            if len(listed) == 1:
                return RedirectResponse(f"/programs/{listed[0].program}", status_code=303)
            return pages.page(request, visit, "programs.html", programs=listed)

    @router.get("/programs.json", include_in_schema=False)
    @router.get("/v1/programs", tags=["programs"], summary="Programs with their numbers")
    def programs_json(request: Request) -> tuple[answers.ProgramLine, ...]:
        with desk.visit(request) as visit:
            return _list(visit)

    @router.get("/programs/{program}.json", include_in_schema=False)
    @router.get("/v1/programs/{program}", tags=["programs"], summary="Learners by steps", responses=OF_A_THING)
    def program_json(request: Request, query: Asked) -> answers.Program:
        with desk.visit(request) as visit:
            grid = _grid(visit, query)
            exported(request, visit)
            known = visit.programs.latest(query.program)
            return answers.Program(
                program=query.program,
                title=visit.programs.title(query.program),
                version=known.version if known else None,
                learners=tuple(
                    answers.LearnerOnProgram(
                        learner=line.learner, name=line.name, open_gaps=line.gaps, journey=line.journey
                    )
                    for line in grid.lines
                ),
                total=grid.total,
                page=query.page,
                pages=Paging(query.page, query.size, grid.total).pages,
                steps=grid.counts,
                stages=grid.stages,
                cohorts=grid.cohorts,
            )

    @router.get("/programs/{program}", include_in_schema=False)
    def program_page(request: Request, query: Asked) -> HTMLResponse:
        with desk.visit(request) as visit:
            grid = _grid(visit, query)
            known = visit.programs.latest(query.program)
            columns = _columns(known, grid)
            return pages.page(
                request,
                visit,
                "program.html",
                query=query,
                grid=grid,
                program=known,
                title=visit.programs.title(query.program),
                columns=columns,
                bands=[(stage, len(list(band))) for stage, band in groupby(columns, key=lambda each: each.stage)],
                rows=rows(grid.lines, [(each.step, each.occurrence) for each in columns], visit.moments),
                stages=_stages(grid, known),
                paging=Paging(query.page, query.size, grid.total),
            )

    return router


def _list(visit: Visit) -> tuple[answers.ProgramLine, ...]:
    counted = count_programs(visit.connection, visit.tenant)
    every = sorted({*visit.programs.versions, *counted}, key=lambda each: visit.programs.title(each).lower())
    return tuple(_line(visit, program, counted) for program in every)


def _line(visit: Visit, program: str, counted: dict[str, ProgramCount]) -> answers.ProgramLine:
    known, numbers = visit.programs.latest(program), counted.get(program)
    return answers.ProgramLine(
        program=program,
        title=visit.programs.title(program),
        version=known.version if known else None,
        learners=numbers.learners if numbers else 0,
        complete=numbers.complete if numbers else 0,
        open_gaps=numbers.open_gaps if numbers else 0,
        urgent_gaps=numbers.urgent_gaps if numbers else 0,
    )


def _grid(visit: Visit, query: GridQuery) -> Grid:
    grid = read_grid(visit.connection, visit.tenant, query)
    if not grid.cohorts and visit.programs.latest(query.program) is None:
        raise HTTPException(404, f"There is no program {query.program!r}, and nobody is enrolled in one of that name.")
    return grid


def _columns(program: Program | None, grid: Grid) -> list[Column]:
    counts = {(each.step, each.occurrence): each for each in grid.counts}
    columns = [_column(program, row, counts.pop((row.step, row.occurrence), None)) for row in _planned(program)]
    return [*columns, *(_left_over(each, grid) for each in counts.values())]


def _planned(program: Program | None) -> Iterator[StepRow]:
    """Yield the steps of the latest version in their order, an occurrence each for a repeated one."""
    for step in program.steps if program else ():
        for occurrence in range(1, len(step.each.at) + 1) if step.each else (0,):
            yield StepRow(
                step=step.id, occurrence=occurrence, stage=step.stage, state="not_expected", required=step.required
            )


def _column(program: Program | None, row: StepRow, counts: StepCount | None) -> Column:
    title = program.step(row.step).title if program else readable(row.step)
    return Column(
        step=row.step,
        occurrence=row.occurrence,
        stage=row.stage,
        title=f"{title} {row.occurrence}" if row.occurrence else title,
        required=row.required,
        counts=counts or StepCount(step=row.step, occurrence=row.occurrence, counts={}),
    )


def _left_over(counts: StepCount, grid: Grid) -> Column:
    """Return a column for a step that only an earlier version of the program has."""
    rows = (row for line in grid.lines for row in line.journey.steps if row.step == counts.step)
    row = next(rows, StepRow(step=counts.step, occurrence=counts.occurrence, stage="support", state="not_expected"))
    return _column(None, row, counts)


def _stages(grid: Grid, program: Program | None) -> list[tuple[str, int]]:
    """Return where learners are: each stage of the program in its order, then those who are in none."""
    order: list[str] = [*(program.stages if program else ()), "complete", "withdrawn", "unknown_program"]
    numbers = dict.fromkeys(order, 0)
    for each in grid.stages:
        where = each.stage if each.state == "active" and each.stage else each.state
        numbers[where] = numbers.get(where, 0) + each.learners
    return [(where, number) for where, number in numbers.items() if number or where in order[:-2]]
