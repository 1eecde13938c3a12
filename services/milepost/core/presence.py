"""Presence: stays in a meeting as intervals, joined and clipped to the time that was delivered.

Instants are milliseconds; an interval is a pair of them, the second after the first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from milepost_schemas.facts import PlannedSession
from milepost_schemas.instants import MINUTE
from milepost_schemas.messages import SessionPresence, Stay

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Delivered:
    """The time that a session was given: the schedule, clipped to the host's opening and closing where we heard them.

    `over` says that nothing more is delivered, by an end marker or because the schedule has passed.
    """

    start_at: int
    end_at: int
    over: bool


@dataclass(frozen=True, slots=True)
class Attendance:
    """How long somebody was there, of the delivered time."""

    share: float
    minutes: int
    estimated: bool
    joined_at: int | None
    left_at: int | None
    shown_by: tuple[str, ...]


def delivered(plan: PlannedSession, presences: Iterable[SessionPresence], *, passed: bool) -> Delivered:
    """Return the delivered time of a session; `passed` says that its scheduled end is behind us."""
    starts = [p.started_at for p in presences if p.started_at is not None]
    ends = [p.ended_at for p in presences if p.ended_at is not None]
    start_at = max(plan.start_at, min(starts)) if starts else plan.start_at
    end_at = min(plan.end_at, max(ends)) if ends else plan.end_at
    if end_at <= start_at:
        start_at, end_at = plan.start_at, plan.end_at
    return Delivered(start_at, end_at, passed or bool(ends))


def attendance(stays: Sequence[Stay], within: Delivered) -> Attendance | None:
    """Return what these stays come to, or None where they show nothing yet.

    A stay without its end runs to the end of the room's opening or of the session, one without its beginning from the
    start; both are estimated. While the session runs, a stay without an end shows nothing.
    """
    counted = [(stay, interval) for stay in stays if (interval := _interval(stay, within)) is not None]
    if not counted:
        return None
    joined = union(interval for _, interval in counted)
    present = sum(end - begin for begin, end in clip(joined, within.start_at, within.end_at))
    facts = (fact for stay, _ in counted for fact in (stay.joined_by, stay.left_by) if fact is not None)
    return Attendance(
        share=present / (within.end_at - within.start_at),
        minutes=present // MINUTE,
        estimated=any(stay.joined_at is None or stay.left_at is None for stay, _ in counted),
        joined_at=min((stay.joined_at for stay, _ in counted if stay.joined_at is not None), default=None),
        left_at=max((stay.left_at for stay, _ in counted if stay.left_at is not None), default=None),
        shown_by=tuple(dict.fromkeys(facts)),
    )


def going_on(stays: Iterable[Stay], within: Delivered) -> tuple[Stay, ...]:
    """Return the stays of those who are there: joined, not left, the room not closed, and the session runs."""
    if within.over:
        return ()
    return tuple(s for s in stays if s.joined_at is not None and s.left_at is None and s.ended_at is None)


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the intervals with overlapping and touching ones joined, in order."""
    joined: list[Interval] = []
    for begin, end in sorted(intervals):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def clip(intervals: Iterable[Interval], start_at: int, end_at: int) -> list[Interval]:
    """Return the parts of the intervals that lie between two instants."""
    cut = ((max(begin, start_at), min(end, end_at)) for begin, end in intervals)
    return [(begin, end) for begin, end in cut if begin < end]


def _interval(stay: Stay, within: Delivered) -> Interval | None:
    begin = within.start_at if stay.joined_at is None else stay.joined_at
    if stay.left_at is not None:
        return (begin, max(begin, stay.left_at))
    if not within.over:
        return None
    return (begin, max(begin, stay.ended_at if stay.ended_at is not None else within.end_at))
