"""The right to write: it lasts as long as the group still counts this worker among its own.

The watch notices that a worker stood still. But a worker that runs on can also be taken for dead: its heartbeats do not
get through while its writes do, or it took longer over a rebalance than it may. Its partitions are then others', and
what it still has in hand would be written over theirs. So each heartbeat that was answered renews a lease, a little
shorter than the session; no request goes out without one. While none is answered, writing waits; a worker that was put
out of the group with something in hand gives up.
"""

import asyncio
import math
from collections.abc import Callable

from milepost.runtimes.kafka.ending import End
from milepost.runtimes.kafka.watch import seconds_since_boot

SHARE_OF_SESSION = 0.9
LOOK_SECONDS = 0.05


class Lease:
    """Told by the thread of the consumer, asked by the loop of the producer."""

    def __init__(self, *, session_seconds: float, end: End, seconds: Callable[[], float] = seconds_since_boot) -> None:
        """Allow everything until the first assignment: nothing is held that could be others'."""
        self._length = session_seconds * SHARE_OF_SESSION
        self._end = end
        self._seconds = seconds
        self._until = math.inf
        self._is_out = False

    def now(self) -> float:
        """Return the moment by the clock of the lease."""
        return self._seconds()

    def begin(self) -> None:
        """Note a new assignment."""
        self._is_out = False
        self._until = self._seconds() + self._length

    def renew(self, asked_at: float) -> None:
        """Note that a heartbeat was answered which was sent at this moment."""
        self._until = asked_at + self._length

    def lose(self) -> None:
        """Note that the group no longer knows this worker, until the next assignment."""
        self._is_out = True

    async def held(self) -> None:
        """Return when this worker may write; end the process where it never may again."""
        while True:
            if self._is_out:
                self._end("was put out of the group with something in hand")
            if self._seconds() < self._until:
                return
            await asyncio.sleep(LOOK_SECONDS)
