"""The short lines of a program file: what they mean, what is refused, and that writing undoes reading."""

from contextlib import suppress
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost_schemas.program_lines import (
    CLAIMS,
    UNITS,
    AnchorLine,
    ClaimLine,
    ConditionLine,
    DateLine,
    DueLine,
    MeasureLine,
    OffsetLine,
    RelativeLine,
    Unreadable,
    read_anchor,
    read_condition,
    read_due,
    read_offset,
    read_since,
    suggest,
)

OFFSETS = st.builds(OffsetLine, st.integers(0, 9999), st.sampled_from(UNITS))
STEPS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True).filter(lambda name: name != "enrollment")
ANCHORS = st.one_of(
    st.just(AnchorLine("enrollment")),
    st.builds(AnchorLine, st.sampled_from(["satisfied", "start", "end"]), STEPS),
)
TIMES = st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59))
ROLLS = st.sampled_from([None, "back", "forward"])
DUES: st.SearchStrategy[DueLine] = st.one_of(
    st.builds(RelativeLine, OFFSETS, st.sampled_from(["before", "after"]), ANCHORS, TIMES, ROLLS),
    st.builds(DateLine, st.dates(date(1000, 1, 1)), TIMES, ROLLS),
)
SHARES = st.integers(1, 10_000).map(lambda number: number / 10_000)
CONDITIONS: st.SearchStrategy[ConditionLine] = st.one_of(
    st.builds(ClaimLine, st.sampled_from(CLAIMS)),
    st.builds(MeasureLine, st.sampled_from(["score", "progress", "present"]), SHARES),
    st.builds(MeasureLine, st.just("present"), st.integers(1, 600).map(float), st.just(True)),
)


@given(DUES)
def test_a_due_rule_is_read_back_as_it_was_written(due: DueLine) -> None:
    assert read_due(str(due)) == due


@given(CONDITIONS)
def test_a_condition_is_read_back_as_it_was_written(condition: ConditionLine) -> None:
    assert read_condition(str(condition)) == condition


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    for read in (read_due, read_condition, read_offset, read_since, read_anchor):
        with suppress(Unreadable):
            read(text)


def test_a_due_rule_says_how_long_before_what_and_at_which_time() -> None:
    assert read_due("1wd before practice.start at 18:00") == RelativeLine(
        OffsetLine(1, "wd"), "before", AnchorLine("start", "practice"), time(18)
    )
    assert read_due("2027-02-15 roll back") == DateLine(date(2027, 2, 15), roll="back")


@pytest.mark.parametrize(
    ("line", "found", "possible"),
    [
        ("", "'' is no due rule", "5wd after enrollment"),
        ("tomorrow", "'tomorrow' is no due rule", "5wd after enrollment"),
        ("5 wd after enrollment", "'5' is no span of time", "e.g. 5wd"),
        ("5dw after enrollment", "unknown unit 'dw' in '5dw'", "possible: min, h, d"),
        ("5wds after enrollment", "unknown unit 'wds' in '5wds'", "did you mean 'wd'?"),
        ("5wd afer enrollment", "'afer' is no direction", "did you mean 'after'?"),
        ("5wd after practice.begin", "unknown moment 'begin' in 'practice.begin'", "possible: start, end"),
        ("5wd after -x", "'-x' is no anchor", "enrollment, a step"),
        ("5wd after enrollment by 18:00", "'by 18:00' at the end", "at 18:00"),
        ("5wd after enrollment at 6pm", "'6pm' is no time of day", "e.g. 18:00"),
        ("5wd after enrollment at 24:00", "'24:00' is no time of day", "from 00:00 to 23:59"),
        ("2026-02-30", "'2026-02-30' is no date", "e.g. 2026-10-09"),
        ("2026-2-3", "'2026-2-3' is no date", "e.g. 2026-10-09"),
    ],
)
def test_a_due_rule_that_cannot_be_read_says_what_is_possible(line: str, found: str, possible: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_due(line)

    assert refused.value.found.startswith(found)
    assert possible in refused.value.possible


@pytest.mark.parametrize(
    ("line", "found", "possible"),
    [
        ("pased", "unknown condition 'pased'", "did you mean 'passed'?"),
        ("score > 0.8", "unknown condition 'score > 0.8'", "did you mean 'score >='?"),
        ("grade >= 0.8", "'grade' cannot be measured", "score, progress, present"),
        ("score >= 80", "'score >= 80' can never be met", "did you mean 'score >= 0.8'?"),
        ("score >= 80%", "'score >= 80%' can never be met", "did you mean 'score >= 0.8'?"),
        ("progress >= 101", "'progress >= 101' can never be met", "at most 1"),
        ("score >= 0", "'score >= 0' can never be met", "above 0"),
        ("present >= 120%", "'present >= 120%' can never be met", "at most 100%"),
        ("present >= 0.8", "'present >= 0.8' names no unit", "did you mean 'present >= 80%'?"),
        ("present >= 45", "'present >= 45' names no unit", "present >= 45min"),
        ("present >= 0min", "'present >= 0min' is no number of minutes", "from 1"),
    ],
)
def test_a_condition_that_cannot_be_met_says_what_can(line: str, found: str, possible: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_condition(line)

    assert refused.value.found.startswith(found)
    assert possible in refused.value.possible


def test_where_nothing_is_possible_that_is_said() -> None:
    assert suggest("x", ()) == "there is none"
