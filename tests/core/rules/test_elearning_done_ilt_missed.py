"""eLearning done, live part missed: the work is done, a chance to attend is used up, and it is not made up."""

from typing import Any

from tests.core.builders import (
    ANA,
    World,
    assert_opens_at,
    assert_settled,
    declared,
    elearning,
    heard,
    live,
    moment,
    program,
    roster_closed,
    scheduled,
    session,
    sheet,
    world,
)

GAP = "elearning_done_ilt_missed(L)"
CLOSED = roster_closed("S", "Mon 7 12:00")
ATTENDED_FIRST = [ANA.marked("A", "present", "Mon 7 11:00", "1"), sheet("A", "Mon 7 11:00", "1")]


def booked_on_monday(*said: Any, live_step: dict[str, Any] | None = None, **head: Any) -> World:
    """Ana has passed, and is booked on S, on Monday at ten. T is a week later, U two weeks."""
    steps = [elearning(), live(**(live_step or {}))]
    dates = [scheduled("S", session("Mon 7 10:00")), scheduled("T", session("Mon 14 10:00"))]
    more = scheduled("U", session("Mon 21 10:00"))
    return world(program(*steps, **head), dates, more, ANA.enrolled(), ANA.passed(), ANA.booked("S"), *said)


def missed(**head: Any) -> World:
    return booked_on_monday(CLOSED, **head).tick("Mon 7 12:00")


def test_it_opens_when_the_session_is_closed_without_her() -> None:
    here = booked_on_monday().tick("Mon 7 11:59")
    assert here.open() == []

    here.take(CLOSED).tick("Mon 7 12:00")

    assert here.open() == [GAP]
    gap = here.gap("elearning_done_ilt_missed")
    assert (gap.severity, gap.since, gap.occurrences) == ("high", moment("Mon 7 11:00"), ("S/1",))
    assert gap.told == ("coordinator", "manager")
    shown_by = {"ana-passed-e-1788512400000", "ana-booked-S-1788516000000", f"roster-S-1-{moment('Mon 7 12:00')}"}
    assert set(gap.shown_by) == shown_by


def test_it_is_silent_until_the_work_is_done_and_then_dates_from_that() -> None:
    said = [program(), scheduled("S", session("Mon 7 10:00")), ANA.enrolled(), ANA.booked("S"), CLOSED]
    here = world(*said).tick("Mon 7 12:00")
    assert GAP not in here.open()

    here.take(ANA.passed("Tue 8 09:00")).tick("Tue 8 09:00")

    assert here.open() == [GAP]
    assert here.gap("elearning_done_ilt_missed").since == moment("Tue 8 09:00")


def test_where_nothing_comes_first_a_missed_session_is_a_no_show() -> None:
    here = booked_on_monday(CLOSED, live_step={"after": None}).tick("Mon 7 12:00")

    assert here.open() == ["no_show(L/S/1)"]


def test_a_seat_that_is_given_up_on_the_last_day_is_a_chance_that_is_used_up() -> None:
    in_time = booked_on_monday(ANA.canceled("S", "Sun 6 10:00")).tick("Sun 6 11:00")
    late = booked_on_monday(ANA.canceled("S", "Sun 6 10:01")).tick("Sun 6 11:00")
    by_provider = booked_on_monday(ANA.canceled("S", "Sun 6 10:01", by="provider")).tick("Sun 6 11:00")

    assert GAP not in in_time.open()
    assert late.open() == [GAP]
    assert late.gap("elearning_done_ilt_missed").since == moment("Sun 6 10:01")
    assert GAP not in by_provider.open()


def test_a_place_on_the_list_that_is_given_up_is_none() -> None:
    said = [ANA.waitlisted("T", "Mon 7 08:00"), ANA.canceled("T", "Mon 14 09:00")]
    here = world(program(), scheduled("T", session("Mon 14 10:00")), ANA.enrolled(), ANA.passed(), *said)

    assert GAP not in here.tick("Mon 14 09:30").open()


def test_the_due_of_the_live_step_uses_the_chance_up() -> None:
    here = booked_on_monday(ANA.canceled("S", "Sat 5 10:00"), live_step={"due": "2026-09-10 at 12:00"})

    assert_opens_at(here, "Thu 10 12:00", GAP)

    assert here.gap("elearning_done_ilt_missed").since == moment("Thu 10 12:00")


def test_the_due_waits_for_a_session_of_which_nothing_is_known_yet() -> None:
    here = booked_on_monday(live_step={"due": "2026-09-10 at 12:00"}).tick("Fri 11 12:00")
    assert here.told("elearning_done_ilt_missed") == []

    here.take(ANA.marked("S", "present", "Fri 11 13:00")).tick("Fri 11 13:00")

    assert GAP not in here.open()


def test_the_due_waits_for_who_would_have_told_us() -> None:
    quiet = [declared("sheet", rhythm=600), heard("sheet", "Thu 10 11:00")]
    here = booked_on_monday(*quiet, ANA.canceled("S", "Sat 5 10:00"), live_step={"due": "2026-09-10 at 12:00"})
    assert GAP not in here.tick("Thu 10 20:00").open()

    assert GAP in here.take(heard("sheet", "Thu 10 20:00")).tick("Thu 10 20:01").open()


def test_a_new_seat_mitigates_it_until_the_outcome_of_that_session_is_known() -> None:
    here = missed().take(ANA.booked("T", "Tue 8 09:00"))
    assert here.open() == [f"{GAP}(m)"]
    assert here.tick("Mon 14 18:00").open() == [f"{GAP}(m)"]

    here.take(roster_closed("T", "Mon 14 18:00")).tick("Mon 14 18:01")

    assert GAP in here.open()
    assert here.told("elearning_done_ilt_missed") == ["opened", "mitigated", "opened"]
    assert here.gap("elearning_done_ilt_missed").occurrences == ("S/1", "T/1")
    assert here.gap("elearning_done_ilt_missed").since == moment("Mon 7 11:00")


