"""Session canceled, not rebooked: the learner's session was canceled, and some days later there is no new seat."""

from collections.abc import Iterator

from milepost.core.attendance import first_end, next_taken
from milepost.core.calendar import Offset, Unit
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Ended, Finding, Pending, Place
from milepost.core.journey import Journey, StepStanding
from milepost.core.seat import Sitting
from milepost_schemas.words import Audience

TITLE = "Session canceled, not rebooked"
WHY = "{session} was canceled {canceled_at}, and {learner} holds no new seat."
CLOSES_WHEN = "Closes when a new seat is booked, or the step is waived."
TOLD: tuple[Audience, ...] = ("coordinator", "learner")
PATIENCE = Offset(3, Unit.DAY)


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield a breach per canceled session that the learner had a seat in, unless another seat was taken in time."""
    for live in journey.live_steps:
        for sitting in live.sittings:
            canceled = _canceled(sitting)
            if canceled is not None:
                yield from _look(journey, live, sitting, canceled, clock)


def _canceled(sitting: Sitting) -> Ended | None:
    """Return when the provider took the seat away, by canceling the session or the seat."""
    seat, session = sitting.seat, sitting.session
    if seat.booked_at is None:
        return None
    if session.canceled_at is not None and seat.booked_at <= session.canceled_at:
        given_up = seat.state == "canceled" and seat.canceled_by == "learner" and seat.state_at < session.canceled_at
        return None if given_up else Ended(session.canceled_at, session.canceled_by)
    if seat.state == "canceled" and seat.canceled_by == "provider":
        return Ended(seat.state_at, seat.state_by)
    return None


def _look(journey: Journey, live: StepStanding, sitting: Sitting, canceled: Ended, clock: Clock) -> Iterator[Finding]:
    since = journey.patience("session_canceled_not_rebooked", canceled.at, PATIENCE)
    end = first_end(next_taken(live, canceled.at, sitting.seat.offering), live.satisfied)
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
        severity="high",
        shown_by=tuple(fact for fact in (sitting.seat.held_by, canceled.by) if fact is not None),
        ended=end,
        values={"session": sitting.name, "canceled_at": canceled.at},
    )
