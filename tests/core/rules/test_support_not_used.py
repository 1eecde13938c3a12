"""Support not used: the live part is done for a month, and the job aid was never opened."""

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
    scheduled,
    session,
    sheet,
    world,
)

GAP = "support_not_used(j)"


def attended(*said: Any, required: bool = True, **head: Any) -> World:
    """Ana attended on Monday until eleven; there is a job aid."""
    evidence = {"source": "wiki", "activity": "a:j"}
    aid = {"id": "j", "stage": "support", "done": "opened", "evidence": evidence, "required": required}
    steps = [elearning(), live(), aid]
    base = [program(*steps, **head), scheduled("S", session("Mon 7 10:00")), ANA.enrolled(), ANA.passed()]
    return world(*base, ANA.booked("S"), ANA.marked("S", "present", "Mon 7 11:00"), sheet("S", "Mon 7 11:00"), *said)


def used(when: str, **changes: Any) -> Any:
    return ANA.did("j", "opened", when, source="wiki", **changes)


def test_it_opens_thirty_days_after_the_session() -> None:
    here = attended()

    assert_opens_at(here, "Wed 7 Oct 11:00", GAP)

    gap = here.gap("support_not_used")
    assert (gap.severity, gap.since) == ("warning", moment("Wed 7 Oct 11:00"))
    assert f"ana-present-S-1-{moment('Mon 7 11:00')}" in gap.shown_by


def test_for_an_optional_aid_it_is_only_information() -> None:
    assert attended(required=False).tick("Wed 7 Oct 11:00").gap("support_not_used").severity == "info"


def test_the_program_says_how_long_is_long() -> None:
    assert_opens_at(attended(gaps={"support_not_used": {"after": "2d"}}), "Wed 9 11:00", GAP)


def test_opening_it_resolves_it_and_it_stays_resolved() -> None:
    here = attended().tick("Wed 7 Oct 11:00").take(used("Thu 8 Oct 09:00"))

    assert here.open() == []
    assert here.told("support_not_used") == ["opened", "resolved"]
    assert_settled(here)


def test_a_waiver_resolves_it() -> None:
    here = attended().tick("Wed 7 Oct 11:00").take(ANA.waived("j", "Thu 8 Oct 09:00"))

    assert here.told("support_not_used") == ["opened", "resolved"]


def test_who_opened_it_in_time_or_even_before_the_session_is_in_no_gap() -> None:
    assert attended(used("Wed 7 Oct 11:00")).tick("Thu 8 Oct 11:00").told("support_not_used") == []
    assert attended(used("Fri 4 09:00")).tick("Thu 8 Oct 11:00").told("support_not_used") == []


def test_it_is_silent_while_the_live_part_is_open() -> None:
    here = attended(ANA.marked("S", "absent", "Mon 7 12:00", rank=30)).tick("Thu 8 Oct 11:00")

    assert GAP not in here.open()


def test_it_waits_for_the_source_of_the_aid() -> None:
    here = attended(declared("wiki", rhythm=600), heard("wiki", "Wed 7 Oct 10:00")).tick("Wed 7 Oct 18:00")
    assert GAP not in here.open()

    assert GAP in here.take(heard("wiki", "Wed 7 Oct 18:30")).tick("Wed 7 Oct 18:30").open()


def test_a_use_at_the_last_moment_that_is_heard_of_later_takes_it_back() -> None:
    here = attended().tick("Wed 7 Oct 11:00").take(used("Wed 7 Oct 11:00", received="Thu 8 Oct 09:00"))

    assert here.told("support_not_used") == ["opened", "retracted"]


def test_what_is_no_aid_is_not_looked_for() -> None:
    watched = {"id": "o", "stage": "support", "done": {"signed_off_by": ["manager"]}}
    base = [program(elearning(), live(), watched), scheduled("S", session("Mon 7 10:00")), ANA.enrolled(), ANA.passed()]
    present = [ANA.booked("S"), ANA.marked("S", "present", "Mon 7 11:00"), sheet("S", "Mon 7 11:00")]

    assert world(*base, present).tick("Thu 8 Oct 11:00").open() == []
