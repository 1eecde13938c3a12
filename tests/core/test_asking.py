"""Of an activity is kept what answers all that programs ask, and where one asks more, it is fetched."""

from typing import Any

import pytest

from milepost.core.asking import Questions
from milepost.tracker.catalogs import Catalogs
from tests.core.builders import ANA, TENANT, World, elearning, program, world

OFTEN = [f"{day} 10:00" for day in ("Tue 1", "Wed 2", "Thu 3", "Fri 4", "Mon 7", "Tue 8")]
SCORES = [0.1, 0.2, 0.3, 0.9, 0.5, 0.95]


def attempts(world: World, activity: str = "e") -> None:
    """Let Ana fail again and again, better each time but one."""
    for when, score in zip(OFTEN, SCORES, strict=True):
        world.take(ANA.did(activity, "failed", when, fact_id=when, score=score))


def shown_by(world: World) -> tuple[str, ...]:
    [step] = world.journey(program="Q").steps
    return step.shown_by


def of(activity: str, match: str) -> dict[str, str]:
    """Return the evidence of a step."""
    return {"source": "lms", "activity": activity, "match": match}


@pytest.mark.parametrize(
    ("asks", "answer"),
    [
        ({"done": "score >= 0.8"}, "Fri 4 10:00"),
        ({"done": "score >= 0.92"}, "Tue 8 10:00"),
        ({"done": "score >= 0.5", "attempts": {"take": "latest"}}, "Tue 8 10:00"),
        ({"done": {"any": ["passed", "score >= 0.25"]}}, "Thu 3 10:00"),
        ({"done": "attempted"}, "Tue 1 10:00"),
    ],
)
@pytest.mark.parametrize("match", ["exact", "prefix"])
def test_what_a_later_program_asks_is_answered_from_all_facts(asks: dict[str, Any], answer: str, match: str) -> None:
    evidence = of("a:e", match)
    there = world(program(elearning(done="completed")), ANA.enrolled(), ANA.enrolled(program="Q"))
    attempts(there)

    there.take(program(elearning(evidence=evidence, **asks), program="Q", published="Wed 9 08:00")).tick("Thu 10 08:00")

    assert shown_by(there) == (answer,)
    there.replay()
    assert shown_by(there) == (answer,)


@pytest.mark.parametrize(
    ("earlier", "later", "sources"),
    [
        ({"done": "score >= 0.8"}, {"done": "score >= 0.8"}, []),
        ({"done": {"any": ["passed", "score >= 0.8"]}}, {"done": "passed"}, []),
        ({"done": "completed"}, {"done": "passed"}, ["lms"]),
        ({"done": "completed"}, {"done": "completed", "attempts": {"take": "first"}}, ["lms"]),
        ({"done": "completed"}, {"done": "passed", "evidence": of("b:e", "exact")}, []),
        ({"done": "completed"}, {"done": "passed", "evidence": of("a:e", "prefix")}, ["lms"]),
        ({"done": "completed"}, {"done": "passed", "evidence": of("b:e", "prefix")}, []),
        ({"done": "completed", "evidence": of("a:e", "prefix")}, {"done": "passed"}, ["lms"]),
        ({"done": "passed", "evidence": of("a:e", "prefix")}, {"done": "passed"}, []),
    ],
)
def test_facts_are_looked_for_only_where_a_program_asks_more_than_those_before_it(
    earlier: dict[str, Any], later: dict[str, Any], sources: list[str]
) -> None:
    catalogs = Catalogs()
    catalogs.learn(program(elearning(**later), program="Q", published="Wed 9 08:00"))
    catalogs.learn(program(elearning(**earlier), published="Tue 1 08:00"))

    assert catalogs.catalog(TENANT).asks_anew("Q", 1).sources == sources


def test_a_version_that_is_learned_after_a_later_one_asks_anew_what_that_one_asks_too() -> None:
    catalogs = Catalogs()
    catalogs.learn(program(elearning(done="passed"), program="Q", published="Wed 9 08:00"))
    catalogs.learn(program(elearning(done="passed"), published="Tue 1 08:00"))

    catalog = catalogs.catalog(TENANT)
    assert catalog.asks_anew("P", 1).of("lms", "a:e")
    assert not catalog.asks_anew("Q", 1).of("lms", "a:e")


def test_a_question_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'mastered' is nothing that this release asks"):
        Questions(("daily mastered", "passed"))
