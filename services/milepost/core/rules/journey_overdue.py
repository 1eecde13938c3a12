"""Journey overdue: the program's deadline has passed, and the journey is not complete."""

from collections.abc import Iterator

from milepost.core.clock import Clock
from milepost.core.gap import Breach, Finding, Place
from milepost.core.journey import Journey
from milepost_schemas.words import Audience

TITLE = "Journey overdue"
WHY = "{learner} should have completed the program by {deadline_at}; still open: {steps}."
CLOSES_WHEN = "Closes when every required step is done."
TOLD: tuple[Audience, ...] = ("coordinator", "manager")


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield the breach of a journey that was not complete at its deadline, once every source was heard past it."""
    deadline_at, completed = journey.deadline_at, journey.completed
    if deadline_at is None:
        return
    late_from = journey.grace("journey_overdue", deadline_at)
    if completed is not None and completed.at <= late_from:
        return
    if clock.reached(late_from, journey.program.sources, journey.known_at):
        yield Breach(
            place=Place(),
            since=deadline_at,
            severity="high",
            shown_by=(journey.enrolled.fact_id,),
            ended=completed,
            values={
                "deadline_at": deadline_at,
                "steps": tuple(s.step.id for s in journey.steps if s.step.required and s.satisfied is None),
            },
        )
