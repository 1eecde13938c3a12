"""Observation missing: a sign-off on the job is due, and nobody has given it."""

from typing import Any

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
    sheet,
    world,
)

GAP = "observation_missing(o)"


def enrolled(*said: Any, gaps: dict[str, Any] | None = None, **changes: Any) -> World:
    """Ana has begun; a manager should sign off within three days."""
    done = {"signed_off_by": ["manager"]}
    step = {"id": "o", "stage": "support", "done": done, "due": "3d after enrollment", **changes}
    here = program(elearning(), step, gaps=gaps or {})
    return world(here, ANA.enrolled(), ANA.did("e", "opened", "Fri 4 09:00"), *said)


def test_it_opens_at_the_due() -> None:
    here = enrolled()

    assert_opens_at(here, "Mon 7 08:00", GAP)

    gap = here.gap("observation_missing")
    assert (gap.severity, gap.since) == ("high", moment("Mon 7 08:00"))
    assert gap.shown_by == ("ana-enrolled-1788508800000",)
    assert gap.values["roles"] == ("manager",)


def test_a_sign_off_resolves_it_and_it_stays_resolved() -> None:
    here = enrolled().tick("Mon 7 08:00").take(ANA.signed_off("o", "Mon 7 09:00"))

    assert here.open() == []
    assert here.told("observation_missing") == ["opened", "resolved"]
    assert_settled(here)


def test_only_the_right_role_counts_and_as_often_as_it_is_asked_for() -> None:
    peer = enrolled(ANA.signed_off("o", "Mon 7 07:00", role="peer")).tick("Mon 7 08:00")
    twice = {"signed_off_by": ["manager"], "times": 2}
    once = enrolled(ANA.signed_off("o", "Mon 7 07:00"), done=twice).tick("Mon 7 08:00")

    assert GAP in peer.open()
    assert GAP in once.open()
    assert GAP not in once.take(ANA.signed_off("o", "Mon 7 09:00")).open()


def test_a_sign_off_at_the_due_is_in_time() -> None:
    assert enrolled(ANA.signed_off("o", "Mon 7 08:00")).tick("Mon 7 09:00").told("observation_missing") == []


def test_a_waiver_resolves_it() -> None:
    here = enrolled().tick("Mon 7 08:00").take(ANA.waived("o", "Mon 7 09:00"))

    assert here.told("observation_missing") == ["opened", "resolved"]


def test_it_is_silent_where_it_is_optional_without_a_due_or_no_observation() -> None:
    assert enrolled(required=False).tick("Mon 7 09:00").open() == []
    assert enrolled(due=None).tick("Mon 7 09:00").open() == []
    assert world(program(elearning(due="1d after enrollment")), ANA.enrolled()).tick("Mon 7 09:00").open() == [
        "prework_overdue(e)"
    ]


def test_a_program_may_give_some_grace() -> None:
    here = enrolled(gaps={"observation_missing": {"after": "2h"}})

    assert_opens_at(here, "Mon 7 10:00", GAP)

    assert here.gap("observation_missing").since == moment("Mon 7 08:00")


def test_each_occurrence_has_its_own() -> None:
    each = {"at": ["1d", "3d"], "after": "L", "within": "1d"}
    checks = {"id": "o", "stage": "support", "done": {"signed_off_by": ["manager"]}, "each": each}
    present = [ANA.marked("S", "present", "Mon 7 11:00"), sheet("S", "Mon 7 11:00")]
    attended = [scheduled("S", session("Mon 7 10:00")), ANA.booked("S"), present]
    here = world(program(elearning(), live(), checks), ANA.enrolled(), ANA.passed(), attended)

    assert_opens_at(here, "Wed 9 11:00", "observation_missing(o.1)")
    here.take(ANA.signed_off("o", "Wed 9 12:00", occurrence=1))
    assert here.open() == []
    here.take(ANA.signed_off("o", "Thu 10 12:00", occurrence=2))
    assert here.tick("Wed 16 12:00").open() == []
    assert here.journey().state == "complete"


def test_a_sign_off_at_the_due_itself_that_is_heard_of_later_takes_it_back() -> None:
    here = enrolled().tick("Mon 7 08:00").take(ANA.signed_off("o", "Mon 7 08:00", received="Mon 7 09:00"))

    assert here.told("observation_missing") == ["opened", "retracted"]
