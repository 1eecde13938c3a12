"""Repeated no-show: two or more offerings of a step in a row were missed."""

from tests.core.builders import (
    ANA,
    World,
    assert_settled,
    elearning,
    live,
    moment,
    program,
    roster_closed,
    scheduled,
    session,
    world,
)

GAP = "repeat_no_show(L)"
DAYS = {"S": "Mon 7", "T": "Tue 8", "U": "Wed 9", "V": "Thu 10"}


def offered() -> World:
    """Four dates on four days; Ana has passed and books each of them the day before it."""
    dates = [scheduled(name, session(f"{day} 10:00")) for name, day in DAYS.items()]
    booked = [ANA.booked(name, "Sat 5 09:00") for name in DAYS]
    return world(program(), dates, ANA.enrolled(), ANA.passed(), booked).tick("Sat 5 10:00")


def miss(here: World, name: str) -> World:
    return here.take(roster_closed(name, f"{DAYS[name]} 12:00")).tick(f"{DAYS[name]} 12:00")


def attend(here: World, name: str) -> World:
    marked = ANA.marked(name, "present", f"{DAYS[name]} 11:30")
    return here.take(marked, roster_closed(name, f"{DAYS[name]} 12:00")).tick(f"{DAYS[name]} 12:00")


def test_one_missed_session_is_none_and_the_second_opens_it() -> None:
    here = miss(offered(), "S")
    assert GAP not in here.open()

    miss(here, "T")

    assert GAP in here.open()
    gap = here.gap("repeat_no_show")
    assert (gap.severity, gap.since) == ("high", moment("Tue 8 11:00"))
    assert gap.values["sessions"] == ("S/1", "T/1")
    assert f"roster-T-1-{moment('Tue 8 12:00')}" in gap.shown_by


def test_a_third_is_counted_and_the_breach_stays_that_of_the_second() -> None:
    gap = miss(miss(miss(offered(), "S"), "T"), "U").gap("repeat_no_show")

    assert (gap.values["count"], gap.since) == (3, moment("Tue 8 11:00"))


def test_attending_resolves_it_and_it_stays_resolved() -> None:
    here = attend(miss(miss(offered(), "S"), "T"), "U")

    assert GAP not in here.open()
    assert here.told("repeat_no_show") == ["opened", "resolved"]
    assert here.gap("repeat_no_show").ended_at == moment("Wed 9 11:00")
    assert_settled(here)


def test_an_attendance_in_between_interrupts() -> None:
    here = miss(attend(miss(offered(), "S"), "T"), "U")

    assert here.told("repeat_no_show") == []


def test_an_excused_seat_and_a_canceled_session_neither_count_nor_interrupt() -> None:
    here = miss(offered(), "S").take(ANA.excused("T", "Tue 8 09:00"))
    miss(here, "T")
    here.take(scheduled("U", session("Wed 9 10:00", canceled=True), when="Wed 9 08:00", sequence=2))
    assert GAP not in here.open()

    miss(here, "V")

    assert GAP in here.open()


def test_a_correction_takes_it_back() -> None:
    here = miss(miss(offered(), "S"), "T").take(ANA.excused("T", "Wed 9 09:00"))

    assert here.told("repeat_no_show") == ["opened", "retracted"]


def test_a_waiver_resolves_it() -> None:
    here = miss(miss(offered(), "S"), "T").take(ANA.waived("L", "Wed 9 09:00"))

    assert here.told("repeat_no_show") == ["opened", "resolved"]


def test_parts_of_one_offering_count_once() -> None:
    days = [session("Mon 7 10:00", "1", part=1), session("Tue 8 10:00", "2", part=2)]
    two = program(elearning(), live(live={"course": "C", "parts": 2}))
    here = world(two, scheduled("S", *days), ANA.enrolled(), ANA.passed(), ANA.booked("S"))

    here.take(roster_closed("S", "Mon 7 12:00", "1"), roster_closed("S", "Tue 8 12:00", "2")).tick("Tue 8 12:00")

    assert here.open() == ["elearning_done_ilt_missed(L)"]


def test_after_an_attendance_the_latest_run_is_the_one_that_counts() -> None:
    here = offered().take(scheduled("W", session("Fri 11 10:00")), ANA.booked("W", "Sat 5 09:00"))
    attend(miss(miss(here, "S"), "T"), "U")
    miss(here, "V")
    assert GAP not in here.open()

    here.take(roster_closed("W", "Fri 11 12:00")).tick("Fri 11 12:00")

    assert here.gap("repeat_no_show").values["sessions"] == ("V/1", "W/1")
    assert GAP in here.open()
