"""Running a story in a world: deliver, look, compare."""

from collections.abc import Callable
from dataclasses import dataclass

from milepost.stories.comparing import Comparer, Difference
from milepost.stories.delivery import PlainDelivery, ShuffledDelivery
from milepost.stories.pure import PureWorld
from milepost.stories.seen import Seen
from milepost.stories.story import Story
from milepost.stories.world import World


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one run; `seed` is None where nothing was shuffled."""

    story: Story
    seed: int | None
    checks: int
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """True where everything was as the story says."""
        return not self.differences


def run_story(story: Story, seed: int | None = None, make: Callable[[Story], World] = PureWorld) -> Outcome:
    """Return what comes of a story in a new world; with a seed it is shuffled, doubled and interrupted."""
    world = make(story)
    try:
        delivery = PlainDelivery(story, world) if seed is None else ShuffledDelivery(story, world, seed)
        comparer = Comparer(story.rules, story.zone, delivery.shuffles)
        found: list[Difference] = []
        seen = Seen({}, {}, ())
        for check in story.checks:
            delivery.until(check.at)
            seen = world.look()
            found += comparer.compare(check, seen)
        for never in story.never:
            found += comparer.never(never.line, never.gap, seen)
        return Outcome(story, seed, len(story.checks), tuple(found))
    finally:
        world.close()
