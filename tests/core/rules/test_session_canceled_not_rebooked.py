"""Session canceled, not rebooked: the learner's session was canceled, and some days later there is no new seat."""

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
    scheduled,
    session,
    world,
)

GAP = "session_canceled_not_rebooked(L/S/1)"
CANCELED = scheduled("S", session("Thu 10 10:00", canceled=True), when="Mon 7 09:00", sequence=2)


def canceled_on_monday(*said: Message, **head: Any) -> World:
    """Ana was booked on S, on Thursday at ten; it was canceled on Monday at nine."""
    steps = [program(elearning(), live(), **head), scheduled("S", session("Thu 10 10:00"))]
    other = scheduled("T", session("Mon 14 10:00"))
    return world(*steps, other, ANA.enrolled(), ANA.passed(), ANA.booked("S"), CANCELED, *said)


def test_it_opens_three_days_after_the_session_was_canceled() -> None:
    here = canceled_on_monday()

    assert_opens_at(here, "Thu 10 09:00", GAP)

    gap = here.gap("session_canceled_not_rebooked")
    assert (gap.severity, gap.since) == ("high", moment("Thu 10 09:00"))
    assert gap.shown_by == ("ana-booked-S-1788516000000", f"schedule-S-2-{moment('Mon 7 09:00')}")


def test_the_program_says_how_long_is_long() -> None:
    settings = {"session_canceled_not_rebooked": {"after": "1d"}}

    assert_opens_at(canceled_on_monday(gaps=settings), "Tue 8 09:00", GAP)


def test_while_it_waits_nobody_is_said_to_be_not_booked() -> None:
    assert canceled_on_monday().tick("Thu 10 08:59").open() == []


def test_a_seat_that_the_provider_takes_back_is_the_same() -> None:
    said = [program(), scheduled("S", session("Thu 10 10:00")), ANA.enrolled(), ANA.passed(), ANA.booked("S")]
    here = world(*said, ANA.canceled("S", "Mon 7 09:00", by="provider"))

    assert_opens_at(here, "Thu 10 09:00", GAP)


@pytest.mark.parametrize("said", [ANA.booked("T", "Thu 10 12:00"), ANA.waived("L", "Thu 10 12:00")])
def test_a_new_seat_or_a_waiver_resolves_it_and_it_stays_resolved(said: Message) -> None:
    here = canceled_on_monday().tick("Thu 10 09:00").take(said)

    assert here.open() == []
    assert here.told("session_canceled_not_rebooked") == ["opened", "resolved"]
    assert here.gap("session_canceled_not_rebooked").ended_at == moment("Thu 10 12:00")
    assert_settled(here)


@pytest.mark.parametrize("when", ["Fri 4 11:00", "Tue 8 12:00", "Thu 10 09:00"])
def test_who_holds_another_seat_or_takes_one_in_time_is_in_no_gap(when: str) -> None:
    here = canceled_on_monday(ANA.booked("T", when)).tick("Fri 11 12:00")

    assert here.told("session_canceled_not_rebooked") == []


def test_who_had_given_the_seat_up_before_or_booked_afterwards_lost_nothing() -> None:
    given_up = canceled_on_monday(ANA.canceled("S", "Mon 7 08:00")).tick("Fri 11 12:00")
    after = [program(), scheduled("S", session("Thu 10 10:00")), ANA.enrolled(), ANA.passed(), CANCELED]
    booked_later = world(*after, ANA.booked("S", "Mon 7 09:01")).tick("Fri 11 12:00")

    assert given_up.told("session_canceled_not_rebooked") == []
    assert booked_later.told("session_canceled_not_rebooked") == []


def test_a_missed_live_part_says_it_better() -> None:
    here = canceled_on_monday(ANA.booked("T", "Tue 8 12:00"), ANA.canceled("T", "Sun 13 20:00")).tick("Mon 14 12:00")

    assert here.open() == ["elearning_done_ilt_missed(L)"]


def test_a_session_that_takes_place_after_all_takes_it_back() -> None:
    here = canceled_on_monday().tick("Thu 10 09:00")

    here.take(scheduled("S", session("Fri 11 10:00"), when="Thu 10 12:00", sequence=3)).tick("Thu 10 13:00")

    assert here.open() == []
    assert here.told("session_canceled_not_rebooked") == ["opened", "retracted"]


def test_a_seat_in_time_that_is_heard_of_later_takes_it_back() -> None:
    here = canceled_on_monday().tick("Thu 10 09:00").take(ANA.booked("T", "Thu 10 09:00", received="Thu 10 12:00"))

    assert here.told("session_canceled_not_rebooked") == ["opened", "retracted"]


def test_who_gives_up_a_seat_of_a_session_that_takes_place_is_another_gaps_matter() -> None:
    said = [program(), scheduled("S", session("Thu 10 10:00")), ANA.enrolled(), ANA.passed(), ANA.booked("S")]
    here = world(*said, ANA.canceled("S", "Sun 6 09:00")).tick("Sat 12 09:00")

    assert here.told("session_canceled_not_rebooked") == []


def test_who_booked_at_that_very_moment_lost_the_seat_and_who_gave_it_up_then_did_too() -> None:
    base = [program(), scheduled("S", session("Thu 10 10:00")), ANA.enrolled(), ANA.passed(), CANCELED]
    booked = world(*base, ANA.booked("S", "Mon 7 09:00")).tick("Thu 10 09:00")
    given_up = canceled_on_monday(ANA.canceled("S", "Mon 7 09:00")).tick("Thu 10 09:00")

    assert booked.open() == [GAP]
    assert given_up.open() == [GAP]
