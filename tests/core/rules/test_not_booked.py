"""Not booked: what comes first is done, some days have passed, and there is no seat."""

from typing import Any

import pytest

from milepost_schemas.topics import Message
from tests.core.builders import (
    ANA,
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

GAP = "not_booked(L)"


def passed_on_friday(**head: Any) -> list[Any]:
    """Ana passed `e` on Friday at nine; there is a session on Thursday."""
    steps = [elearning(), live()]
    return [program(*steps, **head), scheduled("S", session("Thu 10 10:00")), ANA.enrolled(), ANA.passed()]


def test_it_opens_three_days_after_the_work_was_done() -> None:
    here = world(*passed_on_friday())

    assert_opens_at(here, "Mon 7 09:00", GAP)

    gap = here.gap("not_booked")
    assert (gap.severity, gap.since) == ("warning", moment("Mon 7 09:00"))
    assert gap.shown_by == ("ana-passed-e-1788512400000",)


def test_where_nothing_comes_first_it_counts_from_the_enrollment() -> None:
    here = world(program(elearning(), live(after=None)), ANA.enrolled())

    assert_opens_at(here, "Mon 7 08:00", GAP)


def test_work_that_was_done_before_the_enrollment_does_not_hurry_anybody() -> None:
    here = world(program(), ANA.enrolled("Fri 4 12:00"), ANA.passed("Tue 1 09:00"))

    assert_opens_at(here, "Mon 7 12:00", GAP)


def test_the_program_says_how_long_is_long() -> None:
    here = world(*passed_on_friday(gaps={"not_booked": {"after": "1wd"}}))

    assert_opens_at(here, "Mon 7 09:00", GAP)


@pytest.mark.parametrize("state", ["booked", "requested", "waitlisted"])
def test_any_place_resolves_it_and_it_stays_resolved(state: str) -> None:
    here = world(*passed_on_friday()).tick("Mon 7 09:00").take(ANA.seat("S", state, "Tue 8 09:00"))

    assert GAP not in here.open()
    assert here.told("not_booked") == ["opened", "resolved"]
    assert here.gap("not_booked").ended_at == moment("Tue 8 09:00")
    assert_settled(here)


@pytest.mark.parametrize(
    "said",
    [
        ANA.booked("S", "Mon 7 09:00"),
        ANA.waived("L", "Mon 7 08:00"),
        ANA.withdrawn("Mon 7 08:00"),
    ],
)
def test_who_has_a_seat_in_time_or_needs_none_is_in_no_gap(said: Message) -> None:
    here = world(*passed_on_friday(), said).tick("Wed 9 09:00")

    assert here.told("not_booked") == []


def test_work_that_is_not_done_keeps_it_silent() -> None:
    here = world(program(), ANA.enrolled()).tick("Wed 9 09:00")

    assert GAP not in here.open()


def test_without_a_roster_that_is_booked_nobody_has_to_book() -> None:
    here = world(program(elearning(), live(roster=None)), ANA.enrolled(), ANA.passed()).tick("Wed 9 09:00")

    assert here.open() == []


def test_who_gives_the_seat_up_in_good_time_is_not_booked_again() -> None:
    here = world(*passed_on_friday(), ANA.booked("S")).tick("Mon 7 12:00")
    assert here.open() == []

    here.take(ANA.canceled("S", "Tue 8 09:00")).tick("Tue 8 09:00")

    assert here.open() == [GAP]
    assert here.gap("not_booked").since == moment("Tue 8 09:00")


def test_a_seat_given_up_at_the_last_moment_is_another_gaps_matter() -> None:
    here = world(*passed_on_friday(), ANA.booked("S"), ANA.canceled("S", "Wed 9 12:00")).tick("Wed 9 13:00")

    assert here.open() == ["elearning_done_ilt_missed(L)"]


def test_a_seat_that_the_provider_takes_back_is_another_gaps_matter() -> None:
    said = [ANA.booked("S"), ANA.canceled("S", "Mon 7 08:00", by="provider")]
    here = world(*passed_on_friday(), *said)

    assert here.tick("Thu 10 07:59").open() == []
    assert here.tick("Thu 10 08:00").open() == ["session_canceled_not_rebooked(L/S/1)"]


def test_a_seat_blocks_it_until_the_outcome_is_known_even_if_nobody_was_expected() -> None:
    said = [ANA.waitlisted("S", "Mon 7 08:00"), ANA.booked("S", "Thu 10 09:58")]
    here = world(*passed_on_friday(), *said).tick("Thu 10 12:00")
    assert here.open() == []

    here.take(roster_closed("S", "Thu 10 12:01")).tick("Thu 10 12:01")

    assert here.open() == [GAP]
    assert here.gap("not_booked").since == moment("Thu 10 11:00")


def test_a_place_on_the_list_ends_when_the_session_starts_and_is_over() -> None:
    said = [ANA.waitlisted("S", "Mon 7 08:00"), roster_closed("S", "Thu 10 12:00")]
    here = world(*passed_on_friday(gaps={"waitlisted": {"after": "30d"}}), *said).tick("Thu 10 12:00")

    assert here.open() == [GAP]


def test_it_is_high_in_the_last_two_weeks_before_the_due_or_the_deadline() -> None:
    due = world(program(elearning(), live(due="2026-09-25 at 12:00")), ANA.enrolled(), ANA.passed())
    due.tick(moment("Fri 11 12:00") - 1)
    assert due.gap("not_booked").severity == "warning"
    due.tick("Fri 11 12:00")
    assert due.gap("not_booked").severity == "high"

    deadline = world(*passed_on_friday(deadline="2026-09-15")).tick("Wed 9 09:00")
    assert deadline.gap("not_booked").severity == "high"


def test_attending_without_a_seat_resolves_it() -> None:
    here = world(*passed_on_friday()).tick("Thu 10 09:00")
    assert here.open() == [GAP]

    here.take(ANA.marked("S", "present", "Thu 10 11:30")).tick("Thu 10 12:00")

    assert here.open() == []
    assert here.told("not_booked") == ["opened", "resolved"]


def test_a_seat_in_time_that_is_heard_of_later_takes_it_back() -> None:
    here = world(*passed_on_friday()).tick("Mon 7 09:00").take(ANA.booked("S", "Mon 7 09:00", received="Mon 7 12:00"))

    assert here.told("not_booked") == ["opened", "retracted"]


def test_a_request_counts_from_when_it_was_made() -> None:
    here = world(*passed_on_friday()).tick("Mon 7 09:00").take(ANA.seat("S", "requested", "Tue 8 09:00"))

    here.take(ANA.booked("S", "Wed 9 09:00"))

    assert here.gap("not_booked").ended_at == moment("Tue 8 09:00")


def test_a_missed_session_is_another_gaps_matter_also_where_nothing_comes_first() -> None:
    base = [program(elearning(), live(after=None)), scheduled("S", session("Thu 10 10:00")), ANA.enrolled()]
    missed = world(*base, ANA.passed(), ANA.booked("S"), roster_closed("S", "Thu 10 12:00")).tick("Mon 14 12:00")

    assert missed.open() == ["no_show(L/S/1)"]


def test_where_nothing_comes_first_a_seat_that_is_given_up_late_leaves_her_not_booked() -> None:
    base = [program(elearning(), live(after=None)), scheduled("S", session("Thu 10 10:00")), ANA.enrolled()]
    here = world(*base, ANA.passed(), ANA.booked("S"), ANA.canceled("S", "Wed 9 12:00")).tick("Wed 9 12:00")

    assert here.open() == [GAP]


def test_the_earlier_of_due_and_deadline_makes_it_high() -> None:
    step = live(due="2026-09-20 at 12:00")
    here = world(program(elearning(), step, deadline="2026-10-20"), ANA.enrolled(), ANA.passed()).tick("Mon 7 09:00")

    assert here.gap("not_booked").severity == "high"


def test_of_several_sessions_the_last_one_frees_the_seat() -> None:
    days = [session("Thu 10 10:00", "1", part=1), session("Fri 11 10:00", "2", part=2)]
    two = program(elearning(), live(live={"course": "C", "parts": 2}), gaps={"waitlisted": {"enabled": False}})
    closed = [roster_closed("S", "Thu 10 12:00", "1"), roster_closed("S", "Fri 11 12:00", "2")]
    listed = [ANA.enrolled(), ANA.passed(), ANA.waitlisted("S", "Mon 7 08:00")]

    here = world(two, scheduled("S", *days), listed, closed).tick("Fri 11 12:00")

    assert here.gap("not_booked").since == moment("Fri 11 11:00")
