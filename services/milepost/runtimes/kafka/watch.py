"""The guard against writing as a ghost: a worker that stood still for too long must not write another word.

A worker that is paused (a stopped process, a suspended machine, a loop that was blocked) is taken for dead when its
session with the group runs out, and its partitions are given to others. When it goes on, it knows nothing of that and
would write its old state over the new owner's: every record that it had in hand, wrong for good. So a task touches a
clock that also runs while the machine sleeps; whoever wants to write asks first whether the last touch was recent.
"""

import asyncio
import time
from collections.abc import Callable

from milepost.runtimes.kafka.ending import End

TOUCH_SECONDS = 0.2

SHARE_OF_SESSION = 0.5
"""What part of the session time-out a worker may stand still; the rest is for the time that a message is under way."""


def seconds_since_boot() -> float:
    """Return a clock that never goes back and, where there is one, also counts while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Watch:
    """Notices that this process stood still."""

    def __init__(self, *, session_seconds: float, end: End, seconds: Callable[[], float] = seconds_since_boot) -> None:
        """Count from now."""
        self._limit = session_seconds * SHARE_OF_SESSION
        self._end = end
        self._seconds = seconds
        self._touched = seconds()

    def check(self) -> None:
        """End the process if it stood still for longer than it may."""
        still = self._seconds() - self._touched
        if still > self._limit:
            self._end(f"stood still for {still:.1f} seconds")

    async def run(self) -> None:
        """Touch the clock for ever."""
        while True:
            self.check()
            self._touched = self._seconds()
            await asyncio.sleep(TOUCH_SECONDS)
