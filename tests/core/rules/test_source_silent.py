"""Source silent: a source with a rhythm has said nothing for longer than is normal for it."""

from tests.core.builders import (
    assert_opens_at,
    assert_settled,
    declared,
    heard,
    import_began,
    import_finished,
    moment,
    world,
)

GAP = "source_silent()"
LMS = declared("lms", rhythm=240)


def test_it_opens_when_the_rhythm_has_passed_since_the_last_sign_of_life() -> None:
    here = world(LMS, heard("lms", "Mon 7 09:00"))

    assert_opens_at(here, "Mon 7 13:00", GAP)

    gap = here.gap("source_silent")
    assert (gap.severity, gap.since, gap.subject) == ("critical", moment("Mon 7 13:00"), "lms")
    assert gap.shown_by == (f"heard-lms-{moment('Mon 7 09:00')}",)
    assert gap.told == ("data_admin",)


def test_a_sign_of_life_resolves_it_and_it_stays_resolved() -> None:
    here = world(LMS, heard("lms", "Mon 7 09:00")).tick("Mon 7 13:00").take(heard("lms", "Mon 7 14:00"))

    assert here.open() == []
    assert here.told("source_silent") == ["opened", "resolved"]
    assert here.gap("source_silent").ended_at == moment("Mon 7 14:00")
    assert_settled(here)
    assert_opens_at(here, "Mon 7 18:00", GAP)


def test_an_import_is_a_sign_of_life_too() -> None:
    here = world(LMS, heard("lms", "Mon 7 09:00")).tick("Mon 7 13:00").take(import_began("lms", "Mon 7 14:00"))

    assert here.open() == []
    assert here.source("lms").heard_until == moment("Mon 7 14:00")
    here.take(import_finished("lms", "Mon 7 15:00"))
    assert here.source("lms").importing_since is None


def test_a_sign_in_time_keeps_it_silent_even_if_it_is_heard_of_later() -> None:
    here = world(LMS, heard("lms", "Mon 7 09:00"), heard("lms", "Mon 7 12:59")).tick("Mon 7 14:00")
    assert here.told("source_silent") == []

    late = world(LMS, heard("lms", "Mon 7 09:00")).tick("Mon 7 13:30")
    late.take(heard("lms", "Mon 7 12:59", received_at=moment("Mon 7 13:40")))
    assert late.told("source_silent") == ["opened", "retracted"]


def test_a_source_without_a_rhythm_may_be_silent_for_ever() -> None:
    silent = world(declared("lms"), heard("lms", "Mon 7 09:00")).tick("Wed 30 09:00")
    undeclared = world(heard("lms", "Mon 7 09:00")).tick("Wed 30 09:00")

    assert silent.open() == []
    assert undeclared.open() == []
    assert silent.source("lms").heard_until is None


def test_the_declaration_that_was_recorded_last_counts_whenever_it_comes() -> None:
    longer = declared("lms", "Wed 2 07:00", rhythm=600)
    for said in ((LMS, longer), (longer, LMS)):
        here = world(*said, heard("lms", "Mon 7 09:00"))
        assert_opens_at(here, "Mon 7 19:00", GAP)
