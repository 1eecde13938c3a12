"""Rows of tables from what is projected: pure, the whole as JSON, and the columns that pages filter and sort by."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, assert_never

import msgspec
from msgspec import Struct

from milepost.store.rows import write
from milepost_schemas.changes import AnyChange
from milepost_schemas.projections import (
    JourneyRow,
    LearnerProjected,
    OfferingProjected,
    Projected,
    SourceProjected,
    owner_of,
)
from milepost_schemas.words import Severity

Values = Mapping[str, Any]

STEP = ("learner", "program", "step", "occurrence", "cohort", "stage", "state", "due_at", "done_at")
"""The columns of a step; the first four are its key."""

URGENCY: Mapping[Severity, int] = {"info": 0, "warning": 1, "high": 2, "critical": 3}


class _Step(Struct, frozen=True, gc=False):
    step: str
    stage: str
    state: str
    occurrence: int = 0
    due_at: int | None = None
    done_at: int | None = None


class JourneysSteps(Struct, frozen=True):
    """What is read of the whole of a journey, as it stands in its row, to know the rows of its steps."""

    program: str
    cohort: str | None
    steps: tuple[_Step, ...] = ()


def learner_rows(learner: LearnerProjected) -> Iterator[Values]:
    """Yield the row that holds a learner's version; none for one who was erased, and of whom nothing is left."""
    if learner.told_since and not (learner.journeys or learner.seats or learner.gaps):
        return
    yield {"learner": learner.learner, "version": learner.version, "as_of": learner.as_of}


def journey_rows(learner: LearnerProjected) -> Iterator[Values]:
    """Yield a row for each journey."""
    for journey in learner.journeys:
        yield {
            "learner": learner.learner,
            "program": journey.program,
            "program_version": journey.version,
            "cohort": journey.cohort,
            "state": journey.state,
            "stage": journey.stage,
            "enrolled_at": journey.enrolled_at,
            "next_due_at": journey.next_due_at,
            "row": write(journey),
        }


def step_rows(learner: str, journey: JourneyRow | JourneysSteps) -> list[tuple[Any, ...]]:
    """Return the values of a row for each step and occurrence of a journey, for counts, in the order of STEP."""
    program, cohort = journey.program, journey.cohort
    return [
        (learner, program, each.step, each.occurrence, cohort, each.stage, each.state, each.due_at, each.done_at)
        for each in journey.steps
    ]


def seat_rows(learner: LearnerProjected) -> Iterator[Values]:
    """Yield a row for each seat."""
    for seat in learner.seats:
        yield {
            "learner": learner.learner,
            "offering": seat.offering,
            "course": seat.course,
            "state": seat.state,
            "row": write(seat),
        }


def offering_rows(offering: OfferingProjected) -> Iterator[Values]:
    """Yield the row of an offering, with its version."""
    yield {
        "offering": offering.offering,
        "version": offering.version,
        "as_of": offering.as_of,
        "course": offering.course,
        "title": offering.title,
        "cohort": offering.cohort,
        "capacity": offering.capacity,
    }


def session_rows(offering: OfferingProjected) -> Iterator[Values]:
    """Yield a row for each session, without its participants."""
    for session in offering.sessions:
        yield {
            "offering": offering.offering,
            "session": session.session,
            "start_at": session.start_at,
            "end_at": session.end_at,
            "canceled": session.canceled,
            "closed": session.closed,
            "row": write(replace(session, participants=())),
        }


def participant_rows(offering: OfferingProjected) -> Iterator[Values]:
    """Yield a row for each participant of each session, in the order given."""
    for session in offering.sessions:
        for place, participant in enumerate(session.participants):
            yield {
                "offering": offering.offering,
                "session": session.session,
                "place": place,
                "learner": participant.learner,
                "standing": participant.standing,
                "state": participant.state,
                "minutes": participant.minutes,
                "joined_at": participant.joined_at,
                "row": write(participant),
            }


def source_rows(source: SourceProjected) -> Iterator[Values]:
    """Yield the row of a source, without gaps and changes."""
    yield {
        "source": source.source,
        "version": source.version,
        "as_of": source.as_of,
        "last_heard_at": source.last_heard_at,
        "heard_until": source.heard_until,
        "row": write(replace(source, gaps=(), changes=())),
    }


def read_source(row: str) -> SourceProjected:
    """Return a source as it was projected, without gaps and changes."""
    return SourceProjected(**{**msgspec.json.decode(row), "gaps": (), "changes": ()})


def gap_rows(projected: Projected) -> Iterator[Values]:
    """Yield a row for each gap of a record, with the cohort by which people look for it."""
    kind, owner = owner_of(projected)
    for gap in projected.gaps:
        yield {
            "gap_id": gap.gap_id,
            "owner_kind": kind,
            "owner": owner,
            "gap": gap.gap,
            "state": gap.state,
            "stands": gap.state in ("open", "mitigated"),
            "severity": gap.severity,
            "urgency": URGENCY[gap.severity],
            "since": gap.since,
            "opened_at": gap.opened_at,
            "changed_at": gap.changed_at,
            "ended_at": gap.ended_at,
            "historical": gap.historical,
            "learner": gap.learner,
            "program": gap.program,
            "cohort": _cohort(projected, gap.program),
            "step": gap.step,
            "offering": gap.offering,
            "session": gap.session,
            "identifier": gap.identifier,
            "source": gap.source,
            "row": write(gap),
        }


def change_row(change: AnyChange) -> Values:
    """Return the columns of a change."""
    return {
        "tenant": change.tenant,
        "at": change.at,
        "type": change.type,
        "program": getattr(change, "program", None),
        "gap_id": getattr(change, "gap_id", None),
        "row": write(change),
    }


def _cohort(projected: Projected, program: str | None) -> str | None:
    match projected:
        case LearnerProjected():
            return next((each.cohort for each in projected.journeys if each.program == program), None)
        case OfferingProjected():
            return projected.cohort
        case SourceProjected():
            return None
        case _:
            assert_never(projected)
