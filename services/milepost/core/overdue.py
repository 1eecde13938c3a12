"""What rules about a step with a due share: it has passed, by the program's grace, and the step is not done."""

from collections.abc import Iterator

from milepost.core.clock import Clock
from milepost.core.gap import Breach, Finding, Place
from milepost.core.journey import Journey, StepStanding


def overdue_step(gap: str, journey: Journey, standing: StepStanding, clock: Clock) -> Iterator[Finding]:
    """Yield the breach of a step that was not done in time, once its source was heard past the due and the grace."""
    due_at, satisfied = standing.due_at, standing.satisfied
    if due_at is None:
        return
    late_from = journey.grace(gap, due_at)
    if satisfied is not None and satisfied.at <= late_from:
        return
    if clock.reached(late_from, standing.step.sources, standing.known_at):
        yield Breach(
            place=Place(step=standing.step.id),
            since=due_at,
            severity="warning",
            shown_by=standing.set_by,
            ended=satisfied,
            values={"step": standing.step.id, "due_at": due_at},
        )
