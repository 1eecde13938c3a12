"""How a story is delivered, and what can be compared afterwards."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import msgspec

from milepost.core.processors.resolver import ActorRecord
from milepost.tracker.cascade import Cascade
from milepost.tracker.memory import MemoryKeep
from milepost_schemas.facts import ImportBegan, ImportFinished, SourceDeclared, SourceHeard
from milepost_schemas.projections import GapRow, LearnerProjected, OfferingProjected, SourceProjected
from milepost_schemas.topics import Message, Topic
from tests.core.builders import ACTIVE, TENANT
from tests.laws.stories import START, Story, received_at

Standing = dict[str, Any]


@dataclass
class Run:
    """A cascade over a keep, which can be started anew at any time."""

    keep: MemoryKeep = field(default_factory=MemoryKeep)

    def __post_init__(self) -> None:
        self.cascade = Cascade(self.keep)

    def take(self, batch: Iterable[Message]) -> None:
        self.cascade.take(batch)

    def tick(self, at: int) -> None:
        self.cascade.tick(TENANT, at)

    def restart(self) -> None:
        self.cascade = Cascade(self.keep)


def in_order(story: Story) -> Run:
    """Take a story in one batch, and tick."""
    run = Run()
    run.take(story.said)
    run.tick(story.ends_at)
    return run


def shuffled(story: Story, seed: int, *, restarts: bool = False) -> Run:
    """Take a story in any order, with repetitions, in batches of any size; then tick."""
    random, chance, run = Random(seed), Random(seed), Run()
    for batch in _batches(_disordered(story.said, random), random):
        run.take(batch)
        if restarts and chance.random() < 0.3:
            run.restart()
    run.tick(story.ends_at)
    return run


def ticked(story: Story, seed: int) -> Run:
    """Take a story in the order in which it was received, with ticks in between that cover what was taken."""
    random, run = Random(seed), Run()
    for batch in _batches(list(story.said), random, most=6):
        run.take(batch)
        covered = max(received_at(message) for message in batch)
        if covered < story.ends_at and random.random() < 0.7:
            run.tick(covered)
    run.tick(story.ends_at)
    return run


def ticked_at_any_time(story: Story, seed: int) -> Run:
    """Take what sources say of themselves first, then the rest in any order with ticks anywhere; then tick."""
    random, run = Random(seed), Run()
    run.take([message for message in story.said if isinstance(message, _OF_SOURCES)])
    rest = [message for message in story.said if not isinstance(message, _OF_SOURCES)]
    moments = sorted(random.randint(START, story.ends_at) for _ in range(6))
    for batch in _batches(_disordered(rest, random), random):
        run.take(batch)
        if moments and random.random() < 0.5:
            run.tick(moments.pop(0))
    run.tick(story.ends_at)
    return run


def steps(story: Story, seed: int) -> Iterator[Run]:
    """Take a story in any order, with ticks anywhere; return the run after every step."""
    random, run = Random(seed), Run()
    moments = sorted(random.randint(START, story.ends_at) for _ in range(8))
    for batch in _batches(_disordered(story.said, random), random):
        run.take(batch)
        yield run
        if moments and random.random() < 0.5:
            run.tick(moments.pop(0))
            yield run
    run.tick(story.ends_at)
    yield run


def standing(keep: MemoryKeep) -> Standing:
    """Return what stands: every row, without its version, when it was shown, and what was told and has ended."""
    stands: Standing = {}
    for place, row in keep.rows.items():
        bare = replace(row, version=0, as_of=0, changes=(), gaps=tuple(_untold(row.gaps)))
        if isinstance(bare, LearnerProjected):
            bare = replace(bare, told_since=0)
        if not _is_empty(bare):
            stands[place] = bare
    return stands


def evidence(keep: MemoryKeep) -> Standing:
    """Return the evidence of every identifier, as its resolver keeps it."""
    return evidence_in(keep._records[Topic.ACTORS])


def evidence_in(records: Mapping[str, bytes]) -> Standing:
    """Return the evidence in the records of the resolver."""
    found: Standing = {}
    for key, stored in records.items():
        kept = msgspec.msgpack.decode(stored, type=ActorRecord).evidence
        parts: Standing = {
            "activities": {place: one.proofs for place, one in sorted(kept.activities.items()) if one.proofs},
            "enrollments": dict(sorted(kept.enrollments.items())),
            "waivers": dict(sorted(kept.waivers.items())),
            "signed off": {place: signed for place, signed in sorted(kept.signed_off.items()) if signed},
            "revoked": dict(sorted(kept.revoked.items())),
        }
        if any(parts.values()):
            found[key] = parts
    return found


def open_gaps(keep: MemoryKeep) -> dict[str, GapRow]:
    """Return the gaps that stand, by id."""
    return {gap.gap_id: gap for row in keep.rows.values() for gap in row.gaps if gap.state in ACTIVE}


def differences(one: Standing, other: Standing) -> list[str]:
    """Return what differs, shortly."""
    return [
        f"{place}\n   {one.get(place)}\n   {other.get(place)}"
        for place in sorted({*one, *other})
        if one.get(place) != other.get(place)
    ]


_OF_SOURCES = (SourceDeclared, SourceHeard, ImportBegan, ImportFinished)


def _disordered(said: Iterable[Message], random: Random) -> list[Message]:
    messages = list(said)
    messages += [message for message in messages if random.random() < 0.3]
    random.shuffle(messages)
    return messages


def _batches(messages: list[Message], random: Random, *, most: int = 12) -> Iterator[list[Message]]:
    left = list(messages)
    while left:
        size = random.randint(1, most)
        yield left[:size]
        left = left[size:]


def _untold(gaps: Iterable[GapRow]) -> Iterator[GapRow]:
    """Return open gaps only, without when they were told."""
    active = (gap for gap in gaps if gap.state in ACTIVE)
    for gap in sorted(active, key=lambda gap: gap.gap_id):
        yield replace(gap, opened_at=0, changed_at=0)


def _is_empty(row: LearnerProjected | OfferingProjected | SourceProjected) -> bool:
    return isinstance(row, LearnerProjected) and not (row.journeys or row.seats or row.gaps)
