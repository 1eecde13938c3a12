"""A world carries a story out: the pure core in memory, or a running server over HTTP."""

from collections.abc import Sequence
from typing import Protocol

from milepost.stories.happenings import AnyHappening
from milepost.stories.seen import Seen


class World(Protocol):
    """What a runner needs of a world; it begins with the story's program published and its sources declared."""

    @property
    def reorders(self) -> bool:
        """Whether what was received earlier may be read later; where a real gateway stamps, it may not."""
        ...

    def deliver(self, happenings: Sequence[AnyHappening], at: int) -> None:
        """Let these be read, in this order, all received by `at`; one that was delivered before changes nothing."""
        ...

    def tick(self, at: int) -> None:
        """Move the clock to `at`: everything received before it has been read."""
        ...

    def next_wait(self, after: int) -> int | None:
        """Return the next moment for which anything waits, or None; a world may not know."""
        ...

    def restart(self) -> None:
        """Lose everything that is not durable."""
        ...

    def look(self) -> Seen:
        """Return what can be seen now."""
        ...

    def close(self) -> None:
        """End the world."""
        ...
