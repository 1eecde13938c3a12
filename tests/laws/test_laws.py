"""The laws: what holds of every story, however it is delivered."""

from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from milepost.core.processors import PROCESSORS
from milepost_schemas.facts import LearnerEnrolled, SeatChanged
from milepost_schemas.messages import AboutActor, IdentityDecided, ProgramPublished
from milepost_schemas.projections import GapRow, LearnerProjected
from milepost_schemas.topics import Topic
from tests.core.builders import ACTIVE, TENANT, Somebody
from tests.laws.delivery import (
    Run,
    differences,
    evidence,
    in_order,
    open_gaps,
    shuffled,
    standing,
    steps,
    ticked,
    ticked_at_any_time,
)
from tests.laws.effort import examples
from tests.laws.stories import ACTORS, DOUBLE, START, STRIDE, VISITOR, Story, stories

SEEDS = st.integers(0, 2**20)


@examples(120)
@given(stories(), SEEDS)
def test_any_order_and_any_repetition_then_the_same_tick_ends_the_same(story: Story, seed: int) -> None:
    one, other = in_order(story), shuffled(story, seed)

    assert differences(evidence(one.keep), evidence(other.keep)) == []
    assert differences(standing(one.keep), standing(other.keep)) == []


@examples(40)
@given(stories(), SEEDS)
def test_after_every_step_the_gaps_that_were_told_are_those_that_stand(story: Story, seed: int) -> None:
    for run in steps(story, seed):
        assert told(run) == stands(run)


@examples(60)
@given(stories(), SEEDS)
def test_ticks_in_between_change_nothing_but_what_was_told(story: Story, seed: int) -> None:
    one, other = in_order(story), ticked(story, seed)

    assert differences(standing(one.keep), standing(other.keep)) == []


@examples(60)
@given(stories(), SEEDS)
def test_ticks_between_facts_in_any_order_change_nothing_but_what_was_told(story: Story, seed: int) -> None:
    one, other = in_order(story), ticked_at_any_time(story, seed)

    assert differences(standing(one.keep), standing(other.keep)) == []


@examples(40)
@given(stories(), SEEDS)
def test_a_replay_finds_the_same_gap_ids(story: Story, seed: int) -> None:
    one, other, again = ticked(story, seed), ticked_at_any_time(story, seed), ticked(story, seed)

    first, second = ids(one), ids(other)
    assert {place: first[place] for place in first if place in second} == {
        place: second[place] for place in second if place in first
    }
    assert len(set(first.values())) == len(first)
    assert one.keep.changes == again.keep.changes


@examples(60)
@given(stories(), SEEDS, st.sampled_from([DOUBLE, VISITOR]), st.sampled_from(["ana", "ben"]), st.integers(0, 60))
def test_to_link_and_to_unlink_is_never_to_have_linked(
    story: Story, seed: int, actor: str, learner: str, strides: int
) -> None:
    undecided = [message for message in story.said if not isinstance(message, IdentityDecided)]
    linked_at = START + strides * STRIDE
    link = Somebody(actor).linked(Somebody(learner), linked_at)
    unlink = Somebody(actor).unlinked(linked_at + STRIDE)

    never = in_order(replace(story, said=tuple(undecided)))
    after_all = in_order(replace(story, said=(*undecided, link, unlink)))
    step_by_step = shuffled(replace(story, said=(*undecided, link, unlink)), seed)

    for run in (after_all, step_by_step):
        assert differences(standing(never.keep), standing(run.keep)) == []
        assert differences(evidence(never.keep), evidence(run.keep)) == []


@examples(60)
@given(stories(), SEEDS)
def test_nothing_is_concluded_before_a_tick_covers_what_set_it(story: Story, seed: int) -> None:
    unticked = Run()
    unticked.take(story.said)
    absences = [gap.gap for gap in open_gaps(unticked.keep).values() if gap.gap != "unmatched_attendee"]
    assert absences == []

    ended = shuffled(story, seed)
    for gap in open_gaps(ended.keep).values():
        assert all(set_at <= story.ends_at for set_at in what_set(story, ended, gap)), gap


@examples(40)
@given(stories(), SEEDS)
def test_a_restart_anywhere_changes_nothing(story: Story, seed: int) -> None:
    one, other = shuffled(story, seed), shuffled(story, seed, restarts=True)

    assert one.keep.rows == other.keep.rows
    assert one.keep.changes == other.keep.changes


def told(run: Run) -> dict[str, Any]:
    """Return what told holds open, as far as it does not depend on when it was told."""
    return {gap_id: _timeless(gap) for gap_id, gap in open_gaps(run.keep).items()}


def stands(run: Run) -> dict[str, Any]:
    """Return the gaps that would be open if nothing had ever been told."""
    gaps: dict[str, Any] = {}
    for topic in (Topic.SOURCES, Topic.OFFERINGS, Topic.LEARNERS):
        processor = PROCESSORS[topic]
        for stored in run.keep._records[topic].values():
            record = msgspec.msgpack.decode(stored, type=processor.record)
            record.told = {}
            assessed, _, _ = processor.assess(record, run.cascade.catalog(TENANT))
            gaps |= {gap.gap_id: _timeless(gap) for gap in assessed.told.values() if gap.state in ACTIVE}
    return gaps


def ids(run: Run) -> dict[tuple[str, str, str], str]:
    """Return the id of every gap that was ever told, by what it is about."""
    rows = [gap for row in run.keep.rows.values() for gap in row.gaps]
    return {(gap.subject, gap.gap, gap.about): gap.gap_id for gap in rows}


def what_set(story: Story, run: Run, gap: GapRow) -> list[int]:
    """Return when we had received what a learner's gap follows from: the enrollment, the program, the seat."""
    if gap.learner is None:
        return []
    row = run.keep.rows[f"{TENANT}/learner/{gap.learner}"]
    assert isinstance(row, LearnerProjected)
    version = next(journey.version for journey in row.journeys if journey.program == gap.program)
    published = [one.published_at for one in story.of(ProgramPublished) if one.version == version]
    seats = _received(story, SeatChanged, offering=gap.offering) if gap.offering is not None else []
    return [min(_received(story, LearnerEnrolled)), *published, *([min(seats)] if seats else [])]


def _received(story: Story, kind: type, **values: Any) -> list[int]:
    facts = [m.fact for m in story.said if isinstance(m, AboutActor) and m.actor in ACTORS]
    named = [fact for fact in facts if isinstance(fact, kind)]
    return [fact.received_at for fact in named if all(getattr(fact, name) == said for name, said in values.items())]


def _timeless(gap: GapRow) -> GapRow:
    return replace(gap, opened_at=0, changed_at=0)
