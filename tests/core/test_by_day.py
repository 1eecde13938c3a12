"""What is read in windows of time stays as it was read, however much comes later, and whenever the program came."""

from typing import Any

import pytest

from milepost_schemas.instants import DAY
from tests.core.builders import (
    ANA,
    BEN,
    Said,
    World,
    elearning,
    live,
    moment,
    program,
    reinforcement,
    roster_closed,
    scheduled,
    session,
    world,
)

OPENED = ("Wed 9", "Mon 14", "Mon 28")
"""The days on which the cards open: two, seven and twenty-one days after the session."""

ANSWERED = [f"{day} 1{hour}:00" for day in OPENED for hour in range(5)]

AFTER_ALL = "Wed 30 20:00"


def cards(**changes: Any) -> dict[str, Any]:
    """Return cards that an app reports under one name, whichever of the three times it is."""
    evidence = {"source": "lms", "activity": "a:cards", **changes}
    spaced = {"at": ["2d", "7d", "21d"], "after": "L", "within": "2d"}
    return reinforcement("cards", evidence=evidence, each=spaced, done="answered")


def attended() -> list[Said]:
    return [
        scheduled("S", session("Mon 7 10:00")),
        ANA.enrolled(),
        ANA.booked("S"),
        ANA.marked("S", "present", "Mon 7 12:00"),
        roster_closed("S", "Mon 7 12:30"),
    ]


def answered() -> list[Said]:
    return [ANA.did("cards", "answered", when, fact_id=when) for when in ANSWERED]


def states(world: World) -> list[str]:
    return [step.state for step in world.journey().steps if step.step == "cards"]


@pytest.mark.parametrize("match", ["exact", "prefix"])
def test_a_card_that_was_answered_stays_done_when_later_ones_are_answered_often(match: str) -> None:
    there = world(program(elearning(), live(), cards(match=match)), *attended())

    for one in answered():
        there.take(one)
        there.tick("Mon 28 20:00")

    assert states(there) == ["done", "done", "done"]


def test_cards_that_come_all_at_once_and_in_any_order_are_the_same() -> None:
    there = world(program(elearning(), live(), cards()), *attended())

    there.take(*reversed(answered())).tick(AFTER_ALL)

    assert states(there) == ["done", "done", "done"]


def test_cards_that_are_answered_every_day_for_a_third_of_a_year_stay_done_on_their_days() -> None:
    there = world(program(elearning(), live(), cards()), *attended())
    first = moment("Fri 4 10:00")

    there.take(*(ANA.did("cards", "answered", first + day * DAY, fact_id=f"day {day}") for day in range(120)))
    there.tick(first + 120 * DAY)

    done = [step.shown_by for step in there.journey().steps if step.step == "cards"]
    assert done == [("day 6",), ("day 11",), ("day 25",)]


def test_cards_that_were_answered_before_a_program_read_them_by_day_are_fetched_once_one_does() -> None:
    once = reinforcement("once", evidence={"source": "lms", "activity": "a:cards"}, done="answered")
    there = world(program(elearning(), live(), once, program="before"), *attended(), ANA.enrolled(program="before"))
    for one in answered():
        there.take(one)

    there.take(program(elearning(), live(), cards(), published="Tue 29 08:00")).tick(AFTER_ALL)

    assert states(there) == ["done", "done", "done"]


def test_cards_that_nobody_knew_before_are_fed_again_by_day() -> None:
    there = world(*attended(), *answered())

    there.take(program(elearning(), live(), cards(), published="Tue 29 08:00")).tick(AFTER_ALL)

    assert states(there) == ["done", "done", "done"]


def test_how_old_work_may_be_is_read_by_day_too() -> None:
    there = world(program(elearning(), evidence_from="2w"), ANA.enrolled("Wed 16 08:00"))
    often = [f"{day} 1{hour}:00" for day in ("Tue 1", "Thu 3", "Tue 15", "Mon 21") for hour in range(4)]
    for when in often:
        there.take(ANA.did("e", "passed", when, fact_id=when))

    there.tick(AFTER_ALL)

    [step] = there.journey().steps
    assert step.shown_by == ("Thu 3 10:00",)


def test_an_elearning_that_was_completed_again_after_it_was_unticked_keeps_its_date() -> None:
    there = world(program(elearning(done="completed")), ANA.enrolled())
    days = [f"{day} {number}" for number, day in enumerate(("Sat", "Sun", "Mon", "Tue", "Wed", "Thu", "Fri"), start=5)]
    for day in days:
        there.take(ANA.did("e", "uncompleted" if day == "Mon 7" else "completed", f"{day} 10:00", fact_id=day))
        there.tick(f"{day} 20:00")

    [step] = there.journey().steps
    assert step.shown_by == ("Tue 8",)


def test_a_second_account_that_is_linked_brings_its_days_along() -> None:
    there = world(program(elearning(), live(), cards()), *attended(), BEN.linked(ANA, "Mon 7 13:00"))

    for when in ANSWERED:
        there.take(BEN.did("cards", "answered", when, fact_id=when))
    there.tick(AFTER_ALL)

    assert states(there) == ["done", "done", "done"]
    there.replay()
    assert states(there) == ["done", "done", "done"]
