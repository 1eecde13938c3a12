"""Attended without pre-work: was in the session, and what should come first was not done when it started."""

from collections.abc import Iterator

from milepost.core.attendance import all_satisfied, prework, sources
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Finding, Place
from milepost.core.journey import Journey
from milepost_schemas.words import Audience

TITLE = "Attended without pre-work"
WHY = "{learner} attended {session} without having done {steps}."
CLOSES_WHEN = "Closes when the pre-work is done, or waived."
TOLD: tuple[Audience, ...] = ("coordinator", "instructor")


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield a breach per attended session before which a required step was open."""
    for live in journey.live_steps:
        before = prework(journey, live)
        for sitting in live.sittings:
            start_at = sitting.session.start_at
            undone = [s for s in before if s.satisfied is None or s.satisfied.at > start_at]
            if sitting.outcome != "attended" or not undone:
                continue
            if clock.reached(start_at, sources(undone), max(sitting.session.known_at, journey.known_at)):
                yield Breach(
                    place=Place(live.step.id, sitting.seat.offering, sitting.session.session),
                    since=sitting.session.end_at,
                    severity="high" if live.step.after and live.step.after.kind == "strict" else "warning",
                    shown_by=sitting.facts,
                    ended=all_satisfied(undone),
                    values={"session": sitting.name, "steps": tuple(s.step.id for s in undone)},
                )
