"""Seats as a journey reads them: what came of each session, and what a learner can still attend."""

from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct

from milepost.core.achievement import present_enough
from milepost.core.clock import Clock
from milepost.core.positional import Positional, from_position
from milepost.core.program import Step
from milepost_schemas.instants import HOUR
from milepost_schemas.messages import SeatStated, SessionSeat
from milepost_schemas.projections import SeatOutcome

LATE_PROMOTION = 24 * HOUR
"""Promoted from a waitlist less than this before the start: nobody is expected to come."""

LATE_CANCELLATION = 24 * HOUR
"""Given up by the learner less than this before the start: the opportunity is used up."""


class Seats:
    """A learner's seats as a record keeps them, read once somebody looks: most that happens is not about them."""

    def __init__(self, kept: Mapping[str, Positional]) -> None:
        """Read these, by their offerings."""
        self._kept = kept

    @cached_property
    def held(self) -> tuple[SeatStated, ...]:
        """Every seat that the learner has or had, by the names of the offerings."""
        seats = (from_position(SeatStated, kept) for _, kept in sorted(self._kept.items()))
        return tuple(seat for seat in seats if not seat.gone)


class Sitting(Struct, frozen=True):
    """One session of one seat, and what came of it."""

    seat: SeatStated
    session: SessionSeat
    outcome: SeatOutcome

    @property
    def name(self) -> str:
        """The session's name across all offerings."""
        return f"{self.seat.offering}/{self.session.session}"

    @property
    def is_open(self) -> bool:
        """True while it is still to come, or nobody knows yet what came of it."""
        return self.outcome in ("upcoming", "unknown")

    @property
    def is_active(self) -> bool:
        """True where a confirmed seat may still become an attendance."""
        return self.seat.state == "booked" and self.is_open

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that show it, with the one that took the seat."""
        held = (self.seat.held_by,) if self.seat.held_by is not None else ()
        return tuple(dict.fromkeys((*held, *self.session.shown_by)))


def sittings(seat: SeatStated, step: Step, enrolled_at: int, clock: Clock) -> tuple[Sitting, ...]:
    """Return every session of a seat with its outcome, for a live step of a journey."""
    return tuple(Sitting(seat, session, _outcome(seat, session, step, enrolled_at, clock)) for session in seat.sessions)


def held_at_start(seat: SeatStated, session: SessionSeat) -> bool:
    """Say whether the learner held a confirmed seat when the session started."""
    if seat.booked_at is None or seat.booked_at > session.start_at:
        return False
    return seat.state == "booked" or (seat.state == "canceled" and seat.state_at > session.start_at)


def is_expected(seat: SeatStated, session: SessionSeat, enrolled_at: int) -> bool:
    """Say whether somebody with this seat was expected to come.

    Not expected are those who enrolled after it began, and those promoted from its waitlist at the last moment.
    """
    if not held_at_start(seat, session) or enrolled_at > session.start_at:
        return False
    return not promoted_late(seat, session)


def promoted_late(seat: SeatStated, session: SessionSeat) -> bool:
    """Say whether a seat came from the waitlist too late for anybody to be expected."""
    if seat.waitlisted_at is None or seat.booked_at is None or seat.waitlisted_at > seat.booked_at:
        return False
    return seat.booked_at > session.start_at - LATE_PROMOTION


def _outcome(seat: SeatStated, session: SessionSeat, step: Step, enrolled_at: int, clock: Clock) -> SeatOutcome:
    if session.canceled_at is not None:
        return "canceled"
    closed = session.closed and clock.covers(session.known_at)
    over = closed or clock.passed(session.end_at)
    if session.mark == "present" or (over and _was_present(session, step)):
        return "attended"
    if session.excused_at is not None:
        return "excused"
    if closed and (session.mark == "partial" or session.share):
        return "partial"
    if seat.state != "booked" and not held_at_start(seat, session):
        return "not_expected"
    if not closed or session.unclear or not session.took_place:
        return "unknown" if over else "upcoming"
    return "absent" if is_expected(seat, session, enrolled_at) else "not_expected"


def _was_present(session: SessionSeat, step: Step) -> bool:
    return session.share is not None and present_enough(step.done, session.share, session.minutes)
