"""Attendance missing: somebody was expected, and nobody has said who was there."""

from typing import Any

from tests.core.builders import (
    ANA,
    SHEET,
    World,
    assert_opens_at,
    assert_settled,
    declared,
    elearning,
    ended,
    heard,
    live,
    moment,
    program,
    room,
    roster_closed,
    scheduled,
    session,
    sheet,
    started,
    world,
)

GAP = "attendance_missing(S/1)"


def booked(*said: Any, channels: tuple[Any, ...] = (SHEET,), **head: Any) -> World:
    """Ana is booked on S, on Monday at ten."""
    planned = scheduled("S", session("Mon 7 10:00", channels=channels))
    return world(program(elearning(), live(), **head), planned, ANA.enrolled(), ANA.passed(), ANA.booked("S"), *said)


def test_it_opens_a_day_after_the_session() -> None:
    here = booked()

    assert_opens_at(here, "Tue 8 11:00", GAP)

    gap = here.gap("attendance_missing")
    assert (gap.severity, gap.since) == ("high", moment("Mon 7 11:00"))
    assert gap.shown_by == ("schedule-S-1-1788253200000",)
    assert gap.values["channels"] == ("room",)


def test_the_program_says_how_long_is_long_and_may_do_without() -> None:
    assert_opens_at(booked(gaps={"attendance_missing": {"after": "2h"}}), "Mon 7 13:00", GAP)
    assert booked(gaps={"attendance_missing": {"enabled": False}}).tick("Wed 9 11:00").open() == []


def test_a_sheet_resolves_it_and_it_stays_resolved() -> None:
    here = booked().tick("Tue 8 11:00").take(ANA.marked("S", "present", "Tue 8 12:00"), sheet("S", "Tue 8 12:00"))

    assert GAP not in here.open()
    assert here.told("attendance_missing") == ["opened", "resolved"]
    assert here.gap("attendance_missing").ended_by == f"sheet-S-1-{moment('Tue 8 12:00')}"
    assert_settled(here)


def test_a_person_who_closes_the_roster_resolves_it() -> None:
    here = booked().tick("Tue 8 11:00").take(roster_closed("S", "Tue 8 12:00"))

    assert here.told("attendance_missing") == ["opened", "resolved"]


def test_a_sheet_in_time_keeps_it_silent() -> None:
    assert booked(sheet("S", "Tue 8 11:00")).tick("Wed 9 11:00").told("attendance_missing") == []


def test_a_room_that_showed_itself_is_accounted_for_and_one_that_never_did_is_not() -> None:
    shown = booked(started("Mon 7 10:00"), ended("Mon 7 11:00"), channels=(room(),)).tick("Tue 8 11:00")
    silent = booked(channels=(room(),)).tick("Tue 8 11:00")

    assert GAP not in shown.open()
    assert GAP in silent.open()


def test_of_a_hybrid_session_the_sheet_is_still_waited_for() -> None:
    said = [started("Mon 7 10:00"), ended("Mon 7 11:00")]
    here = booked(*said, channels=(SHEET, room())).tick("Tue 8 11:00")

    assert here.open() == [GAP]
    assert here.gap("attendance_missing").values["channels"] == ("room",)


def test_while_it_stands_nobody_is_a_no_show() -> None:
    here = booked().tick("Wed 9 11:00")

    assert here.open() == [GAP]
    assert here.outcome() == "unknown"


def test_where_nobody_was_expected_nobody_asks() -> None:
    planned = scheduled("S", session("Mon 7 10:00", channels=(SHEET,)))
    base = [program(), planned, ANA.enrolled(), ANA.passed()]
    nobody = world(*base).tick("Wed 9 11:00")
    waitlisted = world(*base, ANA.waitlisted("S", "Fri 4 10:00")).tick("Wed 9 11:00")
    booked_late = world(*base, ANA.booked("S", "Mon 7 10:01")).tick("Wed 9 11:00")
    given_up = world(*base, ANA.booked("S"), ANA.canceled("S", "Mon 7 09:00")).tick("Wed 9 11:00")
    excused = world(*base, ANA.booked("S"), ANA.excused("S", "Mon 7 09:00")).tick("Wed 9 11:00")

    for here in (nobody, waitlisted, booked_late, given_up, excused):
        assert here.told("attendance_missing") == []


def test_a_canceled_session_needs_no_attendance() -> None:
    here = booked().tick("Tue 8 11:00")

    here.take(scheduled("S", session("Mon 7 10:00", canceled=True, channels=(SHEET,)), when="Tue 8 12:00", sequence=2))

    assert here.told("attendance_missing") == ["opened", "retracted"]


def test_it_waits_for_the_source_of_the_channel() -> None:
    quiet = [declared("zoom", rhythm=600), heard("zoom", "Tue 8 10:00")]
    here = booked(*quiet, channels=(room(),)).tick("Tue 8 18:00")
    assert GAP not in here.open()

    assert GAP in here.take(heard("zoom", "Tue 8 18:30")).tick("Tue 8 18:30").open()


def test_a_sheet_at_the_last_moment_that_is_heard_of_later_takes_it_back() -> None:
    late = sheet("S", "Tue 8 11:00", received_at=moment("Tue 8 12:00"))

    here = booked().tick("Tue 8 11:00").take(late)

    assert here.told("attendance_missing") == ["opened", "retracted"]
