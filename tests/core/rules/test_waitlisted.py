"""Waitlisted: on a list for days, or on one that is about to expire."""

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

GAP = "waitlisted(L/S)"


def on_the_list(*said: Message, expires: str | None = None, **head: Any) -> World:
    """Ana has passed, and is on the list of S, on Thursday at ten, since Friday noon."""
    at = None if expires is None else moment(expires)
    listed = ANA.waitlisted("S", "Fri 4 12:00", list_expires_at=at)
    steps = [program(elearning(), live(), **head), scheduled("S", session("Thu 10 10:00"))]
    other = scheduled("T", session("Mon 14 10:00"))
    return world(*steps, other, ANA.enrolled(), ANA.passed(), listed, *said)


def test_it_opens_after_three_days_on_the_list() -> None:
    here = on_the_list()

    assert_opens_at(here, "Mon 7 12:00", GAP)

    gap = here.gap("waitlisted")
    assert (gap.severity, gap.since) == ("warning", moment("Mon 7 12:00"))
    assert gap.shown_by == ("ana-waitlisted-S-1788523200000",)


def test_the_program_says_how_long_is_long() -> None:
    assert_opens_at(on_the_list(gaps={"waitlisted": {"after": "1d"}}), "Sat 5 12:00", GAP)


def test_a_list_that_expires_is_said_48_hours_before_and_louder() -> None:
    here = on_the_list(expires="Tue 8 08:00")

    assert_opens_at(here, "Sun 6 08:00", GAP)

    assert (here.gap("waitlisted").severity, here.gap("waitlisted").since) == ("high", moment("Sun 6 08:00"))


def test_a_list_that_expires_later_opens_by_its_days_and_grows_louder() -> None:
    here = on_the_list(expires="Thu 10 08:00").tick(moment("Tue 8 08:00") - 1)
    assert here.gap("waitlisted").severity == "warning"

    here.tick("Tue 8 08:00")

    assert here.gap("waitlisted").severity == "high"


@pytest.mark.parametrize(
    "said",
    [
        ANA.booked("S", "Tue 8 09:00"),
        ANA.booked("T", "Tue 8 09:00"),
        ANA.canceled("S", "Tue 8 09:00"),
        ANA.waived("L", "Tue 8 09:00"),
    ],
)
def test_a_place_here_or_elsewhere_or_none_needed_resolves_it(said: Message) -> None:
    here = on_the_list().tick("Mon 7 12:00").take(said)

    assert GAP not in here.open()
    assert here.told("waitlisted") == ["opened", "resolved"]
    assert here.gap("waitlisted").ended_at == moment("Tue 8 09:00")
    assert_settled(here)


def test_the_start_of_the_session_ends_it() -> None:
    here = on_the_list().tick("Thu 10 09:59")
    assert here.open() == [GAP]

    here.tick("Thu 10 10:00")

    assert GAP not in here.open()
    assert here.gap("waitlisted").ended_at == moment("Thu 10 10:00")


def test_who_was_promoted_at_that_very_moment_waited_no_longer() -> None:
    here = on_the_list(ANA.booked("S", "Mon 7 12:00")).tick("Tue 8 12:00")

    assert here.told("waitlisted") == []


def test_a_session_that_starts_before_the_days_are_over_opens_nothing() -> None:
    here = on_the_list(gaps={"waitlisted": {"after": "6d"}}).tick("Wed 16 12:00")

    assert here.told("waitlisted") == []


def test_who_holds_a_seat_elsewhere_already_is_not_waiting() -> None:
    here = on_the_list(ANA.booked("T", "Fri 4 11:00")).tick("Tue 8 12:00")

    assert here.told("waitlisted") == []


def test_a_place_in_time_that_is_heard_of_later_takes_it_back() -> None:
    here = on_the_list().tick("Mon 7 12:00").take(ANA.booked("S", "Mon 7 12:00", received="Mon 7 13:00"))

    assert here.told("waitlisted") == ["opened", "retracted"]


def test_of_several_sessions_the_first_one_ends_it() -> None:
    days = [session("Tue 8 10:00", "1", part=1), session("Wed 9 10:00", "2", part=2)]
    two = program(elearning(), live(live={"course": "C", "parts": 2}))
    here = world(two, scheduled("S", *days), ANA.enrolled(), ANA.passed(), ANA.waitlisted("S", "Fri 4 12:00"))

    assert GAP in here.tick("Tue 8 09:59").open()
    assert GAP not in here.tick("Tue 8 10:00").open()


def test_a_list_that_ends_at_that_very_moment_opens_nothing() -> None:
    base = [program(), scheduled("S", session("Mon 7 12:00")), ANA.enrolled(), ANA.passed()]
    here = world(*base, ANA.waitlisted("S", "Fri 4 12:00")).tick("Mon 7 12:00")

    assert here.told("waitlisted") == []
