"""The records of a simulated site made anew at any moment: the same endings as on the pure fold, nothing told twice."""

from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from milepost.stories import read_story, run_story
from milepost.stories.pure import PureWorld
from milepost.stories.reports import as_text
from milepost.tracker.memory import MemoryKeep
from milepost_schemas.changes import ChangeTold
from milepost_schemas.facts import Fact
from milepost_schemas.instants import DAY
from milepost_schemas.messages import AboutActor, ActorErased, FactRevoked, IdentityDecided
from milepost_schemas.projections import Projected
from milepost_schemas.topics import Message, Topic
from tests.core.builders import TENANT, Somebody, elearning, program
from tests.laws.delivery import Run, differences, in_order, open_gaps, standing
from tests.laws.effort import examples
from tests.laws.stories import ACTORS, START, Story, stories
from tests.stories.suite import SHIPPED, SUITE, told_as
from tests.tracker import rebuilt
from tests.tracker.rebuilt import RebuiltSite, is_of_before
from tests.tracker.simulated import SimulatedSite
from tests.tracker.test_simulated_site import assert_ends_as_the_pure_fold, with_erasure

SEEDS = st.integers(0, 2**20)


def lived_through(story: Story, seed: int, *, rebuilds: float = 0.01) -> RebuiltSite:
    """Let a site whose records are made anew now and then take a story in."""
    site = RebuiltSite(seed, rebuilds=rebuilds)
    site.take(story.said)
    site.tick(TENANT, story.ends_at)
    return site


@pytest.mark.slow
@pytest.mark.parametrize("file", [*SUITE, *SHIPPED], ids=told_as)
def test_the_story_is_true_of_a_site_that_is_rebuilt_all_the_time(file: Path) -> None:
    outcome = run_story(read_story(file), 1, make=lambda story: PureWorld(story, RebuiltSite(1)))

    assert outcome.passed, as_text([outcome])


@examples(60)
@given(stories(), SEEDS)
def test_evidence_and_standing_equal_the_pure_fold_of_the_log(story: Story, seed: int) -> None:
    assert_ends_as_the_pure_fold(story, lived_through(story, seed))


@examples(40)
@given(stories(), SEEDS)
def test_a_rebuild_of_what_is_right_shows_and_tells_nothing_new(story: Story, seed: int) -> None:
    site = lived_through(story, seed)
    was_standing, was_told = standing(site.keep), list(site.keep.changes)

    site.rebuild()
    site.tick(TENANT, story.ends_at)

    assert differences(was_standing, standing(site.keep)) == []
    assert site.keep.changes == was_told


@examples(40)
@given(stories(), SEEDS)
def test_what_was_told_to_the_world_is_what_stands_and_nothing_of_it_twice(story: Story, seed: int) -> None:
    site = lived_through(story, seed)

    told: dict[str, list[str]] = {}
    for change in site.keep.changes:
        gap, kind = getattr(change, "gap_id", None), getattr(change, "type", "")
        if gap is not None and "severity" not in kind:
            told.setdefault(gap, []).append(kind)
    assert all(one != other for every in told.values() for one, other in pairwise(every))
    stands = {gap for gap, every in told.items() if every[-1].split(".")[2] in ("opened", "mitigated")}
    assert stands == set(open_gaps(site.keep))
    said = [message.change for message in site.said(Topic.CHANGES) if isinstance(message, ChangeTold)]
    assert [change for change in site.keep.changes if change not in said] == []


@examples(20)
@given(stories(), SEEDS)
def test_what_is_shown_after_a_rebuild_is_newer_than_all_before_though_pages_know_of_none(
    story: Story, seed: int
) -> None:
    site = lived_through(story, seed, rebuilds=0)
    site.keep.rows.clear()

    site.rebuild()
    site.tick(TENANT, story.ends_at)

    pages = MemoryKeep()
    pages.project(message for message in site.said(Topic.PROJECTIONS) if isinstance(message, Projected))
    assert {place: row for place, row in pages.rows.items() if place in site.keep.rows} == site.keep.rows


@examples(40)
@given(stories(), SEEDS, st.sampled_from(ACTORS), st.integers(0, 100))
def test_who_is_erased_stays_erased(story: Story, seed: int, who: str, at: int) -> None:
    # Erasing takes a whole person; who is linked to somebody that stays is not one.
    assume(not any(isinstance(one, IdentityDecided) and one.actor == who for one in story.said))
    erased = as_accepted(with_erasure(story, who, at), who)

    site = lived_through(erased, seed)

    assert_ends_as_the_pure_fold(erased, site)


def as_accepted(story: Story, who: str) -> Story:
    """Leave out what acceptance does: what somebody who is erased did before, and is said again."""
    place = next(place for place, message in enumerate(story.said) if isinstance(message, ActorErased))
    erased = cast(ActorErased, story.said[place])
    rest = [
        one for one in story.said[place:] if not (is_about(one, who) and is_of_before(_fact_of(one), erased.erased_at))
    ]
    return Story((*story.said[:place], *rest), story.ends_at)


def is_about(message: Message, who: str) -> bool:
    return isinstance(message, AboutActor | IdentityDecided | FactRevoked) and message.actor == who


def _fact_of(message: Message) -> Fact:
    return message.fact if isinstance(message, AboutActor) else cast(Fact, message)


def linked_while_it_is_rebuilt() -> tuple[SimulatedSite, Run]:
    """What was addressed to somebody is under way when it is decided, and rebuilt, that they are somebody else."""
    ana, home = Somebody("ana"), Somebody("ana@home")
    said = (program(elearning("e1"), published=START), ana.enrolled(START), home.enrolled(START))
    link = home.linked(ana, START + 1)
    site = RebuiltSite(1, crashes=0, rebuilds=0)
    site.take(said)
    site._settle(Topic.ACTORS, log=True)
    site._log.append(link)
    site._have_all_filed()

    site.rebuild()

    site.tick(TENANT, START + DAY)
    return site, in_order(Story((*said, link), START + DAY))


def test_what_was_under_way_to_who_somebody_was_before_does_not_come_there_any_more() -> None:
    site, pure = linked_while_it_is_rebuilt()

    assert differences(standing(pure.keep), standing(site.keep)) == []


def test_a_rebuild_after_which_all_is_read_again_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilt, "where_to_go_on", lambda committed, ends: dict(committed))

    site, pure = linked_while_it_is_rebuilt()

    assert differences(standing(pure.keep), standing(site.keep)) != []


def test_the_simulation_does_rebuild() -> None:
    told = read_story(SUITE[0])
    sites = [RebuiltSite(seed) for seed in range(5)]

    for site in sites:
        run_story(told, make=lambda story, site=site: PureWorld(story, site))  # type: ignore[misc]

    assert sum(site.rebuilt for site in sites) > 5
