"""Due moments are remembered for a program, what they are counted from, and a zone; nothing is mixed up."""

import pytest

from milepost.core.calendar import Offset, Unit
from milepost.core.dues import due_of, occurrences_of, patience_of
from tests.core.builders import compiled, elearning, live, moment, program, reinforcement

ENROLLED = moment("Fri 4 10:00")


def due(days: int, *, anchor: int = ENROLLED, recorded: int = ENROLLED, zone: str = "UTC", notice: str = "0d") -> int:
    """Return the due of `e`, so many days after the enrollment at 18:00."""
    steps = (elearning(due=f"{days}d after enrollment at 18:00"), live())
    found = due_of(compiled(program(*steps, notice=notice)), "e", anchor, recorded, zone)
    assert found is not None
    return found


def test_two_programs_of_one_name_and_version_have_dues_of_their_own() -> None:
    assert (due(2), due(3)) == (moment("Sun 6 18:00"), moment("Mon 7 18:00"))


@pytest.mark.parametrize(
    ("told", "falls"),
    [
        ({"anchor": moment("Sat 5 10:00")}, "Mon 7 18:00"),
        ({"zone": "Europe/Berlin"}, "Sun 6 16:00"),
        ({"notice": "2d", "recorded": moment("Mon 7 09:00")}, "Wed 9 09:00"),
        ({"notice": "0d", "recorded": moment("Mon 7 09:00")}, "Sun 6 18:00"),
    ],
)
def test_each_thing_that_a_due_depends_on_tells_it_from_the_others(told: dict[str, int], falls: str) -> None:
    due(2)

    assert due(2, **told) == moment(falls)  # type: ignore[arg-type]


def test_a_step_without_a_due_and_a_program_without_a_deadline_have_none() -> None:
    plain = compiled(program(elearning(), live()))

    assert due_of(plain, "e", ENROLLED, ENROLLED, "UTC") is None
    assert due_of(plain, None, ENROLLED, ENROLLED, "UTC") is None
    assert occurrences_of(plain, "e", ENROLLED, ENROLLED, "UTC") == ()


def test_the_deadline_of_a_program_is_not_the_due_of_a_step() -> None:
    both = compiled(program(elearning(due="1d after enrollment"), live(), deadline="9d after enrollment"))

    assert due_of(both, "e", ENROLLED, ENROLLED, "UTC") == moment("Sat 5 10:00")
    assert due_of(both, None, ENROLLED, ENROLLED, "UTC") == moment("Sun 13 10:00")


def test_occurrences_open_one_after_the_other_and_are_due_within_their_time() -> None:
    cards = reinforcement("r", each={"at": ["1d", "3d"], "after": "L", "within": "2d"})
    spaced = compiled(program(elearning(), live(), cards))

    found = occurrences_of(spaced, "r", ENROLLED, ENROLLED, "UTC")

    assert found == ((moment("Sat 5 10:00"), moment("Mon 7 10:00")), (moment("Mon 7 10:00"), moment("Wed 9 10:00")))


def test_the_patience_of_a_program_goes_before_that_of_a_rule() -> None:
    patient = compiled(program(elearning(), live(), gaps={"not_booked": {"after": "5d"}}))
    week = Offset(7, Unit.DAY)

    assert patience_of(patient, "not_booked", ENROLLED, week, "UTC") == moment("Wed 9 10:00")
    assert patience_of(patient, "never_started", ENROLLED, week, "UTC") == moment("Fri 11 10:00")
