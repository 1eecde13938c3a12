"""How much each source may send: so many statements a minute, counted by this process.

A source has a minute's worth at most, and gets it back evenly. A request is let in while anything is left, and takes
what it holds, so that a batch is never refused for its size alone; who is in debt waits until it is paid. What is
refused counts too: looking at it took as long.
"""

from collections.abc import Hashable
from math import ceil

from milepost.clock import Clock
from milepost.gateway.refusing import TooMany
from milepost.store.sources import Source
from milepost_schemas.instants import MINUTE, SECOND


class Rates:
    """What is left to each source. For one thread; it grows with the sources that are known, and with nothing else."""

    def __init__(self, clock: Clock, a_minute: int) -> None:
        """Give every source so many statements a minute; 0 is without a limit."""
        self._clock = clock
        self._a_minute = a_minute
        self._left: dict[Hashable, tuple[float, int]] = {}

    def admit(self, source: Source) -> None:
        """Let a request in, as one statement; raise TooMany, with how long to wait, where nothing is left."""
        if not self._a_minute:
            return
        left, now = self._now(source)
        if left < 1:
            raise TooMany(ceil((1 - left) * MINUTE / self._a_minute / SECOND))
        self._left[source.tenant, source.name] = (left - 1, now)

    def add(self, source: Source, more: int) -> None:
        """Count the statements that the request turned out to hold beyond the one."""
        if self._a_minute and more:
            left, now = self._now(source)
            self._left[source.tenant, source.name] = (left - more, now)

    def _now(self, source: Source) -> tuple[float, int]:
        now = self._clock.now()
        left, at = self._left.get((source.tenant, source.name), (float(self._a_minute), now))
        return min(float(self._a_minute), left + (now - at) * self._a_minute / MINUTE), now