def test_attending_resolves_it_and_it_stays_resolved() -> None:
    here = missed().take(ANA.booked("T", "Tue 8 09:00"), ANA.marked("T", "present", "Mon 14 11:00"))

    here.tick("Mon 14 12:00")

    assert here.open() == []
    assert here.told("elearning_done_ilt_missed")[-1] == "resolved"
    assert here.gap("elearning_done_ilt_missed").ended_at == moment("Mon 14 11:00")
    assert_settled(here)


def test_a_waiver_resolves_it_and_an_excuse_takes_it_back() -> None:
    waived = missed().take(ANA.waived("L", "Tue 8 09:00"))
    excused = missed().take(ANA.excused("S", "Tue 8 09:00"))

    assert waived.told("elearning_done_ilt_missed") == ["opened", "resolved"]
    assert excused.told("elearning_done_ilt_missed") == ["opened", "retracted"]


def test_a_waitlist_place_and_a_request_are_no_plan() -> None:
    here = missed().take(ANA.waitlisted("T", "Tue 8 09:00"), ANA.seat("U", "requested", "Tue 8 09:00"))

    assert GAP in here.open()


def test_a_seat_after_the_deadline_is_no_plan() -> None:
    here = missed(deadline="2026-09-14").take(ANA.booked("U", "Tue 8 09:00"))
    assert GAP in here.open()

    here.take(ANA.booked("T", "Tue 8 10:00"))

    assert f"{GAP}(m)" in here.open()


def test_a_plan_that_falls_through_opens_it_again_under_the_same_id() -> None:
    here = missed().take(ANA.booked("T", "Tue 8 09:00"))
    earlier = here.gap("elearning_done_ilt_missed").gap_id

    here.take(scheduled("T", session("Mon 14 10:00", canceled=True), when="Thu 10 09:00", sequence=2))

    assert here.open() == [GAP]
    assert here.gap("elearning_done_ilt_missed").gap_id == earlier
    assert here.tick("Sun 13 09:01").open() == [GAP]


def test_two_of_three_parts_are_needed_and_only_a_part_that_is_still_needed_is_a_plan() -> None:
    parts: dict[str, Any] = {"live": {"course": "C", "parts": 3, "attend": 2, "make_up": "any_offering"}}
    days = [session(f"{day} 10:00", str(part), part=part) for part, day in enumerate(("Mon 7", "Tue 8", "Wed 9"), 1)]
    three = [program(elearning(), live(**parts)), scheduled("A", *days), ANA.enrolled(), ANA.passed(), ANA.booked("A")]
    more = [scheduled("B", session("Mon 14 10:00", part=1)), scheduled("D", session("Tue 15 10:00", part=2))]
    here = world(*three, more, ATTENDED_FIRST).tick("Mon 7 12:00")
    assert here.take(roster_closed("A", "Tue 8 12:00", "2")).tick("Tue 8 12:00").open() == []

    here.take(roster_closed("A", "Wed 9 12:00", "3")).tick("Wed 9 12:00")
    assert here.open() == [GAP]
    assert here.gap("elearning_done_ilt_missed").occurrences == ("A/2", "A/3")
    assert here.take(ANA.booked("B", "Thu 10 09:00")).open() == [GAP]
    assert here.take(ANA.booked("D", "Thu 10 10:00")).open() == [f"{GAP}(m)"]

    here.take(ANA.marked("D", "present", "Tue 15 11:00"), roster_closed("B", "Mon 14 12:00")).tick("Tue 15 12:00")
    assert here.open() == []


def test_parts_of_another_offering_do_not_help_where_they_must_be_of_one() -> None:
    parts: dict[str, Any] = {"live": {"course": "C", "parts": 2, "attend": 2}}
    days = [session("Mon 7 10:00", "1", part=1), session("Tue 8 10:00", "2", part=2)]
    two = [program(elearning(), live(**parts)), scheduled("A", *days), ANA.enrolled(), ANA.passed(), ANA.booked("A")]
    here = world(*two, scheduled("D", session("Tue 15 10:00", part=2)), ATTENDED_FIRST)
    here.take(roster_closed("A", "Tue 8 12:00", "2")).tick("Tue 8 12:00")
    assert here.open() == [GAP]

    here.take(ANA.booked("D", "Wed 9 09:00"), ANA.marked("D", "present", "Tue 15 11:00")).tick("Tue 15 12:00")

    assert here.open() == [GAP]


def test_the_due_does_not_wait_for_a_session_after_it() -> None:
    here = booked_on_monday(ANA.canceled("S", "Sat 5 10:00"), ANA.booked("T"), live_step={"due": "2026-09-10 at 12:00"})

    assert here.tick("Thu 10 12:00").open() == [f"{GAP}(m)"]


def test_a_session_that_ends_with_the_due_is_in_time() -> None:
    on_the_dot: dict[str, Any] = {"due": "2026-09-07 at 11:00"}
    waiting = booked_on_monday(live_step=on_the_dot).tick("Mon 7 12:00")
    assert waiting.told("elearning_done_ilt_missed") == []

    walked_in = [program(elearning(), live(**on_the_dot)), scheduled("S", session("Mon 7 10:00")), ANA.enrolled()]
    here = world(*walked_in, ANA.passed()).tick("Mon 7 11:00")
    assert here.open() == ["elearning_done_ilt_missed(L)"]
    here.take(ANA.marked("S", "present", "Mon 7 11:30")).tick("Mon 7 12:00")
    assert here.told("elearning_done_ilt_missed") == ["opened", "retracted"]
