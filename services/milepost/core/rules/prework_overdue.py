"""Pre-work overdue: the due of a required step before the live part has passed, and it is not done."""

from collections.abc import Iterator

from milepost.core.clock import Clock
from milepost.core.gap import Breach, Finding, Place
from milepost.core.journey import Journey, sources_of
from milepost_schemas.words import Audience

TITLE = "Pre-work overdue"
WHY = "{learner} has not done {step}; it was due {due_at}."
CLOSES_WHEN = "Closes when the step is done."
TOLD: tuple[Audience, ...] = ("learner", "coordinator", "manager")


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield a breach per required pre-learning step that was not done in time."""
    for standing in journey.required("pre_learning"):
        due_at, satisfied = standing.due_at, standing.satisfied
        if due_at is None:
            continue
        late_from = journey.grace("prework_overdue", due_at)
        if satisfied is not None and satisfied.at <= late_from:
            continue
        if clock.reached(late_from, sources_of(standing.step), standing.known_at):
            yield Breach(
                place=Place(step=standing.step.id),
                since=due_at,
                severity="warning",
                shown_by=standing.set_by,
                ended=satisfied,
                values={"step": standing.step.id, "due_at": due_at},
            )
