"""The laws: what holds of every story, however it is delivered."""

from hypothesis import given
from hypothesis import strategies as st

from tests.laws.delivery import (
    differences,
    evidence,
    in_order,
    open_gaps,
    shuffled,
    standing,
    ticked,
    ticked_at_any_time,
)
from tests.laws.stories import Story, stories

SEEDS = st.integers(0, 2**20)


@given(stories(), SEEDS)
def test_any_order_and_any_repetition_then_the_same_tick_ends_the_same(story: Story, seed: int) -> None:
    one, other = in_order(story), shuffled(story, seed)

    assert differences(evidence(one.keep), evidence(other.keep)) == []
    assert differences(standing(one.keep), standing(other.keep)) == []


@given(stories(), SEEDS)
def test_ticks_in_between_change_nothing_but_what_was_told(story: Story, seed: int) -> None:
    one, other = in_order(story), ticked(story, seed)

    assert differences(standing(one.keep), standing(other.keep)) == []


@given(stories(), SEEDS)
def test_ticks_between_facts_in_any_order_change_nothing_but_what_was_told(story: Story, seed: int) -> None:
    one, other = in_order(story), ticked_at_any_time(story, seed)

    assert differences(standing(one.keep), standing(other.keep)) == []


@given(stories(), SEEDS)
def test_a_restart_anywhere_changes_nothing(story: Story, seed: int) -> None:
    one, other = shuffled(story, seed), shuffled(story, seed, restarts=True)

    assert one.keep.rows == other.keep.rows
    assert one.keep.changes == other.keep.changes
    assert open_gaps(one.keep) == open_gaps(other.keep)
