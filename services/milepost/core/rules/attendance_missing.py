"""Attendance missing: somebody was expected, and there is no sign that the session took place, or a sheet is not in."""

from collections.abc import Iterator

from milepost.core.calendar import Offset, Unit
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Finding, Pending, Place
from milepost.core.session import Session
from milepost_schemas.words import Audience

TITLE = "Attendance missing"
WHY = "Nobody has said who was in {session}; we wait for {channels}."
CLOSES_WHEN = "Closes when the attendance comes in, or the roster is closed by hand."
TOLD: tuple[Audience, ...] = ("instructor", "coordinator")
PATIENCE = Offset(1, Unit.DAY)


def find(session: Session, clock: Clock) -> Iterator[Finding]:
    """Yield the breach of a session that is over, with somebody expected, and not accounted for."""
    if session.plan.canceled or not session.expects_somebody:
        return
    waiting = [c for c in session.channels if not c.closed and (c.is_sheet or not session.took_place)]
    due_at = session.patience("attendance_missing", session.plan.end_at, PATIENCE)
    end = session.accounted
    if (end is None and not waiting) or (end is not None and end.at <= due_at):
        return
    place = Place(offering=session.offering, session=session.plan.session)
    if not clock.reached(due_at, [c.source for c in session.channels], session.known_at):
        yield Pending(place)
        return
    yield Breach(
        place=place,
        since=session.plan.end_at,
        severity="high",
        shown_by=session.scheduled_by,
        ended=end,
        values={"session": session.name, "channels": tuple(c.name for c in waiting)},
    )
