"""The archive as a process: of all that run, the one that holds the lock is active, and the others stand by."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event

import structlog

from milepost.broker import topics
from milepost.runtimes import young_objects
from milepost.runtimes.archive_metrics import ArchiveMetrics
from milepost.runtimes.archiving import Activity
from milepost.runtimes.bootstrap import NotStarted, open_database
from milepost.runtimes.health import serve_health
from milepost.runtimes.loops import Perseverance, stopped_by_signals
from milepost.settings import Settings
from milepost.store.database import Database
from milepost.store.locks import LockLost, LockNotPossible, ProcessLock

LOCK = "archive"

logger = structlog.get_logger("milepost.archive")


def run_archive(settings: Settings, *, listening: Callable[[str], None]) -> int:
    """Archive until a signal ends it (0) or an error that does not pass (1); call `listening` with its address.

    Raise NotStarted for settings that do not fit, and BrokerError where topics are not as they should be.
    """
    topics.require(settings)
    database = open_database(settings)
    try:
        archive = Archive(settings, database)
        with stopped_by_signals() as stopping, archive.watched() as address:
            young_objects.settle()
            listening(address)
            return archive.run(stopping)
    except LockNotPossible as error:
        raise NotStarted(f"{error}; name one in MILEPOST_DATABASE") from error
    finally:
        database.close()


class Archive:
    """Stands by, or is active."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Work between this Kafka and this database."""
        self._settings = settings
        self._database = database
        self._metrics = ArchiveMetrics()
        self._lock = ProcessLock(database, LOCK)
        self._perseverance = Perseverance("archive")

    @contextmanager
    def watched(self) -> Iterator[str]:
        """Answer those who watch this process; give the address."""
        live, ready = self._perseverance.live, self._perseverance.ready
        with serve_health(self._settings, live=live, ready=ready, metrics=self._metrics.written) as address:
            yield address

    def run(self, stopping: Event) -> int:
        """Stand by until the lock is ours, be active until it is lost or `stopping` is set; return the exit code."""
        return self._perseverance.keep_on(stopping, partial(self._attempt, stopping))

    def _attempt(self, stopping: Event) -> None:
        with self._lock as lock:
            if lock.take():
                self._be_active(stopping)
            else:
                self._perseverance.problem = None
                stopping.wait(1.0)

    def _be_active(self, stopping: Event) -> None:
        logger.info("active")
        self._metrics.active.set(1)
        self._perseverance.problem = None
        activity = Activity(self._settings, self._database, self._metrics)
        try:
            self._perseverance.run(activity.loops, stopping, watch=partial(self._watch, activity))
        finally:
            self._metrics.active.set(0)
            logger.info("no_longer_active")

    def _watch(self, activity: Activity) -> None:
        if not self._lock.is_held():
            raise LockLost("another archive may be active by now")
        activity.measure()
