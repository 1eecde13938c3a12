"""The ticker as a process: of all that run, the one that holds the lock moves the clock; the others stand by.

Once a second it begins a round, as soon as the one before is through. Its moment lies behind the machine's clock by the
time that the gateway has to hand something over, and by what clocks may differ.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from threading import Event, Thread
from time import monotonic

import structlog
from starlette.applications import Starlette

from milepost.broker import topics
from milepost.broker.inbox import Inbox
from milepost.broker.outbox import Outbox
from milepost.broker.progress import Progress
from milepost.clock import Clock, ManualClock, SystemClock
from milepost.runtimes.answering import Answering
from milepost.runtimes.bootstrap import NotStarted, open_database
from milepost.runtimes.clock_route import clock_route
from milepost.runtimes.health import health_routes
from milepost.runtimes.lag import Lag
from milepost.runtimes.loops import Perseverance
from milepost.runtimes.ticker_metrics import TickerMetrics
from milepost.runtimes.told_moments import ToldMoments
from milepost.settings import Settings
from milepost.store import tenants
from milepost.store.database import Database
from milepost.store.locks import LockNotPossible, ProcessLock
from milepost.tracker.archive.soundings import margin_of
from milepost.tracker.ticking import Stopped, Ticking
from milepost_schemas.instants import from_text
from milepost_schemas.topics import Topic

LOCK = "ticker"

ROUND_SECONDS = 1.0
"""A round begins so long after the one before has begun, or when that is through."""

STANDS_STILL_SECONDS = 60.0
"""A round that takes longer than this says that something on the way stands still."""

ENDED = "the ticker has stopped"

logger = structlog.get_logger("milepost.ticker")


def serve(settings: Settings, *, listening: Callable[[str], None]) -> int:
    """Tick until a signal ends it (0) or an error that does not pass (1); call `listening` with its address.

    Raise NotStarted for settings that do not fit, and BrokerError where topics are not as they should be.
    """
    topics.require(settings)
    database = open_database(settings)
    try:
        answering = Answering(listening)
        ticker = Ticker(settings, database, failed=answering.end)
        ticker.start()
        try:
            answering.answer(ticker.build_app(), settings)
        finally:
            ticker.stop()
        return 1 if ticker.has_failed else 0
    except LockNotPossible as error:
        raise NotStarted(f"{error}; name one in MILEPOST_DATABASE") from error
    finally:
        database.close()


class Ticker:
    """Stands by, or is active; in a thread of its own."""

    def __init__(self, settings: Settings, database: Database, *, failed: Callable[[], None] = lambda: None) -> None:
        """Call `failed` after an error that does not pass; raise LockNotPossible."""
        self.has_failed = False
        self.clock = _clock(settings, database)
        self.metrics = TickerMetrics(self.clock)
        self._lag = Lag(settings)
        self._settings = settings
        self._database = database
        self._failed = failed
        self._lock = ProcessLock(database, LOCK)
        self._perseverance = Perseverance("ticker", begins_again=self.metrics.failures.inc)
        self._told = ToldMoments(self.clock, refusing=ENDED)
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="milepost-ticker", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End soon, in the middle of a round if need be: the next ticker makes another one."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._told.end()
        self._lag.close()

    def build_app(self) -> Starlette:
        """Return the application that answers those who watch this process."""
        routes = health_routes(live=self._live, ready=self._perseverance.ready, metrics=self._written)
        if isinstance(self.clock, ManualClock):
            routes.append(clock_route(self.clock, self._told.tell))
        return Starlette(routes=routes)

    def _written(self) -> bytes:
        return self.metrics.written() + self._lag.written()

    def _live(self) -> str | None:
        return "the ticker has failed" if self.has_failed else self._perseverance.live()

    # --- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        if self._perseverance.keep_on(self._stopping, self._attempt) != 0:
            self.has_failed = True
            self._told.end()
            self._failed()

    def _attempt(self) -> None:
        try:
            with suppress(Stopped), self._lock as lock:
                if lock.take():
                    self._be_active(lock)
                else:
                    self._perseverance.problem = None
                    self._stopping.wait(ROUND_SECONDS)
        finally:
            self.metrics.active.set(0)

    def _be_active(self, lock: ProcessLock) -> None:
        logger.info("active")
        self.metrics.active.set(1)
        with self._ticking() as ticking:
            self._perseverance.problem = None
            while not self._stopping.is_set() and lock.is_held():
                begun = monotonic()
                self._turn(ticking)
                if not isinstance(self.clock, ManualClock):
                    self._stopping.wait(max(0.01, ROUND_SECONDS - (monotonic() - begun)))
        logger.info("no_longer_active")

    @contextmanager
    def _ticking(self) -> Iterator[Ticking]:
        with ExitStack() as ending:
            progress = Progress(self._settings)
            ending.callback(progress.close)
            catalog = Inbox(self._settings, Topic.CATALOG, group="tracker")
            ending.callback(catalog.close)
            outbox = ending.enter_context(Outbox(self._settings, "ticker"))
            yield Ticking(self._settings, self._database, progress, outbox, catalog)

    def _turn(self, ticking: Ticking) -> None:
        """Make a round; with a manual clock, when that is told to move."""
        if isinstance(self.clock, ManualClock):
            self._perseverance.pulse.beat()
            self._told.take(partial(self._round, ticking), seconds=ROUND_SECONDS)
        else:
            self._round(ticking, self.clock.now() - margin_of(self._settings))

    def _round(self, ticking: Ticking, at: int) -> None:
        ticking.round(lambda _: at, stopped=self._is_to_stop, observe=self._observe)
        self.metrics.ticked_at = at
        self.metrics.rounds.inc()
        self._perseverance.problem = None

    def _is_to_stop(self) -> bool:
        self._perseverance.pulse.beat()  # it waits for others, and lives
        return self._stopping.is_set()

    def _observe(self, stage: str, seconds: float) -> None:
        self.metrics.stage_seconds.labels(stage=stage).observe(seconds)
        if seconds > STANDS_STILL_SECONDS:
            logger.warning("stage_was_slow", stage=stage, seconds=round(seconds))


def _clock(settings: Settings, database: Database) -> Clock:
    with database.reading() as connection:
        seen = tenants.latest_moment(connection)
    if settings.clock == "system":
        return SystemClock(not_before=seen)
    return ManualClock(seen if settings.clock_at is None else from_text(settings.clock_at))
