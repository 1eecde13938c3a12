"""Reinforcement not started: the live part is done for some days, and nothing of the reinforcement is begun."""

from collections.abc import Iterator

from milepost.core.attendance import all_satisfied, sources
from milepost.core.calendar import Offset, Unit
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Finding, Place
from milepost.core.journey import Journey
from milepost_schemas.words import Audience

TITLE = "Reinforcement not started"
WHY = "{learner} finished the live part {live_at} and has not begun {steps}."
CLOSES_WHEN = "Closes when anything of the reinforcement is begun."
TOLD: tuple[Audience, ...] = ("learner", "coordinator")
PATIENCE = Offset(3, Unit.DAY)


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield the breach of a journey whose reinforcement nobody begins; where it is spaced, counted from its opening."""
    live = all_satisfied(journey.live_steps)
    steps = [s for s in journey.required("reinforcement") if s.step.evidence is not None and s.waived is None]
    if live is None or not steps:
        return
    opens = [s.occurrences[0].opens_at if s.occurrences else live.at for s in steps]
    since = journey.patience("reinforcement_not_started", max(live.at, min(opens)), PATIENCE)
    begun = journey.reinforcement_begun
    if begun is not None and begun.at <= since:
        return
    known_at = max(journey.known_at, *(s.known_at for s in journey.live_steps))
    if clock.reached(since, sources(steps), known_at):
        yield Breach(
            place=Place(),
            since=since,
            severity="warning",
            shown_by=tuple(fact for s in journey.live_steps if s.done for fact in s.done.by),
            ended=begun,
            values={"live_at": live.at, "steps": tuple(s.step.id for s in steps)},
        )
