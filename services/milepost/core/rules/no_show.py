"""No-show: expected in a session, every channel is closed, and not there; and the session was needed."""

from collections.abc import Iterator

from milepost.core.attendance import lost_chances, plan
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Finding, Place
from milepost.core.journey import Journey
from milepost_schemas.words import Audience

TITLE = "No-show"
WHY = "{learner} was expected in {session} and was not there."
CLOSES_WHEN = "Closes when another date is attended, or the step is waived."
TOLD: tuple[Audience, ...] = ("learner", "coordinator")


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield a breach per missed session that was needed; a new seat mitigates it."""
    del clock  # a seat is absent only once every channel is closed, which the offering concludes
    for live in journey.live_steps:
        for lost in lost_chances(live):
            for sitting in lost.missed:
                since = max(sitting.session.end_at, lost.at)
                end = live.satisfied
                if end is not None and end.at <= since:
                    continue
                yield Breach(
                    place=Place(live.step.id, sitting.seat.offering, sitting.session.session),
                    since=since,
                    severity="warning",
                    shown_by=sitting.facts,
                    ended=end,
                    plan=plan(journey, live),
                    values={"session": sitting.name},
                )
