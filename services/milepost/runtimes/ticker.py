"""The ticker as a process: of all that run, the one that holds the lock moves the clock; the others stand by.

Once a second it begins a round, as soon as the one before is through. Its moment lies behind the machine's clock by the
time that the gateway has to hand something over, and by what clocks may differ.
"""

import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from threading import Event, Lock, Thread
from time import monotonic

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.applications import Starlette

from milepost.broker import topics
from milepost.broker.inbox import Inbox
from milepost.broker.outbox import Outbox
from milepost.broker.progress import Progress
from milepost.clock import Clock, ManualClock, SystemClock
from milepost.runtimes.answering import Answering
from milepost.runtimes.bootstrap import NotStarted, open_database
from milepost.runtimes.clock_route import clock_route
from milepost.runtimes.failures import outline
from milepost.runtimes.health import Pulse, health_routes
from milepost.runtimes.lag import Lag
from milepost.runtimes.loops import passes
from milepost.settings import Settings
from milepost.store import tenants
from milepost.store.database import Database
from milepost.store.locks import LockNotPossible, ProcessLock
from milepost.tracker.archive.soundings import margin_of
from milepost.tracker.ticking import Stopped, Ticking
from milepost_schemas.instants import SECOND, from_text
from milepost_schemas.topics import Topic

LOCK = "ticker"

ROUND_SECONDS = 1.0
"""A round begins so long after the one before has begun, or when that is through."""

STANDS_STILL_SECONDS = 60.0
"""A round that takes longer than this says that something on the way stands still."""

ROUND_BUCKETS = (0.25, 0.5, 1, 2, 3, 5, 8, 13, 21, 34, 60)

logger = structlog.get_logger("milepost.ticker")

Told = tuple[int, "Future[None]"]


class TickerMetrics:
    """The metrics of a ticker, in a registry of their own."""

    def __init__(self, clock: Clock) -> None:
        """Make all of them, so that one that has not moved yet is there with 0."""
        self.registry = CollectorRegistry()
        self.ticked_at: int | None = None
        self.active = Gauge(
            "milepost_ticker_active",
            "1 while this ticker is the active one, 0 while it stands by.",
            registry=self.registry,
        )
        self.rounds = Counter(
            "milepost_ticker_rounds_total", "Rounds in which every clock was moved.", registry=self.registry
        )
        self.failures = Counter(
            "milepost_ticker_failures_total",
            "Rounds that were given up, because Kafka or the database was away.",
            registry=self.registry,
        )
        self.stage_seconds = Histogram(
            "milepost_ticker_stage_seconds",
            "How long each stage of a round was waited for.",
            ["stage"],
            buckets=ROUND_BUCKETS,
            registry=self.registry,
        )
        self.lag = Gauge(
            "milepost_ticker_lag_seconds",
            "How far the last tick that is through lies behind the clock; time stands still where it grows.",
            registry=self.registry,
        )
        self.lag.set_function(lambda: 0 if self.ticked_at is None else max(0, clock.now() - self.ticked_at) / SECOND)

    def written(self) -> bytes:
        """Return all metrics as Prometheus reads them."""
        return generate_latest(self.registry)


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
        return 1 if ticker.error is not None else 0
    except LockNotPossible as error:
        raise NotStarted(f"{error}; name one in MILEPOST_DATABASE") from error
    finally:
        database.close()


