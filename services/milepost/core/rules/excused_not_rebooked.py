"""Excused, not rebooked: excused from a session, and some days later there is no new seat."""

from collections.abc import Iterator

from milepost.core.attendance import first_end, next_taken
from milepost.core.calendar import Offset, Unit
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Finding, Pending, Place
from milepost.core.journey import Journey, StepStanding
from milepost.core.seat import Sitting
from milepost_schemas.words import Audience

TITLE = "Excused, not rebooked"
WHY = "{learner} was excused {excused_at} from {session} and holds no new seat."
CLOSES_WHEN = "Closes when a new seat is booked."
TOLD: tuple[Audience, ...] = ("coordinator",)
PATIENCE = Offset(7, Unit.DAY)


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield a breach per excused session, unless another seat was taken in time."""
    for live in journey.live_steps:
        for sitting in live.sittings:
            if sitting.outcome == "excused" and sitting.session.excused_at is not None:
                yield from _look(journey, live, sitting, sitting.session.excused_at, clock)


def _look(journey: Journey, live: StepStanding, sitting: Sitting, excused_at: int, clock: Clock) -> Iterator[Finding]:
    since = journey.patience("excused_not_rebooked", excused_at, PATIENCE)
    end = first_end(next_taken(live, excused_at, sitting.seat.offering), live.satisfied)
    place = Place(live.step.id, sitting.seat.offering, sitting.session.session)
    if end is not None and end.at <= since:
        return
    if not clock.reached(since, (), max(sitting.session.known_at, journey.known_at)):
        if end is None:
            yield Pending(place)
        return
    yield Breach(
        place=place,
        since=since,
        severity="warning",
        shown_by=tuple(fact for fact in (sitting.seat.held_by, sitting.session.excused_by) if fact is not None),
        ended=end,
        values={"session": sitting.name, "excused_at": excused_at},
    )
