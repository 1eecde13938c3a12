"""Partial attendance: was there, and not for long enough."""

from typing import Any

from tests.core.builders import (
    ANA,
    World,
    assert_settled,
    elearning,
    ended,
    live,
    moment,
    program,
    room,
    scheduled,
    session,
    started,
    world,
)

GAP = "partial_attendance(L/S/1)"


def stayed(minutes: int, *said: Any, done: str = "present >= 80%", after: Any = None) -> World:
    """Ana stays so many minutes of an hour, in a room that closes by its end marker at 12:30."""
    dates = [scheduled("S", session("Mon 7 10:00", channels=(room(),))), scheduled("T", session("Mon 14 10:00"))]
    came = [started("Mon 7 10:00"), ANA.joined("Mon 7 10:00"), ANA.left(moment("Mon 7 10:00") + minutes * 60_000)]
    steps = [elearning(), live(done=done, after=after)]
    return world(program(*steps), dates, ANA.enrolled(), ANA.booked("S"), came, ended("Mon 7 11:00"), *said)


def test_it_opens_when_the_room_is_closed() -> None:
    here = stayed(47)
    assert GAP not in here.tick(moment("Mon 7 12:30") - 1).open()

    here.tick("Mon 7 12:30")

    assert here.open() == [GAP]
    gap = here.gap("partial_attendance")
    assert (gap.severity, gap.since) == ("warning", moment("Mon 7 11:00"))
    assert (gap.values["minutes"], gap.values["percent"]) == (47, 78)
    assert f"ana-joined-m1-{moment('Mon 7 10:00')}" in gap.shown_by


def test_who_stayed_just_long_enough_has_attended() -> None:
    assert stayed(48).tick("Mon 7 12:30").open() == []
    assert stayed(45, done="present >= 45min").tick("Mon 7 12:30").open() == []
    assert stayed(44, done="present >= 45min").tick("Mon 7 12:30").open() == [GAP]


def test_who_was_not_there_at_all_is_a_no_show() -> None:
    assert stayed(0).tick("Mon 7 12:30").open() == ["no_show(L/S/1)"]


def test_attending_another_date_resolves_it_and_it_stays_resolved() -> None:
    here = stayed(30).tick("Mon 7 12:30").take(ANA.booked("T", "Tue 8 09:00"))
    assert here.open() == [f"{GAP}(m)"]

    here.take(ANA.marked("T", "present", "Mon 14 11:00")).tick("Mon 14 12:00")

    assert here.open() == []
    assert here.told("partial_attendance") == ["opened", "mitigated", "resolved"]
    assert_settled(here)


def test_a_correction_or_an_excuse_takes_it_back() -> None:
    corrected = stayed(30).tick("Mon 7 12:30").take(ANA.marked("S", "present", "Tue 8 09:00", rank=30))
    excused = stayed(30).tick("Mon 7 12:30").take(ANA.excused("S", "Tue 8 09:00"))

    assert corrected.told("partial_attendance") == ["opened", "retracted"]
    assert excused.told("partial_attendance") == ["opened", "retracted"]


def test_a_mark_says_it_too() -> None:
    here = stayed(0, ANA.marked("S", "partial", "Mon 7 11:30")).tick("Mon 7 12:30")

    assert here.open() == [GAP]
    assert "minutes" not in here.gap("partial_attendance").values, "a list says that, and not for how long"


def test_who_has_attended_before_need_not_stay() -> None:
    here = stayed(30, scheduled("R", session("Sun 6 10:00")), ANA.marked("R", "present", "Sun 6 11:00"))

    assert GAP not in here.tick("Mon 7 12:30").open()


def test_a_missed_live_part_says_it_better() -> None:
    gate = {"steps": ["e"], "gate": "strict"}
    late = [ANA.booked("T", "Tue 8 09:00"), ANA.canceled("T", "Sun 13 20:00")]
    here = stayed(30, ANA.passed(), after=gate).tick("Mon 7 12:30")
    assert here.open() == [GAP]

    here.take(late).tick("Sun 13 20:00")

    assert here.open() == ["elearning_done_ilt_missed(L)"]
    assert here.gap("partial_attendance").superseded_by == "elearning_done_ilt_missed"