class Ticker:
    """Stands by, or is active; in a thread of its own."""

    def __init__(self, settings: Settings, database: Database, *, failed: Callable[[], None] = lambda: None) -> None:
        """Call `failed` after an error that does not pass; raise LockNotPossible."""
        self.error: BaseException | None = None
        self.clock = _clock(settings, database)
        self.metrics = TickerMetrics(self.clock)
        self._lag = Lag(settings)
        self._settings = settings
        self._database = database
        self._failed = failed
        self._lock = ProcessLock(database, LOCK)
        self._pulse = Pulse("the ticker")
        self._problem: str | None = "it has not begun yet"
        self._stopping = Event()
        self._told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self._telling = Lock()
        self._thread = Thread(target=self._run, name="milepost-ticker", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End soon, in the middle of a round if need be: the next ticker makes another one."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._refuse_the_rest()
        self._lag.close()

    def build_app(self) -> Starlette:
        """Return the application that answers those who watch this process."""
        routes = health_routes(live=self._live, ready=lambda: self._problem, metrics=self._written)
        if isinstance(self.clock, ManualClock):
            routes.append(clock_route(self.clock, self.set_clock))
        return Starlette(routes=routes)

    def _written(self) -> bytes:
        return self.metrics.written() + self._lag.written()

    def set_clock(self, at: int) -> "Future[None]":
        """Move the manual clock, and make a round to it; the future is done after that."""
        future: Future[None] = Future()
        with self._telling:
            if self._stopping.is_set() or self.error is not None:
                future.set_exception(RuntimeError("the ticker has stopped"))
            else:
                self._told.put((at, future))
        return future

    # --- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._attempt()
        except Stopped:
            pass
        except BaseException as error:
            self.error = error
            logger.critical("ticker_failed", **outline(error))
            self._refuse_the_rest()
            self._failed()

    def _attempt(self) -> None:
        self._pulse.beat()
        try:
            with self._lock as lock:
                if lock.take():
                    self._be_active(lock)
                else:
                    self._problem = None
                    self._stopping.wait(ROUND_SECONDS)
        except Stopped:
            raise
        except Exception as error:
            if not passes(error):
                raise
            self.metrics.failures.inc()
            self._problem = f"it begins again after {type(error).__name__}"
            logger.warning("begins_again", **outline(error))
            self._stopping.wait(ROUND_SECONDS)
        finally:
            self.metrics.active.set(0)

    def _be_active(self, lock: ProcessLock) -> None:
        logger.info("active")
        self.metrics.active.set(1)
        with self._ticking() as ticking:
            self._problem = None
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
        if not isinstance(self.clock, ManualClock):
            self._round(ticking, self.clock.now() - margin_of(self._settings))
        else:
            self._pulse.beat()
            self._round_when_told(ticking, self.clock)

    def _round_when_told(self, ticking: Ticking, manual: ManualClock) -> None:
        try:
            at, future = self._told.get(timeout=ROUND_SECONDS)
        except queue.Empty:
            return
        try:
            manual.set(at)
        except ValueError as error:
            future.set_exception(error)
            return
        try:
            self._round(ticking, at)
        except BaseException as error:
            future.set_exception(error)
            raise
        future.set_result(None)

    def _round(self, ticking: Ticking, at: int) -> None:
        ticking.round(lambda _: at, stopped=self._is_to_stop, observe=self._observe)
        self.metrics.ticked_at = at
        self.metrics.rounds.inc()
        self._problem = None

    def _is_to_stop(self) -> bool:
        self._pulse.beat()  # it waits for others, and lives
        return self._stopping.is_set()

    def _observe(self, stage: str, seconds: float) -> None:
        self.metrics.stage_seconds.labels(stage=stage).observe(seconds)
        if seconds > STANDS_STILL_SECONDS:
            logger.warning("stage_was_slow", stage=stage, seconds=round(seconds))

    def _live(self) -> str | None:
        return "the ticker has failed" if self.error is not None else self._pulse.problem()

    def _refuse_the_rest(self) -> None:
        with self._telling:
            while not self._told.empty():
                self._told.get_nowait()[1].set_exception(RuntimeError("the ticker has stopped"))


def _clock(settings: Settings, database: Database) -> Clock:
    with database.reading() as connection:
        seen = tenants.latest_moment(connection)
    if settings.clock == "system":
        return SystemClock(not_before=seen)
    return ManualClock(seen if settings.clock_at is None else from_text(settings.clock_at))
