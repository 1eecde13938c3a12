"""Waitlisted: on a list for days, or on one that is about to expire.

A place on the list ends when the session starts.
"""

from collections.abc import Iterator

from milepost.core.attendance import first_end, next_taken, seats_of
from milepost.core.calendar import Offset, Unit
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Ended, Finding, Place
from milepost.core.journey import Journey, StepStanding
from milepost_schemas.instants import HOUR
from milepost_schemas.messages import SeatStated
from milepost_schemas.words import Audience

TITLE = "Waitlisted"
WHY = "{learner} has been on the waitlist of {offering} since {waitlisted_at}."
CLOSES_WHEN = "Closes when a place is confirmed, here or elsewhere."
TOLD: tuple[Audience, ...] = ("coordinator",)
PATIENCE = Offset(3, Unit.DAY)
EXPIRES_SOON = 48 * HOUR


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield a breach per place on a waitlist that lasted too long, while the live step was not satisfied."""
    for live in journey.live_steps:
        for seat in seats_of(live):
            if seat.waitlisted_at is not None:
                yield from _look(journey, live, seat, seat.waitlisted_at, clock)


def _look(
    journey: Journey, live: StepStanding, seat: SeatStated, waitlisted_at: int, clock: Clock
) -> Iterator[Finding]:
    long_at = journey.patience("waitlisted", waitlisted_at, PATIENCE)
    expires_at = None if seat.list_expires_at is None else max(seat.list_expires_at - EXPIRES_SOON, waitlisted_at)
    since = long_at if expires_at is None else min(long_at, expires_at)
    end = first_end(_left(seat, waitlisted_at), next_taken(live, waitlisted_at, seat.offering), live.satisfied)
    start_at = min(session.start_at for session in seat.sessions)
    if start_at <= since or (end is not None and end.at <= since):
        return
    if end is None and not clock.reached(since, (), max(seat.known_at, journey.known_at)):
        return
    started = Ended(start_at, None) if clock.passed(start_at) else None
    soon = expires_at is not None and clock.passed(expires_at)
    yield Breach(
        place=Place(live.step.id, seat.offering),
        since=since,
        severity="high" if soon else "warning",
        shown_by=tuple(fact for fact in (seat.held_by,) if fact is not None),
        ended=first_end(end, started),
        values={"offering": seat.offering, "waitlisted_at": waitlisted_at},
    )


def _left(seat: SeatStated, waitlisted_at: int) -> Ended | None:
    """Return when the place on the list became a seat, or was given up."""
    promoted = seat.booked_at is not None and seat.booked_at >= waitlisted_at
    booked = Ended(seat.booked_at or 0, seat.state_by) if promoted else None
    canceled = Ended(seat.state_at, seat.state_by) if seat.state == "canceled" else None
    return first_end(booked, canceled)
