"""Partial attendance: was there, but not for long enough, and nothing more is to come."""

from collections.abc import Iterator

from milepost.core.attendance import plan
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Finding, Place
from milepost.core.journey import Journey
from milepost_schemas.messages import SessionSeat
from milepost_schemas.words import Audience

TITLE = "Partial attendance"
WHY = "{learner} was in {session} for {minutes} minutes only, {percent} percent of it."
WHY_NOT_MEASURED = "{learner} was in {session} in part only."
CLOSES_WHEN = "Closes when attendance is corrected, or a make-up is attended."
TOLD: tuple[Audience, ...] = ("coordinator", "learner")


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield a breach per session that was attended in part."""
    del clock  # a seat is partial only once every channel is closed, which the offering concludes
    for live in journey.live_steps:
        for sitting in live.sittings:
            end = live.satisfied
            if sitting.outcome != "partial" or (end is not None and end.at <= sitting.session.end_at):
                continue
            yield Breach(
                place=Place(live.step.id, sitting.seat.offering, sitting.session.session),
                since=sitting.session.end_at,
                severity="warning",
                shown_by=sitting.facts,
                ended=end,
                plan=plan(journey, live),
                values={"session": sitting.name, **_measured(sitting.session)},
            )


def _measured(session: SessionSeat) -> dict[str, int]:
    """Return how long somebody was there, where anything but a mark says so."""
    return {"minutes": session.minutes, "percent": int(100 * session.share)} if session.share else {}
