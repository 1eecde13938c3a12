"""Reinforcement overdue: an item was not done by its due."""

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

EACH = {"at": ["1d", "5d", "9d"], "after": "L", "within": "2d"}
FIRST, SECOND = "reinforcement_overdue(r.1)", "reinforcement_overdue(r.2)"
OFF = {"reinforcement_not_started": {"enabled": False}}


def attended(*said: Any, step: dict[str, Any] | None = None, **changes: Any) -> World:
    """Ana attended on Monday until eleven; items open on Tuesday, Saturday and Wednesday, for two days."""
    steps = [elearning(), live(), step or reinforcement(each=EACH, **changes)]
    base = [program(*steps, gaps=OFF), scheduled("S", session("Mon 7 10:00")), ANA.enrolled(), ANA.passed()]
    return world(*base, ANA.booked("S"), ANA.marked("S", "present", "Mon 7 11:00"), sheet("S", "Mon 7 11:00"), *said)


def did(when: str, activity: str = "r", **changes: Any) -> Any:
    return ANA.did(activity, "completed", when, source="cards", **changes)


def test_it_opens_at_the_due_of_the_item() -> None:
    here = attended()

    assert_opens_at(here, "Thu 10 11:00", FIRST)

    gap = here.gap("reinforcement_overdue")
    assert (gap.severity, gap.since) == ("warning", moment("Thu 10 11:00"))
    assert f"ana-present-S-1-{moment('Mon 7 11:00')}" in gap.shown_by


def test_doing_it_resolves_it_and_it_stays_resolved() -> None:
    here = attended().tick("Thu 10 11:00").take(did("Fri 11 09:00"))

    assert here.open() == []
    assert here.told("reinforcement_overdue") == ["opened", "resolved"]
    assert_settled(here)


def test_what_is_done_at_the_due_is_in_time_and_what_is_done_before_the_opening_serves_nobody() -> None:
    in_time = attended(did("Thu 10 11:00")).tick("Fri 11 09:00")
    too_early = attended(did("Tue 8 10:59")).tick("Fri 11 09:00")
    at_opening = attended(did("Tue 8 11:00")).tick("Fri 11 09:00")

    assert in_time.told("reinforcement_overdue") == []
    assert too_early.open() == [FIRST]
    assert at_opening.told("reinforcement_overdue") == []


def test_without_a_name_of_its_own_an_item_is_over_when_the_next_one_opens() -> None:
    here = attended().tick(moment("Sat 12 11:00") - 1)
    assert here.open() == [FIRST]

    here.tick("Sat 12 11:00")
    assert here.open() == []

    here.tick("Mon 14 11:00")
    assert here.open() == [SECOND]
    assert here.step("r", occurrence=1) == "missed"


def test_the_last_item_stays_open_for_good() -> None:
    assert attended().tick("Wed 30 11:00").open() == ["reinforcement_overdue(r.3)"]


def test_an_item_that_is_named_stays_open_until_it_is_done_however_late() -> None:
    named = {"source": "cards", "activity": "a:r/{n}"}
    here = attended(evidence=named).tick("Mon 14 11:00")
    assert here.open() == [FIRST, SECOND]

    here.take(did("Mon 14 12:00", "r/1"))

    assert here.open() == [SECOND]


def test_a_single_step_has_its_own_due() -> None:
    here = attended(step=reinforcement(due="2d after L"))

    assert_opens_at(here, "Wed 9 11:00", "reinforcement_overdue(r)")

    here.take(did("Wed 9 12:00"))
    assert here.told("reinforcement_overdue") == ["opened", "resolved"]
    in_time = attended(did("Wed 9 11:00"), step=reinforcement(due="2d after L")).tick("Wed 9 12:00")
    assert in_time.told("reinforcement_overdue") == []


def test_a_program_may_give_some_grace() -> None:
    for step, about, due in (
        (reinforcement(due="2d after L"), "r", "Wed 9"),
        (reinforcement(each=EACH), "r.1", "Thu 10"),
    ):
        base = [scheduled("S", session("Mon 7 10:00")), ANA.enrolled(), ANA.passed(), ANA.booked("S")]
        gaps = {**OFF, "reinforcement_overdue": {"after": "3h"}}
        present = ANA.marked("S", "present", "Mon 7 11:00")
        here = world(program(elearning(), live(), step, gaps=gaps), *base, present)

        assert_opens_at(here, f"{due} 14:00", f"reinforcement_overdue({about})")
        assert here.gap("reinforcement_overdue").since == moment(f"{due} 11:00")


def test_it_is_silent_where_the_step_is_optional_or_watched_on_the_job() -> None:
    optional = attended(required=False).tick("Fri 11 11:00")
    on_the_job = {"id": "r", "stage": "reinforcement", "done": {"signed_off_by": ["manager"]}, "due": "2d after L"}

    assert optional.open() == []
    assert attended(step=on_the_job).tick("Fri 11 11:00").open() == ["observation_missing(r)"]


def test_a_waiver_resolves_it() -> None:
    here = attended().tick("Thu 10 11:00").take(ANA.waived("r", "Fri 11 09:00"))

    assert here.told("reinforcement_overdue") == ["opened", "resolved"]


def test_it_waits_for_the_source_of_the_item() -> None:
    here = attended(declared("cards", rhythm=600), heard("cards", "Thu 10 10:00")).tick("Thu 10 18:00")
    assert FIRST not in here.open()

    assert FIRST in here.take(heard("cards", "Thu 10 18:30")).tick("Thu 10 18:30").open()


def test_what_was_done_at_the_due_itself_and_is_heard_of_later_takes_it_back() -> None:
    late = moment("Fri 11 09:00")
    item = attended().tick("Thu 10 11:00").take(did("Thu 10 11:00", received=late))
    single = attended(step=reinforcement(due="2d after L")).tick("Wed 9 11:00")
    assert single.gap("reinforcement_overdue").severity == "warning"
    single.take(did("Wed 9 11:00", received=late))

    assert item.told("reinforcement_overdue") == ["opened", "retracted"]
    assert single.told("reinforcement_overdue") == ["opened", "retracted"]
