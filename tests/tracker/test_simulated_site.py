"""The same stories and laws on many workers that die at any moment: the same endings as on the pure fold."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.core.processors.resolver import ActorRecord
from milepost.stories import read_story, run_story
from milepost.stories.pure import PureWorld
from milepost.stories.reports import as_text
from milepost.tracker import stored
from milepost.tracker.station import Step
from milepost_schemas.messages import AboutActor, ActorErased
from milepost_schemas.topics import Message, Topic
from tests.core.builders import TENANT
from tests.laws.delivery import differences, evidence, evidence_in, in_order, open_gaps, standing
from tests.laws.effort import examples
from tests.laws.stories import ACTORS, Story, received_at, stories
from tests.stories.suite import SHIPPED, SUITE, told_as
from tests.tracker.simulated import SimulatedSite

SEEDS = st.integers(0, 2**20)
FEW = range(1, 4)


def lived_through(story: Story, seed: int, **more: float) -> SimulatedSite:
    """Let a site with workers that die take a story in, in the order in which it was received."""
    site = SimulatedSite(seed, **more)  # type: ignore[arg-type]
    site.take(story.said)
    site.tick(TENANT, story.ends_at)
    return site


def assert_ends_as_the_pure_fold(story: Story, site: SimulatedSite) -> None:
    """Compare evidence and standing with those of the core alone, which took the story in as it was received."""
    pure = in_order(story)
    assert differences(evidence(pure.keep), evidence_in(site.records(Topic.ACTORS))) == []
    assert differences(standing(pure.keep), standing(site.keep)) == []


@pytest.mark.parametrize("file", [*SUITE, *SHIPPED], ids=told_as)
def test_the_story_is_true_on_workers_that_die(file: Path) -> None:
    told = read_story(file)
    outcomes = [
        run_story(told, seed, make=lambda story, seed=seed: PureWorld(story, SimulatedSite(seed)))  # type: ignore[misc]
        for seed in FEW
    ]

    assert all(outcome.passed for outcome in outcomes), as_text([one for one in outcomes if not one.passed])


@examples(60)
@given(stories(), SEEDS)
def test_evidence_and_standing_equal_the_pure_fold_of_the_log(story: Story, seed: int) -> None:
    assert_ends_as_the_pure_fold(story, lived_through(story, seed))


@examples(60)
@given(stories(), SEEDS, st.sampled_from(ACTORS), st.integers(0, 100))
def test_who_is_erased_in_the_middle_is_gone_as_from_the_pure_fold(story: Story, seed: int, who: str, at: int) -> None:
    erased = with_erasure(story, who, at)

    site = lived_through(erased, seed)

    assert_ends_as_the_pure_fold(erased, site)
    held = msgspec.msgpack.decode(site.records(Topic.ACTORS)[f"{TENANT}/{who}"], type=ActorRecord)
    assert held.identifier in ("", f"identifier-{who} anew")


def with_erasure(story: Story, who: str, at: int) -> Story:
    """A story in which somebody is erased, and is somebody new after that."""
    place = at * len(story.said) // 100
    erased = ActorErased(
        tenant=TENANT,
        actor=who,
        erased_at=received_at(story.said[place - 1]) if place else 0,
        nobody=f"erased-{who}",
        learners=(f"learner-{who}",),
        identifiers=(f"identifier-{who}",),
    )
    return Story((*story.said[:place], erased, *(_anew(one, who) for one in story.said[place:])), story.ends_at)


def _anew(message: Message, who: str) -> Message:
    if not isinstance(message, AboutActor) or message.actor != who:
        return message
    return replace(message, candidate_identifier=f"identifier-{who} anew", candidate_learner=f"learner-{who} anew")


@examples(40)
@given(stories(), SEEDS)
def test_what_was_told_to_the_world_is_what_stands(story: Story, seed: int) -> None:
    site = lived_through(story, seed, crashes=0.05)

    opened = set()
    for change in site.keep.changes:
        match getattr(change, "type", ""):
            case "milepost.gap.opened.v1" | "milepost.gap.mitigated.v1":
                opened.add(getattr(change, "gap_id", None))
            case "milepost.gap.resolved.v1" | "milepost.gap.retracted.v1" | "milepost.gap.superseded.v1":
                opened.discard(getattr(change, "gap_id", None))
            case _:
                pass
    assert opened == set(open_gaps(site.keep))


def test_the_simulation_does_let_workers_die() -> None:
    told = read_story(SUITE[0])
    sites = [SimulatedSite(seed) for seed in range(5)]

    for site in sites:
        run_story(told, make=lambda story, site=site: PureWorld(story, site))  # type: ignore[misc]

    assert sum(site.crashed for site in sites) > 5


# --- tests of the tests: a site that is built wrongly is caught -----------------------------------------------------


def is_caught() -> bool:
    told = read_story(next(file for file in SUITE if file.stem == "guest"))
    return any(
        not run_story(told, make=lambda story, seed=seed: PureWorld(story, SimulatedSite(seed, crashes=0.08))).passed  # type: ignore[misc]
        for seed in range(30)
    )


def test_a_worker_that_owes_nothing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = stored.write
    monkeypatch.setattr(stored, "write", lambda mark, one: right(mark, stored.Stored(one.record, one.waits, ())))

    assert is_caught()


def test_a_worker_that_commits_before_it_stores_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = SimulatedSite._carry_out

    def commit_first(self: SimulatedSite, topic: Topic, partition: int, step: Step) -> None:
        self._committed[topic, partition] += 1
        right(self, topic, partition, step)
        self._committed[topic, partition] -= 1  # it did not die, and commits the whole batch

    monkeypatch.setattr(SimulatedSite, "_carry_out", commit_first)

    assert is_caught()
