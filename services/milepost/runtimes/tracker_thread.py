"""The thread in which the tracker runs: takes in what comes, ticks once a second, and stops the process by an error.

A database server that is away is waited for.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Event, Thread
from time import monotonic

import structlog

from milepost.clock import ManualClock, SystemClock
from milepost.failures import outline
from milepost.runtimes.embedded_metrics import EmbeddedMetrics
from milepost.runtimes.told_moments import ToldMoments
from milepost.runtimes.tracking import Tracking
from milepost.store.database import is_away

TICK_SECONDS = 1.0
AWAY_SECONDS = 1.0
"""How long nothing is tried after the database was away."""

ENDED = "the tracker has stopped"

logger = structlog.get_logger("milepost.tracker")


class TrackerThread:
    """Runs the tracker until it is stopped, or until an error that nobody decided."""

    def __init__(
        self,
        tracking: Tracking,
        metrics: EmbeddedMetrics,
        woken: Event,
        *,
        manual: ManualClock | None = None,
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        """Look whenever `woken` is set; tick once a second, or with a manual clock when that is set.

        Call `failed` after an error.
        """
        self.error: BaseException | None = None
        self._tracking = tracking
        self._metrics = metrics
        self._manual = manual
        self._failed = failed
        self._woken = woken
        self._stopping = Event()
        self._next_tick = 0.0
        self._told = ToldMoments(manual or SystemClock(), refusing=ENDED)
        self._thread = Thread(target=self._run, name="milepost-tracker", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step that is under way; what is left in the log is taken in by the next process."""
        self._stopping.set()
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._told.end()

    def set_clock(self, at: int) -> "Future[None]":
        """Move the manual clock, take in all that was accepted before, and tick; the future is done after that.

        It raises ValueError where the clock would go back.
        """
        future = self._told.tell(at)
        self._woken.set()
        return future

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error
            self._metrics.failures.inc()
            logger.critical("tracker_failed", **outline(error))
            self._told.end()
            self._failed()

    def _work(self) -> None:
        self._next_tick = monotonic()
        while not self._stopping.is_set():
            try:
                self._look()
            except Exception as error:
                if not is_away(error):
                    raise
                self._await_database(error)

    def _look(self) -> None:
        self._woken.clear()
        self._set_as_told()
        took = self._tracking.take()
        if self._manual is None and monotonic() >= self._next_tick:
            self._tracking.tick()
            self._next_tick = max(self._next_tick + TICK_SECONDS, monotonic())
        elif took == 0:
            self._woken.wait(TICK_SECONDS if self._manual is not None else max(0.0, self._next_tick - monotonic()))

    def _await_database(self, error: Exception) -> None:
        """Try once a second until the database answers; requests are refused meanwhile, and nothing is concluded."""
        logger.warning("database_away", **outline(error))
        while not self._stopping.wait(AWAY_SECONDS):
            try:
                self._tracking.begin_again()
            except Exception as another:
                if not is_away(another):
                    raise
            else:
                logger.info("database_back")
                return

    def _set_as_told(self) -> None:
        while not self._stopping.is_set() and self._told.take(self._tick_at):
            pass

    def _tick_at(self, _at: int) -> None:
        self._tracking.catch_up()
        self._tracking.tick()
