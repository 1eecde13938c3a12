"""Excused, not rebooked: excused from a session, and some days later there is no new seat."""

from typing import Any

import pytest

from milepost_schemas.topics import Message
from tests.core.builders import (
    ANA,
    World,
    assert_opens_at,
    assert_settled,
    elearning,
    live,
    moment,
    program,
    roster_closed,
    scheduled,
    session,
    world,
)

GAP = "excused_not_rebooked(L/S/1)"
EXCUSED = ANA.excused("S", "Mon 7 13:00")


def excused_on_monday(*said: Any, **head: Any) -> World:
    """Ana missed S on Monday at ten, and is excused at one o'clock."""
    dates = [scheduled("S", session("Mon 7 10:00")), scheduled("T", session("Mon 21 10:00"))]
    base = [program(elearning(), live(), **head), dates, ANA.enrolled(), ANA.passed(), ANA.booked("S")]
    return world(*base, roster_closed("S", "Mon 7 12:00"), EXCUSED, *said)


def test_it_opens_seven_days_after_the_excuse() -> None:
    here = excused_on_monday()

    assert_opens_at(here, "Mon 14 13:00", GAP)

    gap = here.gap("excused_not_rebooked")
    assert (gap.severity, gap.since) == ("warning", moment("Mon 14 13:00"))
    assert gap.shown_by == ("ana-booked-S-1788516000000", f"ana-excused-S-True-{moment('Mon 7 13:00')}")


def test_the_program_says_how_long_is_long_and_meanwhile_nobody_is_not_booked() -> None:
    here = excused_on_monday(gaps={"excused_not_rebooked": {"after": "10d"}})

    assert_opens_at(here, "Thu 17 13:00", GAP)
    assert here.open() == [GAP]


@pytest.mark.parametrize("said", [ANA.booked("T", "Tue 15 09:00"), ANA.waived("L", "Tue 15 09:00")])
def test_a_new_seat_or_a_waiver_resolves_it_and_it_stays_resolved(said: Message) -> None:
    here = excused_on_monday().tick("Mon 14 13:00").take(said)

    assert here.open() == []
    assert here.told("excused_not_rebooked") == ["opened", "resolved"]
    assert_settled(here)


@pytest.mark.parametrize("when", ["Sat 5 09:00", "Tue 8 09:00", "Mon 14 13:00"])
def test_who_holds_another_seat_in_time_is_in_no_gap(when: str) -> None:
    here = excused_on_monday(ANA.booked("T", when)).tick("Tue 15 09:00")

    assert here.told("excused_not_rebooked") == []


def test_who_attended_all_the_same_is_not_excused() -> None:
    here = excused_on_monday(ANA.marked("S", "present", "Mon 7 11:30")).tick("Tue 15 09:00")

    assert here.open() == []


def test_an_excuse_that_is_taken_back_takes_it_back() -> None:
    here = excused_on_monday().tick("Mon 14 13:00").take(ANA.excused("S", "Fri 18 09:00", excused=False))

    assert here.told("excused_not_rebooked") == ["opened", "retracted"]
    assert here.tick("Fri 18 09:00").open() == ["elearning_done_ilt_missed(L)"]


def test_a_seat_in_time_that_is_heard_of_later_takes_it_back() -> None:
    here = excused_on_monday().tick("Mon 14 13:00").take(ANA.booked("T", "Mon 14 13:00", received="Mon 14 18:00"))

    assert here.told("excused_not_rebooked") == ["opened", "retracted"]
