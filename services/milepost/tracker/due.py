"""What the records of a partition wait for, by moment: so that a tick visits only those that are due."""

import heapq
from collections import defaultdict
from collections.abc import Mapping

from milepost.core.processor import Waits


class DueIndex:
    """The moments that records wait for, by tenant and source; "" is our own clock."""

    def __init__(self) -> None:
        """Wait for nothing."""
        self._waits: dict[bytes, Waits] = {}
        self._moments: dict[str, dict[str, list[tuple[int, bytes]]]] = defaultdict(lambda: defaultdict(list))

    def wait(self, tenant: str, key: bytes, waits: Waits) -> None:
        """Let a record wait for these moments instead of earlier ones."""
        earlier = self._waits.get(key, ())
        self._waits[key] = waits
        for source, until in waits:
            if (source, until) not in earlier:
                heapq.heappush(self._moments[tenant][source], (until, key))

    def take(self, tenant: str, at: int, lagging: Mapping[str, int]) -> list[bytes]:
        """Return the keys that wait for a moment that is reached, in order, and let them wait for it no longer.

        A moment is reached at `at`, or for a lagging source at its own.
        """
        due: set[bytes] = set()
        for source, moments in self._moments[tenant].items():
            reached = lagging.get(source, at)
            while moments and moments[0][0] <= reached:
                until, key = heapq.heappop(moments)
                if (source, until) in self._waits.get(key, ()):
                    due.add(key)
        for key in due:
            self._waits[key] = tuple((s, until) for s, until in self._waits[key] if until > lagging.get(s, at))
        return sorted(due)

    def __len__(self) -> int:
        """Return how many records wait for anything."""
        return sum(1 for waits in self._waits.values() if waits)
