"""When each happening is read: as the story says, or shuffled, doubled and interrupted, by a seed."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from milepost.stories.happenings import AnyHappening, Heard
from milepost.stories.story import Span, Story
from milepost.stories.world import World
from milepost_schemas.instants import MINUTE

Arrival = tuple[int, AnyHappening]
"""When a happening is read, and what it is."""

CUTS = 6
"""How many ticks at random moments there are at most between two checks."""


def arrivals(story: Story) -> list[Arrival]:
    """Return everything that is delivered, in order: what a silent source held back comes when it speaks again."""
    held = [_held_back(one, story.spans) for one in (*story.happenings, *_heartbeats(story))]
    read = [(_read_at(one.arrives_at, story.spans), one) for one in held]
    return sorted(read, key=lambda arrival: (arrival[0], arrival[1].arrives_at, arrival[1].line))


class PlainDelivery:
    """Everything in its time, once; a tick whenever anything waits for one."""

    shuffles = False

    def __init__(self, story: Story, world: World) -> None:
        """Begin at the beginning of the story."""
        self._story = story
        self._world = world
        self._left = arrivals(story)
        self._ticked_at = story.begins_at

    def until(self, at: int) -> None:
        """Deliver everything up to a moment, and tick at it."""
        for read_at, group in groupby(self._due(at), key=lambda arrival: arrival[0]):
            self._wait(read_at)
            self._world.deliver([one for _, one in group], read_at)
            self._tick(read_at)
        self._wait(at)
        self._tick(at)

    def _due(self, at: int) -> list[Arrival]:
        due = [arrival for arrival in self._left if arrival[0] <= at]
        self._left = self._left[len(due) :]
        return due

    def _wait(self, until: int) -> None:
        """Tick at every moment for which anything waits before `until`."""
        while (moment := self._world.next_wait(self._ticked_at)) is not None and moment < until:
            stands = _standing_still(moment, self._story.spans)
            if stands is not None and stands.ends_at >= until:
                return
            self._tick(moment if stands is None else stands.ends_at)

    def _tick(self, at: int) -> None:
        if at >= self._ticked_at and _standing_still(at, self._story.spans) is None:
            self._world.tick(at)
            self._ticked_at = at


class ShuffledDelivery(PlainDelivery):
    """The same facts in another order between two ticks, some of them twice, with restarts and ticks at random."""

    shuffles = True

    def __init__(self, story: Story, world: World, seed: int) -> None:
        """Draw lots by this seed."""
        super().__init__(story, world)
        self._random = random.Random(f"{story.title} {seed}")  # noqa: S311 - lots, not secrets
        self._delivered: list[AnyHappening] = []

    def until(self, at: int) -> None:
        """Deliver everything up to a moment, in pieces between random ticks."""
        for cut in (*self._cuts(at), at):
            for chunk in self._chunks([one for _, one in self._due(cut)]):
                self._world.deliver(chunk, cut)
                if self._random.random() < 0.2:
                    self._world.restart()
            if self._random.random() < 0.5:
                self._wait(cut)
            self._tick(cut)

    def _cuts(self, at: int) -> list[int]:
        if at - self._ticked_at < 2:
            return []
        drawn = {self._random.randrange(self._ticked_at + 1, at) for _ in range(self._random.randint(0, CUTS))}
        return sorted(cut for cut in drawn if _standing_still(cut, self._story.spans) is None)

    def _chunks(self, fresh: list[AnyHappening]) -> Iterator[Sequence[AnyHappening]]:
        again = [one for one in self._delivered if self._random.random() < 0.03]
        twice = [one for one in fresh if self._random.random() < 0.3]
        self._delivered += fresh
        pile = [*fresh, *twice]
        self._random.shuffle(pile)
        if self._world.reorders:
            pile += again
            self._random.shuffle(pile)
        else:  # what comes again later is a sign of life of its source
            pile.sort(key=lambda one: one.arrives_at)
        while pile:
            size = self._random.randint(1, len(pile))
            yield pile[:size]
            pile = pile[size:]


def _held_back(one: AnyHappening, spans: Iterable[Span]) -> AnyHappening:
    for span in spans:
        if span.source == one.source and span.begins_at < one.arrives_at < span.ends_at:
            return replace(one, arrives_at=span.ends_at)
    return one


def _read_at(arrives_at: int, spans: Iterable[Span]) -> int:
    stands = _standing_still(arrives_at, spans)
    return arrives_at if stands is None else stands.ends_at


def _standing_still(at: int, spans: Iterable[Span]) -> Span | None:
    return next((span for span in spans if span.source is None and span.begins_at < at < span.ends_at), None)


def _heartbeats(story: Story) -> Iterator[Heard]:
    """Yield the signs of life of every source with a rhythm: twice in each, but for the times of its silence."""
    for sender in story.senders.values():
        if sender.rhythm is None:
            continue
        silences = [span for span in story.spans if span.source == sender.name]
        moments = set(range(story.begins_at, story.ends_at + 1, max(1, sender.rhythm * MINUTE // 2)))
        moments = {at for at in moments if all(not span.begins_at < at < span.ends_at for span in silences)}
        moments |= {at for span in silences for at in (span.begins_at, span.ends_at)}
        for at in sorted(moments):
            name = f"{sender.name} lives {at}"
            yield Heard(line=0, name=name, source=sender.name, at=at, recorded_at=at, arrives_at=at)
