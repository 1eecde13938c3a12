"""Reinforcement not started: the live part is done for days, and nothing of what follows is begun."""

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
    reinforcement,
    scheduled,
    session,
    sheet,
    world,
)

GAP = "reinforcement_not_started()"
DONE = ANA.did("r", "opened", "Fri 11 09:00", source="cards")


def attended(*said: Any, step: dict[str, Any] | None = None, **head: Any) -> World:
    """Ana attended on Monday until eleven."""
    steps = [elearning(), live(), step or reinforcement()]
    base = [program(*steps, **head), scheduled("S", session("Mon 7 10:00")), ANA.enrolled(), ANA.passed()]
    return world(*base, ANA.booked("S"), ANA.marked("S", "present", "Mon 7 11:00"), sheet("S", "Mon 7 11:00"), *said)


def test_it_opens_three_days_after_the_session() -> None:
    here = attended()

    assert_opens_at(here, "Thu 10 11:00", GAP)

    gap = here.gap("reinforcement_not_started")
    assert (gap.severity, gap.since) == ("warning", moment("Thu 10 11:00"))
    assert f"ana-present-S-1-{moment('Mon 7 11:00')}" in gap.shown_by


def test_the_program_says_how_long_is_long() -> None:
    settings = {"reinforcement_not_started": {"after": "1wd"}}

    assert_opens_at(attended(gaps=settings), "Tue 8 11:00", GAP)


def test_spaced_reinforcement_counts_from_the_opening_of_its_first_item() -> None:
    each = {"at": ["5d", "9d"], "after": "L", "within": "20d"}

    assert_opens_at(attended(step=reinforcement(each=each)), "Tue 15 11:00", GAP)


def test_any_sign_resolves_it_and_it_stays_resolved() -> None:
    here = attended().tick("Thu 10 11:00").take(DONE)

    assert here.open() == []
    assert here.told("reinforcement_not_started") == ["opened", "resolved"]
    assert here.gap("reinforcement_not_started").ended_at == moment("Fri 11 09:00")
    assert_settled(here)


def test_a_sign_at_the_last_moment_is_in_time() -> None:
    here = attended(ANA.did("r", "opened", "Thu 10 11:00", source="cards")).tick("Fri 11 11:00")

    assert here.told("reinforcement_not_started") == []


def test_it_is_silent_while_the_live_part_is_open_and_where_nothing_is_required() -> None:
    base = [program(elearning(), live(), reinforcement()), ANA.enrolled(), ANA.passed()]
    not_attended = world(*base).tick("Mon 14 11:00")
    optional = attended(step=reinforcement(required=False)).tick("Mon 14 11:00")
    waived = attended(ANA.waived("r", "Tue 8 09:00")).tick("Mon 14 11:00")

    for here in (not_attended, optional, waived):
        assert GAP not in here.open()


def test_it_waits_for_the_source_of_the_reinforcement() -> None:
    here = attended(declared("cards", rhythm=600), heard("cards", "Thu 10 10:00")).tick("Thu 10 18:00")
    assert GAP not in here.open()

    assert GAP in here.take(heard("cards", "Thu 10 18:30")).tick("Thu 10 18:30").open()


def test_a_corrected_attendance_takes_it_back() -> None:
    here = attended().tick("Thu 10 11:00").take(ANA.marked("S", "absent", "Fri 11 09:00", rank=30)).tick("Fri 11 09:00")

    assert here.open() == ["elearning_done_ilt_missed(L)"]
    assert here.told("reinforcement_not_started") == ["opened", "retracted"]


def test_a_missed_session_of_another_live_step_says_it_better() -> None:
    second = live("M", live={"course": "D"}, after=None)
    steps = [elearning(), live(), second, reinforcement()]
    said = [scheduled("S", session("Mon 7 10:00")), scheduled("X", session("Mon 7 14:00"), course="D")]
    marks = [ANA.marked("S", "present", "Mon 7 11:00"), ANA.marked("X", "absent", "Mon 7 15:00", rank=30)]
    sheets = [sheet("S", "Mon 7 11:00"), sheet("X", "Mon 7 15:00")]
    base = [program(*steps), said, ANA.enrolled(), ANA.passed(), ANA.booked("S"), ANA.booked("X")]
    here = world(*base, marks, sheets)

    assert here.tick("Mon 14 11:00").open() == ["no_show(M/X/1)"]


def test_a_sign_at_the_last_moment_that_is_heard_of_later_takes_it_back() -> None:
    sign = ANA.did("r", "opened", "Thu 10 11:00", source="cards", received="Fri 11 11:00")
    here = attended().tick("Thu 10 11:00").take(sign)

    assert here.told("reinforcement_not_started") == ["opened", "retracted"]


def test_of_two_spaced_steps_the_one_that_opens_first_counts() -> None:
    late = reinforcement("q", each={"at": ["5d"], "after": "L", "within": "20d"})
    base = [program(elearning(), live(), reinforcement(), late), scheduled("S", session("Mon 7 10:00"))]
    present = [ANA.booked("S"), ANA.marked("S", "present", "Mon 7 11:00"), sheet("S", "Mon 7 11:00")]

    assert_opens_at(world(*base, ANA.enrolled(), ANA.passed(), present), "Thu 10 11:00", GAP)
