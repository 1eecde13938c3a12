"""Unprepared for a session: booked, the session is near, and what should come first is not done."""

from typing import Any

import pytest

from milepost_schemas.topics import Message
from tests.core.builders import (
    ANA,
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
    world,
)

UNPREPARED = "unprepared_for_session(L/S/1)"
START = "Thu 10 10:00"
OPENED = ANA.did("e", "opened", "Fri 4 09:00")


def booked_on_thursday(*said: Message, **head: Any) -> list[Any]:
    """Ana has begun `e`, and is booked on Thursday at ten."""
    return [
        program(elearning(), live(), **head),
        scheduled("S", session(START)),
        ANA.enrolled(),
        OPENED,
        *(said or (ANA.booked("S"),)),
    ]


def test_it_opens_72_hours_before_the_session_and_is_high_24_hours_before() -> None:
    here = world(*booked_on_thursday())

    assert_opens_at(here, "Mon 7 10:00", UNPREPARED)
    assert here.gap("unprepared_for_session").since == moment("Mon 7 10:00")
    here.tick(moment("Wed 9 10:00") - 1)
    assert here.gap("unprepared_for_session").severity == "warning"
    here.tick("Wed 9 10:00")
    assert here.gap("unprepared_for_session").severity == "high"
    assert here.told("unprepared_for_session") == ["opened", "severitychanged"]


def test_the_program_says_when_it_speaks() -> None:
    said = booked_on_thursday(gaps={"unprepared_for_session": {"at": ["2d", "2h"]}})
    here = world(*said)

    assert_opens_at(here, "Tue 8 10:00", UNPREPARED)
    here.tick(moment("Thu 10 08:00") - 1)
    assert here.gap("unprepared_for_session").severity == "warning"
    here.tick("Thu 10 08:00")
    assert here.gap("unprepared_for_session").severity == "high"


def test_who_books_late_is_unprepared_from_the_booking_on() -> None:
    here = world(*booked_on_thursday(ANA.booked("S", "Wed 9 08:00")))

    assert_opens_at(here, "Wed 9 08:00", UNPREPARED)


def test_passing_before_the_session_resolves_it_and_it_stays_resolved() -> None:
    here = world(*booked_on_thursday()).tick("Mon 7 10:00").take(ANA.passed("Tue 8 09:00"))

    assert here.told("unprepared_for_session") == ["opened", "resolved"]
    assert_settled(here.tick("Thu 10 12:00"))


def test_a_pass_before_the_session_that_was_first_heard_of_afterwards_resolves_it_too() -> None:
    here = world(*booked_on_thursday()).tick("Thu 10 10:30")

    here.take(ANA.passed("Thu 10 09:00", received="Thu 10 10:31"))

    assert here.gap("unprepared_for_session").state == "resolved"


def test_who_passed_in_time_or_has_nothing_to_do_first_is_never_unprepared() -> None:
    prepared = world(*booked_on_thursday(ANA.booked("S"), ANA.passed("Mon 7 10:00"))).tick("Thu 10 09:00")
    ungated = world(program(elearning(), live(after=None)), *booked_on_thursday()[1:]).tick("Thu 10 09:00")
    optional = world(program(elearning(required=False), live()), *booked_on_thursday()[1:]).tick("Thu 10 09:00")

    for here in (prepared, ungated, optional):
        assert UNPREPARED not in here.open()
        assert here.told("unprepared_for_session") == []


def test_from_the_start_it_stays_as_it_is_until_the_attendance_is_known() -> None:
    here = world(*booked_on_thursday()).tick("Thu 10 09:00").take(ANA.passed("Thu 10 10:00"))

    here.tick("Thu 10 18:00")

    assert UNPREPARED in here.open()


def test_having_attended_without_the_work_says_it_better() -> None:
    here = world(*booked_on_thursday()).tick("Thu 10 10:59")

    here.take(ANA.marked("S", "present", "Thu 10 11:00")).tick("Thu 10 12:00")

    assert here.gap("unprepared_for_session").superseded_by == "attended_without_prework"
    assert_settled(here)


def test_a_no_show_says_it_better() -> None:
    here = world(*booked_on_thursday()).tick("Thu 10 09:00").take(roster_closed("S", "Thu 10 12:00"))

    here.tick("Thu 10 12:00")

    assert here.open() == ["no_show(L/S/1)"]
    assert here.gap("unprepared_for_session").superseded_by == "no_show"


@pytest.mark.parametrize(
    ("gone", "by"),
    [
        (ANA.excused("S", "Tue 8 12:00"), "ana-excused-S-True-1788868800000"),
        (ANA.canceled("S", "Tue 8 12:00"), "ana-canceled-S-1788868800000"),
    ],
)
def test_who_is_excused_or_gives_the_seat_up_is_unprepared_no_more(gone: Message, by: str) -> None:
    here = world(*booked_on_thursday()).tick("Mon 7 10:00").take(gone)

    assert UNPREPARED not in here.open()
    assert here.gap("unprepared_for_session").state == "resolved"
    assert here.gap("unprepared_for_session").ended_by == by


def test_a_canceled_session_needs_no_preparation() -> None:
    here = world(*booked_on_thursday()).tick("Mon 7 10:00")

    here.take(scheduled("S", session(START, canceled=True), when="Tue 8 12:00", sequence=2))

    assert UNPREPARED not in here.open()
    assert here.gap("unprepared_for_session").ended_at == moment("Tue 8 12:00")


def test_nobody_expects_who_enrolled_or_booked_after_the_start_or_was_promoted_at_the_last_moment() -> None:
    enrolled_late = world(*booked_on_thursday()[:2], ANA.enrolled("Thu 10 10:30"), OPENED, ANA.booked("S"))
    booked_late = world(*booked_on_thursday(ANA.booked("S", "Thu 10 10:01")))
    promoted = world(*booked_on_thursday(ANA.waitlisted("S", "Mon 7 12:00"), ANA.booked("S", "Wed 9 10:01")))
    in_time = world(*booked_on_thursday(ANA.waitlisted("S", "Mon 7 12:00"), ANA.booked("S", "Wed 9 10:00")))

    for here in (enrolled_late, booked_late, promoted):
        assert UNPREPARED not in here.tick("Thu 10 10:45").open()
    assert UNPREPARED in in_time.tick("Thu 10 09:00").open()


def test_it_waits_for_the_source_of_the_work() -> None:
    said = booked_on_thursday()
    here = world(declared("lms", rhythm=600), heard("lms", "Mon 7 09:00"), *said).tick("Mon 7 12:00")
    assert UNPREPARED not in here.open()

    here.take(heard("lms", "Mon 7 13:00")).tick("Mon 7 13:00")

    assert UNPREPARED in here.open()


def test_never_started_says_it_until_the_last_day_before_the_session() -> None:
    said = [program(), scheduled("S", session("Sat 12 10:00")), ANA.enrolled("Tue 1 12:00"), ANA.booked("S")]
    here = world(*said).tick("Wed 9 12:00")
    assert here.open() == ["never_started()"]

    here.tick("Fri 11 10:00")

    assert here.open() == ["never_started()", UNPREPARED]
