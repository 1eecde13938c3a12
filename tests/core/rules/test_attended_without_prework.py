"""Attended without pre-work: was in the session, and what should come first was not done when it started."""

from typing import Any

from tests.core.builders import (
    ANA,
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

GAP = "attended_without_prework(L/S/1)"
PRESENT = ANA.marked("S", "present", "Mon 7 11:00")


def attended(**gate: Any) -> list[Any]:
    """Ana attends on Monday at ten, booked on Friday."""
    steps = {"after": {"steps": ["e"], "gate": "strict"}} | gate
    return [
        program(elearning(), live(**steps)),
        scheduled("S", session("Mon 7 10:00")),
        ANA.enrolled(),
        ANA.booked("S"),
        PRESENT,
    ]


def test_it_opens_when_the_attendance_is_known() -> None:
    here = world(*attended()[:-1]).tick("Mon 7 10:59")
    assert GAP not in here.open()

    here.take(PRESENT).tick("Mon 7 11:00")

    assert here.open() == [GAP]
    gap = here.gap("attended_without_prework")
    assert (gap.severity, gap.since) == ("high", moment("Mon 7 11:00"))
    assert gap.shown_by == ("ana-booked-S-1788516000000", "ana-present-S-1-1788778800000")


def test_a_soft_gate_makes_it_a_warning_and_no_gate_makes_it_nothing() -> None:
    soft = world(*attended(after={"steps": ["e"], "gate": "soft"})).tick("Mon 7 12:00")
    free = world(*attended(after=None)).tick("Mon 7 12:00")

    assert soft.gap("attended_without_prework").severity == "warning"
    assert free.open() == []


def test_doing_it_later_resolves_it_and_it_stays_resolved() -> None:
    here = world(*attended()).tick("Mon 7 12:00").take(ANA.passed("Tue 8 09:00"))

    assert here.told("attended_without_prework") == ["opened", "resolved"]
    assert_settled(here)


def test_a_waiver_resolves_it() -> None:
    here = world(*attended()).tick("Mon 7 12:00").take(ANA.waived("e", "Tue 8 09:00"))

    assert here.told("attended_without_prework") == ["opened", "resolved"]


def test_what_was_done_by_the_start_is_in_time() -> None:
    in_time = world(*attended(), ANA.passed("Mon 7 10:00")).tick("Mon 7 12:00")
    a_moment_late = world(*attended(), ANA.passed("Mon 7 10:00:01")).tick("Mon 7 12:00")

    assert in_time.told("attended_without_prework") == []
    assert a_moment_late.told("attended_without_prework") == []  # done before anybody could be told
    assert world(*attended()).tick("Mon 7 12:00").take(ANA.passed("Mon 7 10:00:01")).told(
        "attended_without_prework"
    ) == ["opened", "resolved"]


def test_a_pass_that_is_withdrawn_opens_it() -> None:
    passed = ANA.passed()
    here = world(*attended(), passed).tick("Mon 7 12:00")
    assert here.open() == []

    here.take(ANA.revoked(passed, "Tue 8 09:00")).tick("Tue 8 10:00")

    assert here.open() == [GAP]


def test_it_waits_for_the_source_of_the_work() -> None:
    here = world(declared("lms", rhythm=600), heard("lms", "Mon 7 09:00"), *attended()).tick("Mon 7 12:00")
    assert GAP not in here.open()

    here.take(heard("lms", "Mon 7 13:00")).tick("Mon 7 13:00")

    assert GAP in here.open()


def test_who_was_there_in_part_has_not_attended() -> None:
    partly = ANA.marked("S", "partial", "Mon 7 11:00", rank=30)
    here = world(*attended()[:-1], partly).tick("Mon 7 12:00")

    assert GAP not in here.open()


def test_a_pass_at_the_start_itself_that_is_heard_of_later_takes_it_back() -> None:
    here = world(*attended()).tick("Mon 7 12:00").take(ANA.passed("Mon 7 10:00", received="Mon 7 13:00"))

    assert here.told("attended_without_prework") == ["opened", "retracted"]
