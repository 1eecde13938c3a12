"""Balance: spreads what a script is free to choose, so that whoever watches for a minute sees something happen."""

from collections import Counter
from collections.abc import Sequence

from milepost_schemas.instants import HOUR

WINDOW = 2 * HOUR
NEAR = (0, -1, 1)


class Balance:
    """Counts what is planned to happen around each moment, and finds the quietest among several."""

    def __init__(self) -> None:
        """Begin with nothing planned."""
        self._planned: Counter[int] = Counter()

    def quietest(self, choices: Sequence[tuple[int, ...]]) -> int:
        """Return the index of the choice whose moments are the quietest, the first of equals, and plan it."""
        loads = [sum(self._load(at) for at in choice) for choice in choices]
        index = loads.index(min(loads))
        self.plan(*choices[index])
        return index

    def plan(self, *moments: int) -> None:
        """Count that something is to happen at these moments."""
        self._planned.update(at // WINDOW for at in moments)

    def _load(self, at: int) -> int:
        return sum(self._planned[at // WINDOW + near] for near in NEAR)
