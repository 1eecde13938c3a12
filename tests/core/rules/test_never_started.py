"""Never started: enrolled, and no sign of life on any step."""

import pytest

from milepost_schemas.instants import HOUR
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

NEVER = "never_started()"


def test_it_opens_seven_days_after_the_enrollment_and_says_since_when() -> None:
    here = world(program(), ANA.enrolled("Tue 1 12:00"))

    assert_opens_at(here, "Tue 8 12:00", NEVER)

    gap = here.gap("never_started")
    assert (gap.severity, gap.since) == ("warning", moment("Tue 8 12:00"))
    assert gap.shown_by == ("ana-enrolled-1788264000000",)


def test_the_program_says_how_long_is_long() -> None:
    here = world(program(gaps={"never_started": {"after": "2wd"}}), ANA.enrolled("Fri 4 12:00"))

    assert_opens_at(here, "Tue 8 12:00", NEVER)


def test_it_is_counted_from_the_opening_of_the_program_where_that_is_later() -> None:
    here = world(program(opens="2026-09-07"), ANA.enrolled("Tue 1 12:00"))

    assert_opens_at(here, "Mon 14 00:00", NEVER)


@pytest.mark.parametrize(
    "sign",
    [
        ANA.did("e", "opened", "Wed 9 10:00"),
        ANA.did("e", "failed", "Wed 9 10:00"),
        ANA.signed_off("o", "Wed 9 10:00"),
    ],
)
def test_any_sign_of_life_resolves_it_and_it_stays_resolved(sign: Message) -> None:
    observation = {"id": "o", "stage": "support", "done": {"signed_off_by": ["manager"]}}
    here = world(program(elearning(), observation), ANA.enrolled("Tue 1 12:00")).tick("Tue 8 12:00")

    here.take(sign)

    assert here.open() == []
    assert here.told("never_started") == ["opened", "resolved"]
    assert here.gap("never_started").ended_at == moment("Wed 9 10:00")
    assert_settled(here)


def test_an_attended_session_is_a_sign_of_life() -> None:
    said = [program(), scheduled("S", session("Mon 7 10:00")), ANA.enrolled("Tue 1 12:00"), ANA.booked("S")]
    here = world(*said, ANA.marked("S", "present", "Mon 7 11:00"), roster_closed("S", "Mon 7 12:00"))

    here.tick("Wed 9 00:00")

    assert NEVER not in here.open()


def test_a_sign_at_the_last_moment_is_in_time_and_one_that_comes_late_takes_the_gap_back() -> None:
    on_time = world(program(), ANA.enrolled("Tue 1 12:00"), ANA.did("e", "opened", "Tue 8 12:00")).tick("Tue 8 12:00")
    assert on_time.told("never_started") == []

    late = world(program(), ANA.enrolled("Tue 1 12:00")).tick("Wed 9 00:00")
    late.take(ANA.did("e", "opened", "Tue 8 12:00", received="Wed 9 01:00"))
    assert late.told("never_started") == ["opened", "retracted"]


def test_a_sign_after_the_moment_but_before_its_tick_opens_nothing() -> None:
    here = world(program(), ANA.enrolled("Tue 1 12:00"), ANA.did("e", "opened", "Tue 8 12:01")).tick("Wed 9 00:00")

    assert here.told("never_started") == []


def test_it_is_high_from_72_hours_before_a_booked_session() -> None:
    said = [program(), scheduled("S", session("Sat 12 10:00")), ANA.enrolled("Tue 1 12:00"), ANA.booked("S")]
    here = world(*said).tick(moment("Sat 12 10:00") - 72 * HOUR - 1)
    assert here.gap("never_started").severity == "warning"

    here.tick(moment("Sat 12 10:00") - 72 * HOUR)

    assert here.gap("never_started").severity == "high"
    assert "severitychanged" in here.told("never_started")


def test_it_waits_for_every_source_that_could_have_told_us() -> None:
    said = [declared("lms", rhythm=240), heard("lms", "Tue 8 11:00"), program(), ANA.enrolled("Tue 1 12:00")]
    here = world(*said).tick("Wed 9 00:00")
    assert NEVER not in here.open()

    here.take(heard("lms", "Wed 9 01:00")).tick("Wed 9 02:00")

    assert NEVER in here.open()
    assert here.gap("never_started").since == moment("Tue 8 12:00")


def test_who_withdrew_in_time_is_in_no_gap_and_who_withdraws_later_is_in_none_any_more() -> None:
    early = world(program(), ANA.enrolled("Tue 1 12:00"), ANA.withdrawn("Mon 7 12:00")).tick("Wed 9 00:00")
    assert early.told("never_started") == []

    late = world(program(), ANA.enrolled("Tue 1 12:00")).tick("Tue 8 12:00").take(ANA.withdrawn("Wed 9 08:00"))
    assert late.told("never_started") == ["opened", "resolved"]
    assert late.gap("never_started").ended_at == moment("Wed 9 08:00")
    assert_settled(late)


def test_a_program_can_do_without_it_and_a_compliance_program_says_it_louder() -> None:
    off = world(program(gaps={"never_started": {"enabled": False}}), ANA.enrolled("Tue 1 12:00")).tick("Wed 9 00:00")
    loud = world(program(elearning(), live(), compliance=True), ANA.enrolled("Tue 1 12:00")).tick("Wed 9 00:00")

    assert off.open() == []
    assert loud.gap("never_started").severity == "high"
