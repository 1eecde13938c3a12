"""No-show: expected in a session, every channel is closed, and not there; and the session was needed."""

from typing import Any

import pytest

from tests.core.builders import (
    ANA,
    SHEET,
    World,
    assert_settled,
    elearning,
    ended,
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

GAP = "no_show(L/S/1)"
OPENED = ANA.did("e", "opened", "Fri 4 09:00")


def booked_on_monday(*said: Any, **changes: Any) -> World:
    """Ana has begun `e` and is booked on S, on Monday at ten."""
    steps = [elearning(), live(**changes)]
    return world(
        program(*steps), scheduled("S", session("Mon 7 10:00")), ANA.enrolled(), OPENED, ANA.booked("S"), *said
    )


def missed() -> World:
    return booked_on_monday(roster_closed("S", "Mon 7 12:00")).tick("Mon 7 12:00")


def test_it_opens_when_the_roster_is_closed_and_not_by_the_end_of_the_session_alone() -> None:
    here = booked_on_monday().tick("Tue 8 09:59")
    assert GAP not in here.open()
    assert here.outcome() == "unknown"

    here.take(roster_closed("S", "Tue 8 10:00")).tick("Tue 8 10:00")

    assert here.open() == [GAP]
    gap = here.gap("no_show")
    assert (gap.severity, gap.since) == ("warning", moment("Mon 7 11:00"))
    assert gap.shown_by == ("ana-booked-S-1788516000000", f"roster-S-1-{moment('Tue 8 10:00')}")


def test_a_sheet_without_her_closes_its_channel_and_so_the_session() -> None:
    here = booked_on_monday(sheet("S", "Mon 7 12:00")).tick("Mon 7 12:00")

    assert here.open() == [GAP]


def test_of_two_channels_both_must_be_closed() -> None:
    hybrid = scheduled("S", session("Mon 7 10:00", channels=(SHEET, room())), when="Tue 1 10:00", sequence=2)
    here = booked_on_monday(hybrid, started("Mon 7 10:00"), ended("Mon 7 11:00")).tick("Mon 7 13:00")
    assert GAP not in here.open()

    here.take(sheet("S", "Tue 8 09:00")).tick("Tue 8 09:00")

    assert GAP in here.open()


def test_an_end_marker_closes_a_room_after_the_settling_time() -> None:
    remote = scheduled("S", session("Mon 7 10:00", channels=(room(),)), when="Tue 1 10:00", sequence=2)
    here = booked_on_monday(remote, started("Mon 7 10:00"), ended("Mon 7 10:58"))

    assert GAP not in here.tick(moment("Mon 7 12:28") - 1).open()
    assert GAP in here.tick("Mon 7 12:28").open()


def test_attending_another_date_resolves_it_and_it_stays_resolved() -> None:
    later = scheduled("T", session("Mon 14 10:00"))
    here = missed().take(later, ANA.booked("T", "Tue 8 09:00")).tick("Tue 8 10:00")
    assert here.open() == [f"{GAP}(m)"]
    assert here.gap("no_show").planned_by == f"ana-booked-T-{moment('Tue 8 09:00')}"

    here.take(ANA.marked("T", "present", "Mon 14 11:00")).tick("Mon 14 12:00")

    assert here.told("no_show") == ["opened", "mitigated", "resolved"]
    assert_settled(here)


def test_a_waiver_resolves_it() -> None:
    assert missed().take(ANA.waived("L", "Tue 8 09:00")).told("no_show") == ["opened", "resolved"]


def test_an_excuse_or_a_corrected_mark_takes_it_back() -> None:
    excused = missed().take(ANA.excused("S", "Mon 7 13:00"))
    corrected = missed().take(ANA.marked("S", "present", "Mon 7 13:00", rank=30))

    assert excused.told("no_show") == ["opened", "retracted"]
    assert corrected.told("no_show") == ["opened", "retracted"]
    assert_settled(corrected)


def test_an_excuse_that_is_taken_back_opens_it_again_under_the_same_id() -> None:
    here = missed()
    earlier = here.gap("no_show").gap_id

    here.take(ANA.excused("S", "Mon 7 13:00"), ANA.excused("S", "Mon 7 14:00", excused=False)).tick("Mon 7 15:00")

    assert here.open() == [GAP]
    assert here.gap("no_show").gap_id == earlier


def test_nobody_expects_who_gave_up_the_seat_enrolled_late_or_was_promoted_late() -> None:
    closed = roster_closed("S", "Mon 7 12:00")
    base = [program(), scheduled("S", session("Mon 7 10:00")), OPENED, closed]
    given_up = world(*base, ANA.enrolled(), ANA.booked("S"), ANA.canceled("S", "Sun 6 09:00"))
    enrolled_late = world(*base, ANA.enrolled("Mon 7 10:01"), ANA.booked("S"))
    promoted = world(*base, ANA.enrolled(), ANA.waitlisted("S", "Fri 4 09:30"), ANA.booked("S", "Sun 6 10:01"))
    promoted_in_time = world(*base, ANA.enrolled(), ANA.waitlisted("S", "Fri 4 09:30"), ANA.booked("S", "Sun 6 10:00"))

    for here in (given_up, enrolled_late, promoted):
        assert GAP not in here.tick("Mon 7 12:00").open()
    assert GAP in promoted_in_time.tick("Mon 7 12:00").open()


def test_giving_the_seat_up_after_the_start_does_not_help() -> None:
    here = booked_on_monday(ANA.canceled("S", "Mon 7 10:01"), roster_closed("S", "Mon 7 12:00")).tick("Mon 7 12:00")

    assert here.open() == [GAP]


def test_a_canceled_session_is_no_no_show() -> None:
    gone = scheduled("S", session("Mon 7 10:00", canceled=True), when="Sun 6 10:00", sequence=2)
    here = booked_on_monday(gone, roster_closed("S", "Mon 7 12:00")).tick("Mon 7 12:00")

    assert GAP not in here.open()


def test_a_missed_part_that_was_not_needed_is_none_and_one_too_many_is() -> None:
    parts: dict[str, Any] = {"live": {"course": "C", "parts": 3, "attend": 2}}
    days = [session(f"{day} 10:00", str(part), part=part) for part, day in enumerate(("Mon 7", "Tue 8", "Wed 9"), 1)]
    three = [
        program(elearning(), live(after=None, **parts)),
        scheduled("S", *days),
        ANA.enrolled(),
        OPENED,
        ANA.booked("S"),
    ]
    here = world(*three, roster_closed("S", "Mon 7 12:00", "1")).tick("Mon 7 12:00")
    assert here.open() == []

    here.take(roster_closed("S", "Tue 8 12:00", "2")).tick("Tue 8 12:00")

    assert here.open() == ["no_show(L/S/1)", "no_show(L/S/2)"]
    assert {gap.since for gap in here.rows if gap.gap == "no_show"} == {moment("Tue 8 11:00")}


def test_once_the_work_is_done_the_missed_live_part_says_it_better() -> None:
    here = missed().take(ANA.passed("Tue 8 09:00")).tick("Tue 8 10:00")

    assert here.open() == ["elearning_done_ilt_missed(L)"]
    assert here.gap("no_show").superseded_by == "elearning_done_ilt_missed"


@pytest.mark.parametrize("closing", [roster_closed("S", "Mon 7 12:00"), sheet("S", "Mon 7 12:00")])
def test_a_closing_concludes_nothing_before_a_tick_that_covers_it(closing: Any) -> None:
    here = booked_on_monday(closing).tick("Mon 7 11:59")
    assert GAP not in here.open()
    assert here.outcome() == "unknown"

    assert here.tick("Mon 7 12:00").open() == [GAP]


def test_a_roster_that_was_opened_and_closed_again_waits_for_the_later_closing_to_be_covered() -> None:
    here = missed()
    opened = roster_closed("S", "Mon 7 13:00", closed=False)

    here.take(opened, roster_closed("S", "Mon 7 14:00")).tick("Mon 7 13:30")
    assert GAP not in here.open()

    assert here.tick("Mon 7 14:00").open() == [GAP]


def test_a_closing_that_is_said_again_every_night_stays_covered() -> None:
    here = missed()

    assert here.take(roster_closed("S", "Tue 8 02:00")).open() == [GAP]


def test_who_attended_another_date_that_ended_at_the_same_time_missed_nothing() -> None:
    same_time = scheduled("T", session("Mon 7 10:00"))

    here = missed().take(same_time, ANA.marked("T", "present", "Mon 7 13:00")).tick("Mon 7 13:00")

    assert here.told("no_show") == ["opened", "retracted"]
