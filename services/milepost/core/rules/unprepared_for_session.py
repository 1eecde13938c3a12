"""Unprepared for a session: booked, the session is near, and what should come first is not done.

From the start it stays as it is until attendance is known; then another gap says it better, or the excuse ends it.
"""

from collections.abc import Iterator

from milepost.core.attendance import all_satisfied, first_end, prework, sources
from milepost.core.calendar import Offset, Unit
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Ended, Finding, Place
from milepost.core.journey import Journey, StepStanding
from milepost.core.seat import Sitting, promoted_late
from milepost_schemas.words import Audience

TITLE = "Unprepared for a session"
WHY = "{learner} is booked for {session} and has not done {steps}."
WHY_BEGUN = "{learner} was booked for {session} and had not done {steps}."
CLOSES_WHEN = "Closes when the pre-work is done before the session starts, or once it is known who attended."
CLOSES_WHEN_BEGUN = "Closes once it is known who attended."
TOLD: tuple[Audience, ...] = ("learner", "coordinator", "instructor")
SPEAKS = (Offset(72, Unit.HOUR), Offset(24, Unit.HOUR))


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield a breach per booked session that came near while a required step before it was open."""
    for live in journey.live_steps:
        for sitting in live.sittings:
            if live.step.after is not None and _concerns(journey, sitting):
                yield from _look(journey, live, sitting, clock)


def _concerns(journey: Journey, sitting: Sitting) -> bool:
    seat, session = sitting.seat, sitting.session
    if seat.booked_at is None or seat.booked_at > session.start_at or journey.enrolled_at > session.start_at:
        return False
    return not promoted_late(seat, session)


def _look(journey: Journey, live: StepStanding, sitting: Sitting, clock: Clock) -> Iterator[Finding]:
    session, before = sitting.session, prework(journey, live)
    speaks = journey.settings("unprepared_for_session").at or SPEAKS
    calendar, zone = journey.program.calendar, session.zone or journey.zone
    moments = [max(calendar.before(session.start_at, offset, zone), sitting.seat.booked_at or 0) for offset in speaks]
    since = min(moments)
    ready, gone = all_satisfied(before), _gone(sitting)
    if not before or _ended_by(ready, since) or _ended_by(gone, since):
        return
    in_time = ready if ready is not None and ready.at < session.start_at else None
    end = first_end(in_time, gone, _settled(sitting))
    known_at = max(session.known_at, journey.known_at)
    if end is None and not clock.reached(since, sources(before), known_at):
        return
    loud = len(moments) > 1 and clock.reached(max(moments), sources(before), known_at)
    undone = tuple(s.step.id for s in before if s.satisfied is None or s.satisfied.at > since)
    yield Breach(
        place=Place(live.step.id, sitting.seat.offering, session.session),
        since=since,
        severity="high" if loud else "warning",
        shown_by=tuple(fact for fact in (sitting.seat.held_by,) if fact is not None),
        ended=end,
        values={"session": sitting.name, "steps": undone, "start_at": session.start_at},
    )


def _ended_by(end: Ended | None, since: int) -> bool:
    return end is not None and end.at <= since


def _gone(sitting: Sitting) -> Ended | None:
    """Return when the expectation went away: the session or the seat was canceled, or the learner excused."""
    seat, session = sitting.seat, sitting.session
    canceled = None if session.canceled_at is None else Ended(session.canceled_at, session.canceled_by)
    given_up = Ended(seat.state_at, seat.state_by) if seat.state == "canceled" else None
    excused = None if session.excused_at is None else Ended(session.excused_at, session.excused_by)
    return first_end(canceled, given_up, excused if sitting.outcome == "excused" else None)


def _settled(sitting: Sitting) -> Ended | None:
    """Return the end of a session of which we know what came of it."""
    if sitting.is_open:
        return None
    return Ended(sitting.session.end_at, sitting.session.shown_by[-1] if sitting.session.shown_by else None)
