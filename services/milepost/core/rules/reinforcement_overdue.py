"""Reinforcement overdue: an item of the spaced plan, or a reinforcement step with a due, has passed its due.

An item whose activity does not name it is missed for good when the next one opens; that is kept on the timeline.
"""

from collections.abc import Iterator

from milepost.core.attendance import first_end
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Ended, Finding, Place
from milepost.core.journey import Journey, Occurrence, StepStanding
from milepost.core.overdue import overdue_step
from milepost_schemas.words import Audience

TITLE = "Reinforcement overdue"
WHY = "{learner} has not done {step}; it was due {due_at}."
CLOSES_WHEN = "Closes when it is done."
TOLD: tuple[Audience, ...] = ("learner",)


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield a breach per item that was not done in time, once its source was heard past the due."""
    for standing in journey.required("reinforcement"):
        if standing.step.evidence is None:
            continue
        for occurrence in standing.occurrences:
            yield from _item(journey, standing, occurrence, clock)
        if standing.step.each is None:
            yield from overdue_step("reinforcement_overdue", journey, standing, clock)


def _item(journey: Journey, standing: StepStanding, item: Occurrence, clock: Clock) -> Iterator[Finding]:
    done = first_end(None if item.done is None else Ended(item.done.at, item.done.by[-1]), standing.waived)
    late_from = journey.grace("reinforcement_overdue", item.due_at)
    if done is not None and done.at <= late_from:
        return
    if clock.reached(late_from, standing.step.sources, item.known_at):
        passes = item.until if item.until is not None and not standing.step.names_occurrences else None
        passed = Ended(passes, None) if passes is not None and clock.passed(passes) else None
        yield Breach(
            place=Place(step=f"{standing.step.id}.{item.number}"),
            since=item.due_at,
            severity="warning",
            shown_by=item.set_by,
            ended=first_end(done, passed),
            values={"step": f"{standing.step.id}.{item.number}", "due_at": item.due_at},
        )
