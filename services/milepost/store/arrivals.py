"""Arrivals: what was stamped as received and is not in the log yet, so that no tick runs ahead of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from threading import Condition

from milepost.clock import Clock


class Arrivals:
    """The stamps of requests that are under way."""

    def __init__(self, clock: Clock) -> None:
        """Stamp with this clock, the one that the ticker samples too."""
        self._clock = clock
        self._under_way: dict[int, int] = {}
        self._tokens = count(1)
        self._changed = Condition()

    @contextmanager
    def receiving(self) -> Iterator[int]:
        """Give a stamp, and count it as under way until the end."""
        with self._changed:
            received_at = self._clock.now()
            token = self._hold(received_at)
        try:
            yield received_at
        finally:
            self.release(token)

    def hold(self, received_at: int) -> int:
        """Count something with this stamp as under way; return the token that ends it."""
        with self._changed:
            return self._hold(received_at)

    def release(self, token: int) -> None:
        """End what this token stands for."""
        with self._changed:
            self._under_way.pop(token, None)
            self._changed.notify_all()

    def sample(self) -> int:
        """Return a moment such that every later stamp is at or past it."""
        with self._changed:
            return self._clock.now()

    def settled(self, before: int, *, timeout: float | None = None) -> bool:
        """Wait until nothing stamped before a moment is under way; False if `timeout` seconds were not enough."""
        with self._changed:
            return self._changed.wait_for(lambda: all(at >= before for at in self._under_way.values()), timeout)

    def _hold(self, received_at: int) -> int:
        token = next(self._tokens)
        self._under_way[token] = received_at
        return token
