"""Not booked: ready for the live part for some days, and no seat of any kind.

A session that was missed, partly attended, canceled or excused has a gap of its own, so this one is silent then. A
seat that created no expectation blocks it until that session's outcome is known.
"""

from collections.abc import Iterator

from milepost.core.attendance import all_satisfied, prework, seats_of
from milepost.core.calendar import Offset, Unit
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Ended, Finding, Pending, Place
from milepost.core.journey import Journey, StepStanding
from milepost.core.seat import Sitting
from milepost_schemas.instants import DAY
from milepost_schemas.messages import SeatStated
from milepost_schemas.words import Audience, Severity

TITLE = "Not booked"
WHY = "{learner} has been ready for {step} since {ready_at} and holds no seat."
CLOSES_WHEN = "Closes when a seat is requested, waitlisted or booked."
TOLD: tuple[Audience, ...] = ("learner", "coordinator")
PATIENCE = Offset(3, Unit.DAY)
CLOSE_CALL = 14 * DAY

_SPOKEN_FOR = ("absent", "partial", "excused", "canceled")


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield the latest time without a seat, per live step that is booked by hand."""
    for live in journey.live_steps:
        ready = _ready(journey, live)
        if ready is not None and live.step.roster == "booking":
            yield from _look(journey, live, ready, clock)


def _ready(journey: Journey, live: StepStanding) -> Ended | None:
    before = prework(journey, live)
    if before:
        done = all_satisfied(before)
        return None if done is None else Ended(max(done.at, journey.begins_at), done.by)
    return Ended(journey.begins_at, journey.enrolled.fact_id)


def _look(journey: Journey, live: StepStanding, ready: Ended, clock: Clock) -> Iterator[Finding]:
    patient_until = journey.patience("not_booked", ready.at, PATIENCE)
    latest = None
    for begins, ended in _without_seat(live, ready.at):
        since = max(patient_until, begins)
        end = min((e for e in (ended, live.satisfied) if e is not None), key=lambda e: e.at, default=None)
        if end is None and not clock.reached(since, (), journey.known_at):
            if since == patient_until:
                yield Pending(Place(step=live.step.id))
        elif end is None or (since < end.at and clock.reached(since, (), journey.known_at)):
            latest = (since, end)
    if latest is not None:
        yield Breach(
            place=Place(step=live.step.id),
            since=latest[0],
            severity=_severity(journey, live, clock),
            shown_by=tuple(fact for fact in (ready.by,) if fact is not None),
            ended=latest[1],
            values={"step": live.step.id, "ready_at": ready.at},
        )


def _without_seat(live: StepStanding, ready_at: int) -> Iterator[tuple[int, Ended | None]]:
    """Yield the times without any seat after a moment: from when, and the seat that ended it."""
    held = sorted((_held(live, seat) for seat in seats_of(live)), key=lambda h: h[0].at)
    free_from: int | None = ready_at
    for taken, released_at in held:
        if free_from is not None and taken.at > free_from:
            yield free_from, taken
        if free_from is not None:
            free_from = None if released_at is None else max(free_from, released_at)
    if free_from is not None:
        yield free_from, None


def _held(live: StepStanding, seat: SeatStated) -> tuple[Ended, int | None]:
    """Return when a seat was taken and when it went back; None while it stands, or where another gap speaks for it."""
    moments = [at for at in (seat.requested_at, seat.waitlisted_at, seat.booked_at) if at is not None]
    own = [sitting for sitting in live.sittings if sitting.seat.offering == seat.offering]
    taken = Ended(min(moments, default=own[0].session.start_at), seat.held_by)
    if any(s.outcome in _SPOKEN_FOR for s in own) or (seat.state == "canceled" and _speaks_otherwise(live, seat, own)):
        return taken, None
    if seat.state == "canceled":
        return taken, seat.state_at
    if any(s.is_open for s in own):
        return taken, None
    return taken, max(s.session.end_at for s in own)


def _speaks_otherwise(live: StepStanding, seat: SeatStated, own: list[Sitting]) -> bool:
    """A seat taken back by the provider has a gap of its own; so has one given up late, where work comes first."""
    late = live.step.after is not None and any(0 <= s.session.start_at - seat.state_at < DAY for s in own)
    return seat.canceled_by == "provider" or (late and seat.booked_at is not None)


def _severity(journey: Journey, live: StepStanding, clock: Clock) -> Severity:
    last = min((at for at in (live.due_at, journey.deadline_at) if at is not None), default=None)
    return "high" if last is not None and clock.passed(last - CLOSE_CALL) else "warning"
