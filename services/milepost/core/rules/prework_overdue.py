"""Pre-work overdue: the due of a required step before the live part has passed, and it is not done."""

from collections.abc import Iterator

from milepost.core.clock import Clock
from milepost.core.gap import Finding
from milepost.core.journey import Journey
from milepost.core.overdue import overdue_step
from milepost_schemas.words import Audience

TITLE = "Pre-work overdue"
WHY = "{learner} has not done {step}; it was due {due_at}."
CLOSES_WHEN = "Closes when the step is done."
TOLD: tuple[Audience, ...] = ("learner", "coordinator", "manager")


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield a breach per required pre-learning step that was not done in time."""
    for standing in journey.required("pre_learning"):
        yield from overdue_step("prework_overdue", journey, standing, clock)
