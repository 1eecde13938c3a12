"""The one clock of a process: the gateway stamps with it, and the ticker concludes by it.

It never goes back: what was received is never later than a moment that is sampled afterwards.
"""

import time
from threading import Lock
from typing import Protocol

from milepost_schemas.instants import to_text


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """Return this moment: milliseconds since 1970, never less than an answer before."""
        ...


class SystemClock:
    """The clock of the machine; where that is set back, it stands still until the machine has caught up."""

    def __init__(self, *, not_before: int = 0) -> None:
        """Start no earlier than the last moment that this database has seen."""
        self._latest = not_before
        self._lock = Lock()

    def now(self) -> int:
        """Return this moment."""
        with self._lock:
            self._latest = max(self._latest, time.time_ns() // 1_000_000)
            return self._latest


class ManualClock:
    """A clock that moves when it is told to: for demos and tests."""

    def __init__(self, at: int) -> None:
        """Stand at this moment."""
        self._at = at
        self._lock = Lock()

    def now(self) -> int:
        """Return the moment that was set last."""
        return self._at

    def set(self, at: int) -> None:
        """Move on to this moment; raise ValueError where that would be going back."""
        with self._lock:
            if at < self._at:
                raise ValueError(f"the clock stands at {to_text(self._at)} and cannot go back to {to_text(at)}")
            self._at = at
