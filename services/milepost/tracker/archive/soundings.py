"""Soundings: up to which instant everything that the gateway stamped is accepted and can be read.

At an instant the ends of all partitions are looked up; once taking is past all of them, whatever the gateway stamped
before that instant, less the time that it takes at most to hand something over, is in the database.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from milepost.clock import Clock
from milepost.settings import Settings
from milepost_schemas.instants import SECOND


@dataclass(frozen=True, slots=True)
class _Sounding:
    at: int
    ends: Mapping[int, int]


class Soundings:
    """One sounding after the other, at most one a second. For one thread."""

    def __init__(self, clock: Clock, ends: Callable[[], Mapping[int, int]], *, margin: int) -> None:
        """Look up the ends by `ends`; `margin` is milliseconds."""
        self._clock = clock
        self._ends = ends
        self._margin = margin
        self._pending: _Sounding | None = None
        self._last = 0

    def reached(self, positions: Mapping[int, int]) -> int | None:
        """Return an instant before which everything is accepted, when there is a new one.

        `positions` are the offsets to read next; a partition that is missing stands at 0.
        """
        now = self._clock.now()
        if self._pending is None and now - self._last >= SECOND:
            self._pending = _Sounding(now, self._ends())
            self._last = now
        pending = self._pending
        if pending is None or any(positions.get(partition, 0) < end for partition, end in pending.ends.items()):
            return None
        self._pending = None
        return pending.at - self._margin


def margin_of(settings: Settings) -> int:
    """Return after how many milliseconds what the gateway stamped is in Kafka, or was refused."""
    return round(settings.kafka_seconds * SECOND) + settings.clock_skew_ms
