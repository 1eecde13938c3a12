"""How fast a demo's clock goes, measured against the machine's: what the page says beside demo time."""

import time
from collections import deque
from threading import Lock

from milepost.clock import Clock, ManualClock
from milepost.console.moments import duration
from milepost_schemas.instants import SECOND

WINDOW = 30.0
"""Over how many real seconds the speed is measured."""


class Pace:
    """Watches a clock that is moved by hand; of the machine's own clock there is nothing to say."""

    def __init__(self, clock: Clock) -> None:
        """Watch this clock."""
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque(maxlen=120)
        self._lock = Lock()

    @property
    def is_demo(self) -> bool:
        """True where the clock is moved by hand."""
        return isinstance(self._clock, ManualClock)

    def speed(self) -> str:
        """Return how far the clock goes in ten real seconds, in words."""
        with self._lock:
            now, at = time.monotonic(), self._clock.now()
            self._seen.append((now, at))
            while len(self._seen) > 2 and now - self._seen[0][0] > WINDOW:
                self._seen.popleft()
            first, began = self._seen[0]
        if now - first < 1:
            return ""
        moved = round((at - began) / (now - first) * 10)
        return f"{duration(moved)} every 10 s" if moved >= SECOND else "standing still"
