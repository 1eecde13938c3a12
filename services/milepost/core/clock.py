"""The clock of a record: it moves by ticks alone, and remembers what silence it is waiting for."""

from collections.abc import Iterable

from msgspec import Struct

from milepost.core.processor import Waits
from milepost_schemas.messages import Tick


class Ticked(Struct, array_like=True):
    """The latest tick that a record was assessed with: its moment, and the sources that were not heard up to it."""

    at: int = 0
    lagging: dict[str, int] = {}

    def take(self, tick: Tick) -> None:
        """Move on to this tick; an earlier one changes nothing, and no source is heard less than before."""
        if tick.at < self.at:
            return
        until = {lag.source: max(lag.until, self.heard(lag.source)) for lag in tick.lagging}
        self.lagging = {source: moment for source, moment in until.items() if moment < tick.at}
        self.at = tick.at

    def heard(self, source: str) -> int:
        """Return the moment up to which a source was heard."""
        return self.lagging.get(source, self.at)


class Clock:
    """Answers whether a moment was reached, and keeps the earliest moments that were asked for and not reached."""

    def __init__(self, ticked: Ticked, until: int | None = None) -> None:
        """Read this tick; beyond `until`, where it is given, nothing is ever reached."""
        self.at = ticked.at
        self._ticked = ticked
        self._until = until
        self._waits: dict[str, int] = {}

    def stopped(self, until: int) -> "Clock":
        """Return a clock that stands still at `until` and waits for nothing that comes later."""
        clock = Clock(self._ticked, until)
        clock._waits = self._waits
        return clock

    def apart(self) -> "Clock":
        """Return a clock that stands alike, and waits for itself alone."""
        return Clock(self._ticked, self._until)

    def reached(self, moment: int, sources: Iterable[str], known_at: int) -> bool:
        """Say whether all these sources were heard up to `moment`, by a tick that covers `known_at`.

        `known_at` is when we received what sets the expectation. Without sources it is our own clock that counts.
        """
        if self._until is not None and moment > self._until:
            return False
        reached = self._passed("", self.at, known_at)
        own = True
        for source in sources:
            own = False
            reached = self._passed(source, self._ticked.heard(source), moment) and reached
        return self._passed("", self.at, moment) and reached if own else reached

    def covers(self, known_at: int) -> bool:
        """Say whether a tick says that everything which we received by then has been read."""
        return self._passed("", self.at, known_at)

    def passed(self, moment: int) -> bool:
        """Say whether our own clock is at or past a moment."""
        return self.reached(moment, (), 0)

    @property
    def waits(self) -> Waits:
        """The earliest moment that was not reached, by source; "" is our own clock."""
        return tuple(sorted(self._waits.items()))

    def _passed(self, source: str, heard: int, moment: int) -> bool:
        if heard >= moment:
            return True
        self._waits[source] = min(self._waits.get(source, moment), moment)
        return False
