"""The rows that a learner shows: journeys with their steps in six clearly different states, and seats."""

from collections.abc import Iterable, Iterator

from milepost.core.achievement import Achieved
from milepost.core.catalog import Catalog
from milepost.core.clock import Clock
from milepost.core.evidence import Enrolled
from milepost.core.gap import Ended
from milepost.core.journey import Journey, StepStanding
from milepost.core.register import Entry
from milepost.core.seat import Sitting, sittings
from milepost_schemas.messages import SeatStated, SessionSeat
from milepost_schemas.projections import (
    JourneyRow,
    SeatOutcome,
    SeatRow,
    SeatSessionRow,
    StageRow,
    StepRow,
    StepState,
)


def journey_row(journey: Journey, clock: Clock, ended: Ended | None) -> JourneyRow:
    """Return how a journey stands."""
    completed = journey.completed
    steps = tuple(row for standing in journey.steps for row in _step_rows(journey, standing, clock))
    upcoming = [row.due_at for row in steps if row.state == "due" and row.due_at is not None]
    return JourneyRow(
        program=journey.program.id,
        version=journey.program.version,
        cohort=journey.enrolled.content.cohort,
        enrolled_at=journey.enrolled_at,
        enrolled_by=journey.enrolled.fact_id,
        state="withdrawn" if ended is not None else "complete" if completed is not None else "active",
        stage=journey.stage,
        stages=tuple(StageRow(stage=stage, state=state) for stage, state in journey.stages.items()),
        steps=steps,
        deadline_at=journey.deadline_at,
        completed_at=None if completed is None else completed.at,
        next_due_at=min(upcoming, default=None),
    )


def unknown_program_row(program: str, enrolled: Entry[Enrolled]) -> JourneyRow:
    """Return the row of an enrollment whose program nobody has published yet, or that was only ever withdrawn."""
    return JourneyRow(
        program=program,
        version=0,
        cohort=enrolled.content.cohort,
        enrolled_at=enrolled.first_at,
        enrolled_by=enrolled.fact_id,
        state="unknown_program" if enrolled.content.active else "withdrawn",
        stage=None,
    )


def seat_row(seat: SeatStated, catalog: Catalog, journeys: Iterable[JourneyRow], clock: Clock) -> SeatRow:
    """Return a seat with the outcome of its sessions, as the learner's program for that course reads them."""
    outcomes = _outcomes(seat, catalog, journeys, clock)
    return SeatRow(
        offering=seat.offering,
        course=seat.course,
        title=seat.title,
        state=seat.state,
        state_at=seat.state_at,
        state_by=seat.state_by,
        canceled_by=seat.canceled_by,
        sessions=tuple(_seat_session(session, outcomes[session.session]) for session in seat.sessions),
    )


def _outcomes(
    seat: SeatStated, catalog: Catalog, journeys: Iterable[JourneyRow], clock: Clock
) -> dict[str, SeatOutcome]:
    enrolled = {row.program: row.enrolled_at for row in journeys}
    for program, step in catalog.live_steps(seat.course):
        if program.id in enrolled:
            return {s.session.session: s.outcome for s in sittings(seat, step, enrolled[program.id], clock)}
    return {session.session: "canceled" if session.canceled_at else "not_expected" for session in seat.sessions}


def _seat_session(session: SessionSeat, outcome: SeatOutcome) -> SeatSessionRow:
    return SeatSessionRow(
        session=session.session,
        part=session.part,
        start_at=session.start_at,
        end_at=session.end_at,
        outcome=outcome,
        share=session.share,
        minutes=session.minutes,
        estimated=session.estimated,
        mark=session.mark,
        shown_by=session.shown_by,
    )


def _step_rows(journey: Journey, standing: StepStanding, clock: Clock) -> Iterator[StepRow]:
    if standing.step.each is None:
        sitting = _telling(standing)
        now = _state(journey, standing, sitting, clock)
        yield _row(standing, state=now, due_at=standing.due_at, done=standing.done, sitting=sitting)
        return
    if not standing.occurrences:
        for number in range(1, len(standing.step.each.at) + 1):
            yield _row(standing, state="not_expected", occurrence=number)
    for one in standing.occurrences:
        state: StepState = "due"
        if one.done is not None:
            state = "done"
        elif standing.waived is not None or not clock.passed(one.opens_at):
            state = "not_expected"
        elif one.until is not None and not standing.step.names_occurrences and clock.passed(one.until):
            state = "missed"
        elif clock.passed(one.due_at):
            state = "late"
        yield _row(
            standing, state=state, occurrence=one.number, due_at=one.due_at, done=one.done, opens_at=one.opens_at
        )


def _row(
    standing: StepStanding,
    *,
    state: StepState,
    occurrence: int = 0,
    opens_at: int | None = None,
    due_at: int | None = None,
    done: Achieved | None = None,
    sitting: Sitting | None = None,
) -> StepRow:
    return StepRow(
        step=standing.step.id,
        occurrence=occurrence,
        stage=standing.step.stage,
        state=state,
        required=standing.step.required,
        opens_at=opens_at,
        due_at=due_at,
        done_at=None if done is None else done.at,
        waived=standing.waived is not None,
        estimated=done is not None and done.estimated,
        shown_by=() if done is None else done.by,
        session=None if sitting is None else sitting.session.session,
        offering=None if sitting is None else sitting.seat.offering,
    )


def _telling(standing: StepStanding) -> Sitting | None:
    """Return the session that says most about a live step: attended, else the next one, else the last one."""
    if not standing.sittings:
        return None
    for wanted in (("attended",), ("upcoming", "unknown"), ("partial", "absent", "excused", "canceled")):
        found = [sitting for sitting in standing.sittings if sitting.outcome in wanted]
        if found:
            return found[0] if wanted == ("upcoming", "unknown") else found[-1]
    return None


def _state(journey: Journey, standing: StepStanding, sitting: Sitting | None, clock: Clock) -> StepState:
    if standing.done is not None:
        return "done"
    if standing.waived is not None or (not standing.step.required and standing.due_at is None):
        return "not_expected"
    if sitting is not None and sitting.outcome == "unknown":
        return "unknown"
    if sitting is not None and sitting.outcome in ("absent", "partial"):
        return "missed"
    if standing.due_at is not None:
        return "late" if clock.passed(standing.due_at) else "due"
    return "due" if _is_expected(journey, standing) else "not_expected"


def _is_expected(journey: Journey, standing: StepStanding) -> bool:
    """A step without a due is expected once its stage is reached and what gates it is done."""
    gate = standing.step.after
    if gate is not None and any(journey.step(step_id).satisfied is None for step_id in gate.steps):
        return False
    stages = journey.program.stages
    reached = journey.stage
    return reached is not None and stages.index(standing.step.stage) <= stages.index(reached)
