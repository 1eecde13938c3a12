"""Pre-work overdue: a required pre-learning step was not done by its due."""

from typing import Any

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
    scheduled,
    session,
    world,
)

OVERDUE = "prework_overdue(e)"
DUE = "Tue 8 18:00"
OPENED = ANA.did("e", "opened", "Fri 4 09:00")


def due_before_session(**changes: Any) -> list[Any]:
    """The story's program: `e` is due on the working day before the session, at six."""
    return [
        program(elearning(due="1wd before L.start at 18:00", **changes), live()),
        scheduled("S", session("Wed 9 10:00")),
        ANA.enrolled(),
        OPENED,
        ANA.booked("S"),
    ]


def test_it_opens_at_the_due_of_the_step() -> None:
    here = world(*due_before_session())

    assert_opens_at(here, DUE, OVERDUE)

    gap = here.gap("prework_overdue")
    assert (gap.severity, gap.since, gap.step) == ("warning", moment(DUE), "e")
    assert gap.shown_by == ("ana-booked-S-1788516000000",)


def test_doing_it_resolves_it_and_it_stays_resolved() -> None:
    here = world(*due_before_session()).tick(DUE)

    here.take(ANA.passed("Tue 8 19:00"))

    assert here.told("prework_overdue") == ["opened", "resolved"]
    assert here.gap("prework_overdue").ended_by == "ana-passed-e-1788894000000"
    assert_settled(here)


def test_what_was_done_at_the_due_itself_is_in_time() -> None:
    here = world(*due_before_session(), ANA.passed(DUE)).tick("Tue 8 20:00")

    assert here.told("prework_overdue") == []


def test_a_pass_that_comes_in_late_takes_it_back() -> None:
    here = world(*due_before_session()).tick(DUE).take(ANA.passed("Mon 7 09:00", received="Tue 8 19:00"))

    assert here.told("prework_overdue") == ["opened", "retracted"]


def test_a_waiver_resolves_it() -> None:
    here = world(*due_before_session()).tick(DUE).take(ANA.waived("e", "Tue 8 19:00"))

    assert here.told("prework_overdue") == ["opened", "resolved"]


def test_it_is_silent_where_the_step_is_optional_or_nothing_sets_its_due() -> None:
    optional = world(*due_before_session(required=False)).tick("Wed 9 09:00")
    no_session = world(program(), ANA.enrolled(), OPENED).tick("Wed 9 09:00")

    assert OVERDUE not in optional.open()
    assert OVERDUE not in no_session.open()


def test_it_waits_for_the_source_that_would_have_told_us() -> None:
    here = world(declared("lms", rhythm=240), heard("lms", "Tue 8 17:00"), *due_before_session()).tick("Tue 8 20:00")
    assert OVERDUE not in here.open()

    here.take(heard("lms", "Tue 8 20:30")).tick("Tue 8 20:31")

    assert here.gap("prework_overdue").since == moment(DUE)


def test_nothing_falls_due_sooner_than_the_notice_after_the_booking() -> None:
    late = ANA.booked("S", "Tue 8 17:00")
    said = [program(notice="4h"), scheduled("S", session("Wed 9 10:00")), ANA.enrolled(), OPENED, late]

    assert_opens_at(world(*said), "Tue 8 21:00", OVERDUE)


def test_a_program_may_give_some_grace_and_the_breach_is_still_that_of_the_due() -> None:
    said = [program(gaps={"prework_overdue": {"after": "2h"}}), *due_before_session()[1:]]
    here = world(*said)

    assert_opens_at(here, "Tue 8 20:00", OVERDUE)

    assert here.gap("prework_overdue").since == moment(DUE)


def test_while_never_started_stands_it_is_not_said_too() -> None:
    step = elearning(due="8d after enrollment")
    here = world(program(step), ANA.enrolled("Tue 1 12:00")).tick("Thu 10 00:00")
    assert here.open() == ["never_started()"]

    here.take(ANA.did("e", "opened", "Thu 10 08:00"))

    assert here.open() == [OVERDUE]


def test_a_moved_session_moves_the_due() -> None:
    here = world(*due_before_session()).tick(DUE)
    assert OVERDUE in here.open()

    here.take(scheduled("S", session("Fri 11 10:00"), when="Tue 8 19:00", sequence=2))

    assert OVERDUE not in here.open()
    assert here.told("prework_overdue") == ["opened", "retracted"]
    assert_opens_at(here, "Thu 10 18:00", OVERDUE)
    assert here.gap("prework_overdue").since == moment("Thu 10 18:00")


def test_a_pass_at_the_due_itself_that_is_heard_of_later_takes_it_back() -> None:
    here = world(*due_before_session()).tick(DUE).take(ANA.passed(DUE, received="Tue 8 19:00"))

    assert here.told("prework_overdue") == ["opened", "retracted"]
