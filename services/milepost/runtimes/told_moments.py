"""Moments that a manual clock is told from outside, and that the thread which ticks takes up one after the other."""

import queue
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock

from milepost.clock import Clock, ManualClock

Moved = tuple[int, "Future[None]"]


class ToldMoments:
    """Told from any thread, taken up by one."""

    def __init__(self, clock: Clock, *, refusing: str) -> None:
        """Move this clock, if it is a manual one; after the end refuse all that is told with these words."""
        self._clock = clock
        self._refusing = refusing
        self._told: queue.SimpleQueue[Moved] = queue.SimpleQueue()
        self._telling = Lock()
        self._is_over = False

    def tell(self, at: int) -> "Future[None]":
        """Have the clock moved; the future is done once what follows from that is.

        It raises ValueError where the clock would go back, or is the system's, and RuntimeError after the end.
        """
        future: Future[None] = Future()
        with self._telling:
            if self._is_over:
                future.set_exception(RuntimeError(self._refusing))
            else:
                self._told.put((at, future))
        return future

    def take(self, tick: Callable[[int], None], *, seconds: float = 0.0) -> bool:
        """Move the clock to the next moment, tick, and answer; wait for a moment at most so long.

        Say whether there was one. What `tick` raises, whoever told the moment hears too.
        """
        try:
            at, future = self._told.get(block=seconds > 0, timeout=seconds)
        except queue.Empty:
            return False
        try:
            self._move(at)
        except ValueError as error:
            future.set_exception(error)
            return True
        try:
            tick(at)
        except BaseException as error:
            future.set_exception(error)
            raise
        future.set_result(None)
        return True

    def end(self) -> None:
        """Refuse what nobody took up, and all that is told from now on."""
        with self._telling:
            self._is_over = True
            while not self._told.empty():
                self._told.get_nowait()[1].set_exception(RuntimeError(self._refusing))

    def _move(self, at: int) -> None:
        if not isinstance(self._clock, ManualClock):
            raise ValueError("the clock of the system cannot be set")
        self._clock.set(at)
