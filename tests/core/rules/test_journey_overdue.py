"""Journey overdue: the program's deadline has passed, and the journey is not complete."""

from typing import Any

from tests.core.builders import (
    ANA,
    World,
    assert_opens_at,
    assert_settled,
    declared,
    elearning,
    heard,
    moment,
    program,
    world,
)

GAP = "journey_overdue()"


def begun(*said: Any, **head: Any) -> World:
    """Ana has begun; everything should be done within six days."""
    here = program(elearning(), elearning("f", required=False), **{"deadline": "6d after enrollment", **head})
    return world(here, ANA.enrolled(), ANA.did("e", "opened", "Fri 4 09:00"), *said)


def test_it_opens_at_the_deadline_and_names_what_is_open() -> None:
    here = begun()

    assert_opens_at(here, "Thu 10 08:00", GAP)

    gap = here.gap("journey_overdue")
    assert (gap.severity, gap.since, gap.values["steps"]) == ("high", moment("Thu 10 08:00"), ("e",))
    assert gap.shown_by == ("ana-enrolled-1788508800000",)


def test_a_date_is_the_end_of_its_day_in_the_zone_of_the_learner() -> None:
    here = begun(deadline="2026-09-10", zone="Europe/Berlin")

    assert_opens_at(here, moment("Thu 10 22:00") - 1, GAP)


def test_completing_resolves_it_and_it_stays_resolved() -> None:
    here = begun().tick("Thu 10 08:00").take(ANA.passed("Thu 10 09:00"))

    assert here.open() == []
    assert here.told("journey_overdue") == ["opened", "resolved"]
    assert here.journey().state == "complete"
    assert_settled(here)


def test_who_completes_at_the_deadline_is_in_time() -> None:
    assert begun(ANA.passed("Thu 10 08:00")).tick("Fri 11 08:00").told("journey_overdue") == []


def test_it_is_silent_without_a_deadline() -> None:
    assert begun(deadline=None).tick("Wed 30 08:00").open() == []


def test_it_is_critical_in_a_compliance_program_and_as_loud_as_the_program_says() -> None:
    assert begun(compliance=True).tick("Thu 10 08:00").gap("journey_overdue").severity == "critical"
    said = begun(compliance=True, gaps={"journey_overdue": {"severity": "info", "tell": ["program_owner"]}})
    gap = said.tick("Thu 10 08:00").gap("journey_overdue")
    assert (gap.severity, gap.told) == ("info", ("program_owner",))


def test_a_program_may_give_some_grace() -> None:
    here = begun(gaps={"journey_overdue": {"after": "1d"}})

    assert_opens_at(here, "Fri 11 08:00", GAP)

    assert here.gap("journey_overdue").since == moment("Thu 10 08:00")


def test_it_waits_for_every_source() -> None:
    here = begun(declared("lms", rhythm=600), heard("lms", "Thu 10 07:00")).tick("Thu 10 16:00")
    assert GAP not in here.open()

    assert GAP in here.take(heard("lms", "Thu 10 16:30")).tick("Thu 10 16:30").open()


def test_what_lies_before_tracking_began_is_historical_and_told_to_nobody() -> None:
    said = [program(elearning(), deadline="6d after enrollment"), ANA.enrolled(), ANA.did("e", "opened", "Fri 4 09:00")]
    here = world(*said, tracking_from="Fri 11 08:00").tick("Fri 11 08:00")

    gap = here.gap("journey_overdue")
    assert (gap.historical, gap.told) == (True, ())


def test_a_completion_at_the_deadline_that_is_heard_of_later_takes_it_back() -> None:
    here = begun().tick("Thu 10 08:00").take(ANA.passed("Thu 10 08:00", received="Thu 10 08:30"))

    assert here.told("journey_overdue") == ["opened", "retracted"]
