"""The stories that the laws are tried with have what is hard, and often enough."""

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.laws import frequencies
from tests.laws.stories import Story, stories

SAMPLE = 150
ENOUGH = 5.0


def sample() -> list[Story]:
    """Return stories that are the same in every run."""
    drawn: list[Story] = []

    @seed(2026)
    @settings(
        max_examples=SAMPLE,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(stories())
    def draw(story: Story) -> None:
        drawn.append(story)

    draw()
    return drawn


@pytest.fixture(scope="module")
def counted() -> dict[str, float]:
    frequencies.COUNTED.update(frequencies.percentages(sample()))
    return frequencies.COUNTED


@pytest.mark.parametrize("hard", list(frequencies.HARD))
def test_one_story_in_twenty_has_it(counted: dict[str, float], hard: str) -> None:
    assert counted[hard] > ENOUGH, frequencies.line(counted)
