"""An imagined learner: enrolled, booked for what one says, and doing nothing; the real core tells what follows.

The core runs over a keep in memory, from one moment that a record waits for to the next, until sixty days after the
program's deadline. It runs a second time with a learner who attends each booked session, to see what would then be
expected.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from milepost.core.calendar import Calendar, Offset, Unit, first_zone
from milepost.core.compile import compile_program
from milepost.core.program import Program
from milepost.stories.imagined import TENANT, Booked, Said, attended, enrolled, held
from milepost.tracker.cascade import Cascade
from milepost.tracker.memory import MemoryKeep
from milepost_schemas.changes import AnyChange, GapChange
from milepost_schemas.projections import GapRow, JourneyRow, LearnerProjected, StepRow
from milepost_schemas.topics import Topic

AFTERWARDS = Offset(60, Unit.DAY)
"""How long after the deadline one goes on looking."""

TICKED = (Topic.SOURCES, Topic.OFFERINGS, Topic.LEARNERS)


@dataclass(frozen=True, slots=True)
class Expected:
    """A step, or an occurrence of one, with its dates; `once_attended` where they follow from an attended session."""

    row: StepRow
    once_attended: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A change of a gap, and the gap as it then was."""

    change: GapChange
    gap: GapRow


@dataclass(frozen=True, slots=True)
class Imagined:
    """What is expected of the learner, what is told while nothing is done, and what is open at the end."""

    program: Program
    zone: str
    enrolled_at: int
    deadline_at: int | None
    ends_at: int
    booked: tuple[Booked, ...]
    expected: tuple[Expected, ...]
    told: tuple[Told, ...]
    open: tuple[GapRow, ...]


@dataclass(slots=True)
class _Life:
    """One run: what was said when, and everything that was told."""

    keep: MemoryKeep = field(default_factory=MemoryKeep)
    told: list[Told] = field(default_factory=list)
    rows: dict[tuple[str, int], StepRow] = field(default_factory=dict)


def imagine(
    definition: Mapping[str, Any], enrolled_at: int, zone: str | None = None, booked: Sequence[Booked] = ()
) -> Imagined:
    """Return what a program expects of a learner who is enrolled then, and what is told if nothing is done."""
    program = compile_program(definition, enrolled_at)
    said = [*enrolled(program, definition, enrolled_at, zone), *held(program, enrolled_at, booked)]
    begins_at = max(enrolled_at, program.opens_at or enrolled_at)
    own_zone = first_zone(zone, program.zone)
    diligent = _live([*said, *attended(booked)], begins_at, own_zone)
    ends_at = _last_moment(diligent, begins_at, own_zone)
    idle = _live(said, begins_at, own_zone, ends_at)
    journey = _journey(idle)
    gaps = [gap for row in idle.keep.rows.values() for gap in row.gaps if gap.state in ("open", "mitigated")]
    return Imagined(
        program=program,
        zone=own_zone,
        enrolled_at=enrolled_at,
        deadline_at=journey.deadline_at,
        ends_at=ends_at,
        booked=tuple(booked),
        expected=tuple(_expected(program, idle, diligent)),
        told=tuple(idle.told),
        open=tuple(sorted(gaps, key=lambda gap: (gap.opened_at, gap.gap, gap.about))),
    )


# --- the run ---------------------------------------------------------------------------------------------------------


def _live(said: Iterable[Said], begins_at: int, zone: str, ends_at: int | None = None) -> _Life:
    """Let time pass from what is said, or waited for, to the next; without an end, until sixty days after the last."""
    life = _Life()
    cascade = Cascade(life.keep)
    by_moment = {at: [message for _, message in these] for at, these in groupby(sorted(said, key=_when), key=_when)}
    at: int | None = min(by_moment)
    while at is not None and at <= (ends_at or _last_moment(life, begins_at, zone)):
        for row in (*cascade.take(by_moment.pop(at, [])), *cascade.tick(TENANT, at)):
            gaps = {gap.gap_id: gap for gap in row.gaps}
            life.told.extend(_told(row.changes, gaps))
            if isinstance(row, LearnerProjected):
                life.rows.update({(step.step, step.occurrence): step for step in row.journeys[0].steps})
        at = min([*by_moment, *_waits(life.keep, at)], default=None)
    return life


def _when(said: Said) -> int:
    return said[0]


def _waits(keep: MemoryKeep, after: int) -> Iterator[int]:
    """Yield every moment that a record waits for; no source is silent here, so all are heard up to each."""
    for topic in TICKED:
        for waits in keep.waits(topic).values():
            yield from (moment for _, moment in waits if moment > after)


def _told(changes: Iterable[AnyChange], gaps: Mapping[str, GapRow]) -> Iterator[Told]:
    for change in changes:
        if isinstance(change, GapChange):
            yield Told(change, gaps[change.gap_id])


def _last_moment(life: _Life, begins_at: int, zone: str) -> int:
    """Return the moment sixty days after the deadline, or after the last thing that is expected where there is none."""
    known = [row for row in life.keep.rows.values() if isinstance(row, LearnerProjected)]
    deadlines = [row.journeys[0].deadline_at for row in known if row.journeys[0].deadline_at is not None]
    dates = [at for row in life.rows.values() for at in (row.opens_at, row.due_at) if at is not None]
    dates += [session.end_at for row in known for seat in row.seats for session in seat.sessions]
    return Calendar("plain").after(max(deadlines or [begins_at, *dates]), AFTERWARDS, zone)


def _journey(life: _Life) -> JourneyRow:
    return next(row.journeys[0] for row in life.keep.rows.values() if isinstance(row, LearnerProjected))


def _expected(program: Program, idle: _Life, diligent: _Life) -> Iterator[Expected]:
    for step in program.steps:
        numbers = range(1, len(step.each.at) + 1) if step.each is not None else (0,)
        for number in numbers:
            row, other = idle.rows[step.id, number], diligent.rows[step.id, number]
            learned = not _is_dated(row) and _is_dated(other)
            yield Expected(other if learned else row, learned)


def _is_dated(row: StepRow) -> bool:
    return row.due_at is not None or row.opens_at is not None
