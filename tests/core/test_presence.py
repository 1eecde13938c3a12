"""Presence: stays as intervals, joined and clipped to the time that was delivered."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from milepost.core.presence import Attendance, Delivered, attendance, clip, delivered, going_on, union
from milepost_schemas.instants import MINUTE
from milepost_schemas.messages import SessionPresence, Stay
from tests.core.builders import TENANT, moment, session

TEN = moment("Mon 7 10:00")
HOUR = Delivered(TEN, TEN + 60 * MINUTE, over=True)
INTERVALS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)).map(lambda i: (i[0], i[0] + i[1])), max_size=8)


def at(minutes: int | None) -> int | None:
    return None if minutes is None else TEN + minutes * MINUTE


def stay(joined: int | None, left: int | None, ended: int | None = None) -> Stay:
    by = ("join" if joined is not None else None, "leave" if left is not None else None)
    return Stay(joined_at=at(joined), left_at=at(left), ended_at=at(ended), joined_by=by[0], left_by=by[1])


def come_to(*stays: Stay, within: Delivered = HOUR) -> Attendance:
    was = attendance(stays, within)
    assert was is not None
    return was


def presence(started: int | None = None, ended: int | None = None) -> SessionPresence:
    return SessionPresence(
        tenant=TENANT,
        source="zoom",
        meeting="m1",
        offering="S",
        session="1",
        version=1,
        started_at=at(started),
        ended_at=at(ended),
    )


def test_overlapping_stays_count_once() -> None:
    was = come_to(stay(0, 30), stay(20, 40))

    assert (was.minutes, round(was.share, 3), was.estimated) == (40, 0.667, False)
    assert (was.joined_at, was.left_at) == (at(0), at(40))


def test_what_lies_outside_the_delivered_time_does_not_count() -> None:
    assert come_to(stay(-20, 2)).minutes == 2
    assert come_to(stay(55, 90)).minutes == 5
    assert come_to(stay(-20, -5)).share == 0


def test_a_stay_without_its_end_runs_to_the_end_and_is_estimated() -> None:
    assert come_to(stay(10, None)).minutes == 50
    assert come_to(stay(10, None, ended=40)).minutes == 30
    assert come_to(stay(10, None)).estimated


def test_a_stay_without_its_beginning_runs_from_the_start_and_is_estimated() -> None:
    was = come_to(stay(None, 50))

    assert (was.minutes, was.estimated, was.joined_at, was.shown_by) == (50, True, None, ("leave",))


def test_who_left_before_they_joined_was_not_there() -> None:
    assert come_to(stay(30, 20)).minutes == 0


def test_while_the_session_runs_a_stay_without_its_end_shows_nothing() -> None:
    running = Delivered(TEN, TEN + 60 * MINUTE, over=False)

    assert attendance([stay(10, None)], running) is None
    assert come_to(stay(0, 5), stay(10, None), within=running).minutes == 5
    assert attendance([], HOUR) is None


def test_who_joined_and_did_not_leave_is_there_while_the_session_runs() -> None:
    running = Delivered(TEN, TEN + 60 * MINUTE, over=False)
    stays = [stay(0, 5), stay(10, None), stay(None, 3), stay(7, None, ended=9)]

    assert going_on(stays, running) == (stay(10, None),)
    assert going_on(stays, HOUR) == ()


def test_the_delivered_time_is_the_schedule_clipped_to_the_host() -> None:
    plan = session("Mon 7 10:00")

    assert delivered(plan, (), passed=False) == Delivered(TEN, TEN + 60 * MINUTE, over=False)
    assert delivered(plan, [presence()], passed=True).over
    late = delivered(plan, [presence(started=5, ended=50)], passed=False)
    assert (late.start_at, late.end_at, late.over) == (at(5), at(50), True)
    wide = delivered(plan, [presence(started=-9, ended=80)], passed=False)
    assert (wide.start_at, wide.end_at) == (at(0), at(60))
    two = delivered(plan, [presence(5, 40), presence(3, 50)], passed=False)
    assert (two.start_at, two.end_at) == (at(3), at(50))


def test_a_room_that_was_closed_before_it_was_opened_says_nothing_about_the_time() -> None:
    strange = delivered(session("Mon 7 10:00"), [presence(started=50, ended=50)], passed=False)

    assert (strange.start_at, strange.end_at) == (at(0), at(60))


@given(INTERVALS)
def test_a_union_covers_what_its_intervals_cover_and_nothing_else(intervals: list[tuple[int, int]]) -> None:
    joined = union(intervals)

    covered = {point for begin, end in intervals for point in range(begin, end)}
    assert {point for begin, end in joined for point in range(begin, end)} == covered
    assert all(one[1] < other[0] for one, other in pairwise(joined))


@given(INTERVALS, st.integers(0, 30), st.integers(0, 60))
def test_what_is_clipped_lies_within(intervals: list[tuple[int, int]], start_at: int, end_at: int) -> None:
    assert all(start_at <= begin < end <= end_at for begin, end in clip(intervals, start_at, end_at))
