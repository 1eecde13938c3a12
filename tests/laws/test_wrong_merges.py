"""A test of the tests: a core that merges wrongly is caught by the first law, soon.

Here alone something is patched: the wrong core is the right one but for one function.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from milepost.core import evidence as evidence_module
from milepost.core.evidence import IN_ORDER, SIGNED_IN_ORDER, ActivityEvidence, Proof, SignOff, Slice
from milepost.core.register import Entry, Register
from tests.laws.delivery import evidence, in_order, shuffled, standing
from tests.laws.stories import Story, stories

SOON = 200


def last_arrival_wins() -> AbstractContextManager[object]:
    """A register that believes what it heard last, whenever that was recorded."""

    def take(self: Register[Any], new: Entry[Any]) -> None:
        self.entries = [entry for entry in self.entries if entry.content != new.content] + [new]

    return patch.object(Register, "_take", take)


def a_counter_in_place_of_a_set() -> AbstractContextManager[object]:
    """Sign-offs that are counted as they come, so that a repetition is one more."""

    def count(signed: list[SignOff]) -> list[SignOff]:
        return sorted(signed, key=SIGNED_IN_ORDER)

    return patch.object(evidence_module, "_first_signed", count)


def proofs_that_are_counted() -> AbstractContextManager[object]:
    """Proofs that are kept as often as they come."""

    def add(self: ActivityEvidence, proofs: Iterator[Proof], **_: bool) -> bool:
        self.proofs = sorted([*self.proofs, *proofs], key=IN_ORDER)
        return False

    return patch.object(ActivityEvidence, "add", add)


def a_void_that_forgets() -> AbstractContextManager[object]:
    """A revocation that takes back what is there, and does not know what comes later."""
    right = Slice.revoke

    def revoke(self: Slice, target: str, withdrawn_at: int) -> bool:
        anew = right(self, target, withdrawn_at)
        self.revoked = {}
        return anew

    return patch.object(Slice, "revoke", revoke)


def breaks_the_first_law(drawn: tuple[Story, int]) -> bool:
    story, seed = drawn
    one, other = in_order(story), shuffled(story, seed)
    return evidence(one.keep) != evidence(other.keep) or standing(one.keep) != standing(other.keep)


def counterexample() -> tuple[Story, int]:
    """Return the first story that breaks the first law; raise NoSuchExample if none of the first 200 does."""
    return find(
        st.tuples(stories(), st.integers(0, 2**20)),
        breaks_the_first_law,
        settings=settings(
            max_examples=SOON,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
        random=Random(7),
    )


@pytest.mark.parametrize(
    "wrong", [last_arrival_wins, a_counter_in_place_of_a_set, proofs_that_are_counted, a_void_that_forgets]
)
def test_a_wrong_merge_is_caught_within_200_stories(wrong: Callable[[], AbstractContextManager[object]]) -> None:
    with wrong():
        story, _ = counterexample()

    assert story.said


def test_the_right_core_is_not_caught() -> None:
    with pytest.raises(NoSuchExample):
        counterexample()
