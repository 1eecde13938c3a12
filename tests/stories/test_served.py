"""The same stories, through HTTP: statements, signed webhooks, facts and clicks, on the embedded runtime."""

from pathlib import Path

import pytest

from milepost.stories import read_story, run_story
from milepost.stories.reports import as_text
from milepost.stories.served import ServedWorld
from tests.stories.suite import SHIPPED, SUITE, told_as

FEW = ("guest", "outage_of_ours", "waitlist_and_excuse", "void_and_resend")


@pytest.mark.slow
@pytest.mark.parametrize("file", [*SUITE, *SHIPPED], ids=told_as)
def test_the_story_is_true_over_http(file: Path) -> None:
    outcome = run_story(read_story(file), make=ServedWorld)

    assert outcome.passed, as_text([outcome])


@pytest.mark.slow
@pytest.mark.parametrize("file", [file for file in SUITE if file.stem in FEW], ids=told_as)
def test_the_story_is_true_over_http_doubled_and_interrupted(file: Path) -> None:
    outcome = run_story(read_story(file), seed=1, make=ServedWorld)

    assert outcome.passed, as_text([outcome])
