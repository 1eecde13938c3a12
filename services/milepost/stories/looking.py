"""From the rows that are projected to what a story can say of them; every world that has rows looks this way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from milepost.core.gap import LOUDER
from milepost.stories.checks import MOVING
from milepost.stories.seen import TELLING, GapSeen, PersonSeen, Told
from milepost_schemas.projections import GapRow, JourneyRow, LearnerProjected, Projected, SeatRow


@dataclass(frozen=True, slots=True)
class Names:
    """How a world's ids read in the story: learners and identifiers by name, facts by the line that said them."""

    learners: Mapping[str, str]
    identifiers: Mapping[str, str]
    lines: Mapping[str, int]
    compliance: bool


def gaps_seen(gaps: Iterable[GapRow], names: Names) -> dict[str, GapSeen]:
    """Return every gap that is shown, open or ended, by its id."""
    return {gap.gap_id: _gap(gap, names) for gap in gaps}


def people_seen(rows: Iterable[Projected], names: Names, program: str) -> dict[str, PersonSeen]:
    """Return how each learner of the story stands."""
    return {
        names.learners[row.learner]: _person(row, program)
        for row in rows
        if isinstance(row, LearnerProjected) and row.learner in names.learners
    }


def told_of(changes: Iterable[object]) -> tuple[Told, ...]:
    """Return the changes of gaps, in the order in which they were told."""
    return tuple(
        Told(TELLING[what], str(getattr(change, "gap_id", "")))
        for change in changes
        if (what := str(getattr(change, "type", ""))) in TELLING
    )


def _gap(row: GapRow, names: Names) -> GapSeen:
    said = (
        names.learners.get(row.learner or ""),
        names.identifiers.get(row.identifier or ""),
        row.step,
        row.offering,
        row.session,
        row.source,
    )
    quiet = LOUDER["warning"] if names.compliance and row.subject_kind != "source" else "warning"
    return GapSeen(
        id=row.gap_id,
        gap=row.gap,
        state=row.state,
        severity=row.severity,
        quiet=quiet if row.gap in MOVING else row.severity,
        since=row.since,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        superseded_by=row.superseded_by,
        names=frozenset(name for name in said if name),
        occurrences=frozenset(name.rpartition("/")[2] for name in row.occurrences),
        lines=_lines(row.shown_by, names),
        ended_by=_lines((row.ended_by or "",), names),
    )


def _lines(facts: Iterable[str], names: Names) -> tuple[int, ...]:
    return tuple(sorted({names.lines[fact] for fact in facts if fact in names.lines}))


def _person(row: LearnerProjected, program: str) -> PersonSeen:
    journey = next((one for one in row.journeys if one.program == program), None)
    seats = _seats(row.seats)
    if journey is None:
        return PersonSeen(seats=seats)
    return PersonSeen(
        stage=journey.stage,
        journey=journey.state,
        stages={stage.stage: stage.state for stage in journey.stages},
        steps={_step(step.step, step.occurrence): step.state for step in journey.steps},
        done_at=_done(journey),
        seats=seats,
    )


def _done(journey: JourneyRow) -> dict[str, int]:
    return {_step(s.step, s.occurrence): s.done_at for s in journey.steps if s.done_at is not None}


def _step(step: str, occurrence: int) -> str:
    return f"{step}.{occurrence}" if occurrence else step


def _seats(rows: Iterable[SeatRow]) -> dict[str, frozenset[str]]:
    seats: dict[str, frozenset[str]] = {}
    for row in rows:
        state = {"gone" if row.state is None else row.state}
        seats[row.offering] = seats.get(row.offering, frozenset()) | state
        for session in row.sessions:
            words = {session.outcome, *(("estimated",) if session.estimated else ())}
            seats[session.session] = seats.get(session.session, frozenset()) | words
    return seats
