"""Inhibition: which gap says it better than which."""

import pytest

from milepost.core.gap import Breach, Ended, Finding, Pending, Place
from milepost.core.inhibition import TABLE, Inhibition, inhibitor
from milepost.core.rules import JOURNEY_RULES
from milepost_schemas.words import Severity

HERE = {"journey": Place("L", "S", "1"), "step": Place("L", "S", "1"), "session": Place("L", "S", "1")}
ELSEWHERE = {"step": Place("M", "S", "1"), "session": Place("L", "S", "2")}
TITLES = [f"{row.by}-{row.gap}" for row in TABLE]


def breach(place: Place, ended: Ended | None = None, severity: Severity = "warning") -> Breach:
    return Breach(place=place, since=0, severity=severity, shown_by=("f1",), ended=ended)


def silences(row: Inhibition, finding: Finding) -> bool:
    return inhibitor(row.gap, breach(HERE[row.scope]), {row.by: (finding,)}) == row.by


@pytest.mark.parametrize("row", TABLE, ids=TITLES)
def test_an_open_gap_silences_the_other_and_one_that_has_ended_does_not(row: Inhibition) -> None:
    assert silences(row, breach(HERE[row.scope]))
    assert not silences(row, breach(HERE[row.scope], Ended(1, "f2")))


@pytest.mark.parametrize("row", TABLE, ids=TITLES)
def test_what_is_pending_silences_it_too_unless_the_row_says_otherwise(row: Inhibition) -> None:
    assert silences(row, Pending(HERE[row.scope])) == row.pending


@pytest.mark.parametrize("row", [row for row in TABLE if row.scope != "journey"], ids=lambda row: f"{row.by}-{row.gap}")
def test_what_is_about_something_else_does_not(row: Inhibition) -> None:
    assert not silences(row, breach(ELSEWHERE[row.scope]))


def test_never_started_lets_a_session_speak_in_its_last_day() -> None:
    never = {"never_started": (breach(Place()),)}

    assert inhibitor("unprepared_for_session", breach(HERE["session"]), never) == "never_started"
    assert inhibitor("unprepared_for_session", breach(HERE["session"], severity="high"), never) is None


def test_nothing_silences_what_no_row_names() -> None:
    assert inhibitor("journey_overdue", breach(Place()), {"never_started": (breach(Place()),)}) is None
    assert inhibitor("no_show", breach(HERE["step"]), {}) is None


def test_the_table_names_rules_that_exist_and_goes_round_in_no_circle() -> None:
    names = {name for row in TABLE for name in (row.by, row.gap)}
    assert names <= set(JOURNEY_RULES)

    better = {(row.by, row.gap) for row in TABLE}
    for _ in TABLE:
        better |= {(one, other) for one, middle in better for also, other in better if middle == also}
    assert all(one != other for one, other in better)
