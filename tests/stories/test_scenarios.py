"""Every story of the suite, and every story beside a shipped program, on the pure core: as told, and shuffled."""

from pathlib import Path

import pytest

from milepost.core.rules import RULES
from milepost.stories import read_story, run_story
from milepost.stories.reports import as_text
from tests.stories.suite import SHIPPED, SUITE, told_as

SEEDS = range(1, 7)


@pytest.mark.parametrize("file", [*SUITE, *SHIPPED], ids=told_as)
def test_the_story_is_true_as_it_is_told(file: Path) -> None:
    outcome = run_story(read_story(file))

    assert outcome.passed, as_text([outcome])


@pytest.mark.parametrize("file", [*SUITE, *SHIPPED], ids=told_as)
def test_the_story_is_true_shuffled_doubled_and_interrupted(file: Path) -> None:
    outcomes = [run_story(read_story(file), seed) for seed in SEEDS]

    assert all(outcome.passed for outcome in outcomes), as_text([one for one in outcomes if not one.passed])


def test_every_rule_has_a_story_in_which_it_opens_and_ends() -> None:
    opened: set[str] = set()
    ended: set[str] = set()
    for file in SUITE:
        for check in read_story(file).checks:
            opened |= {item.gap for item in check.gaps}
            ended |= {item.gap.gap for item in check.told or () if item.what in ("resolved", "retracted", "superseded")}

    assert opened == set(RULES)
    assert ended == set(RULES)
