"""Metrics that are read from the database when somebody asks for them."""

from collections.abc import Callable, Sequence
from threading import Lock, Thread

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import Connection, false, func, select, true
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from milepost.core.processors import PROCESSORS
from milepost.store import log, recording, tenants
from milepost.store.database import Database, is_away
from milepost.store.tables.shown import gaps, source_standings
from milepost_schemas.instants import SECOND

READ_SECONDS = 2.0
"""How long whoever asks waits for the database: less than Prometheus waits for an answer."""


class DatabaseGauges:
    """The gauges of a registry, as `read` sets them; they are left out while the database does not answer."""

    def __init__(
        self,
        database: Database,
        registry: CollectorRegistry,
        read: Callable[[Connection], None],
        *,
        most_seconds: float = READ_SECONDS,
    ) -> None:
        """Read nothing yet."""
        self._database = database
        self._registry = registry
        self._read = read
        self._most_seconds = most_seconds
        self._own = CollectorRegistry()
        self._answers = Gauge(
            "milepost_database_answers",
            "1 while what is shown can be read from the database, else 0.",
            registry=self._own,
        )
        self._turn = Lock()
        self._reading: _Reading | None = None

    def written(self) -> bytes:
        """Return them as Prometheus reads them, within a few seconds; raise what is wrong with reading itself."""
        answers = self._is_read()
        self._answers.set(answers)
        return generate_latest(self._own) + (generate_latest(self._registry) if answers else b"")

    def _is_read(self) -> bool:
        if not self._turn.acquire(timeout=self._most_seconds):
            return False
        try:
            if self._reading is None:  # who still waits for a server that hangs is not joined by another
                self._reading = _Reading(self._database, self._read)
                self._reading.start()
            self._reading.join(self._most_seconds)
            if self._reading.is_alive():
                return False
            error, self._reading = self._reading.error, None
        finally:
            self._turn.release()
        if error is not None and not (is_away(error) or isinstance(error, NoConnectionFree)):
            raise error
        return error is None


class _Reading(Thread):
    """One reading, which may take as long as the database does."""

    def __init__(self, database: Database, read: Callable[[Connection], None]) -> None:
        super().__init__(name="milepost-gauges", daemon=True)
        self.error: Exception | None = None
        self._database = database
        self._read = read

    def run(self) -> None:
        try:
            with self._database.reading() as connection:
                self._read(connection)
        except Exception as error:
            self.error = error


class ShownGauges:
    """What pages show: open gaps, and how old it is. One process has them, and of a site the console."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Make them in a registry."""
        self._open_gaps = Gauge(
            "milepost_open_gaps",
            "Gaps that are open or mitigated, without historical ones, by type and severity.",
            ["gap", "severity"],
            registry=registry,
        )
        self._tick_age = Gauge(
            "milepost_tick_age_seconds",
            "How far the last tick lies behind the clock.",
            registry=registry,
        )

    def read(self, connection: Connection, *, now: int) -> None:
        """Set them to what is true now."""
        self._open_gaps.clear()
        for gap, severity, count in _count_open_gaps(connection):
            self._open_gaps.labels(gap=gap, severity=severity).set(count)
        self._tick_age.set(_tick_age_seconds(connection, now))


class TrackerGauges:
    """How far the tracker of one process is."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Make them in a registry."""
        self._lag = Gauge(
            "milepost_log_lag_messages",
            "Messages of the log that the tracker has not taken in yet.",
            registry=registry,
        )
        self._due_backlog = Gauge(
            "milepost_due_backlog_records",
            "Records whose moment had come by the last tick and that it did not visit.",
            registry=registry,
        )

    def read(self, connection: Connection) -> None:
        """Set them to what is true now."""
        self._lag.set(log.end(connection) - recording.position(connection))
        self._due_backlog.set(sum(_due_backlog(connection, name) for name in tenants.every(connection)))


def oldest_tick(connection: Connection) -> int | None:
    """Return the oldest last tick of a tenant; None where one never ticked."""
    ticked = [recording.ticked_at(connection, name) for name in tenants.every(connection)]
    known = [at for at in ticked if at is not None]
    return min(known) if known and len(known) == len(ticked) else None


def _tick_age_seconds(connection: Connection, now: int) -> float:
    """Return how far the oldest last tick of a tenant lies behind; of one that never ticked, how long it is there."""
    names = tenants.every(connection)
    last = [recording.ticked_at(connection, name) or tenants.tracking_from(connection, name) for name in names]
    return max([0, *(now - at for at in last)]) / SECOND


def _count_open_gaps(connection: Connection) -> Sequence[tuple[str, str, int]]:
    """Return how many gaps stand, without historical ones, by type and severity."""
    counted = select(gaps.c.gap, gaps.c.severity, func.count()).where(gaps.c.stands == true())
    counted = counted.where(gaps.c.historical == false()).group_by(gaps.c.gap, gaps.c.severity)
    return [(row.gap, row.severity, row[2]) for row in connection.execute(counted)]


def _due_backlog(connection: Connection, tenant: str) -> int:
    at = recording.ticked_at(connection, tenant)
    if at is None:
        return 0
    standing = select(source_standings.c.source, source_standings.c.heard_until)
    standing = standing.where(source_standings.c.tenant == tenant, source_standings.c.heard_until < at)
    lagging = {row.source: row.heard_until for row in connection.execute(standing)}
    return sum(recording.count_due(connection, topic, tenant, at, lagging) for topic in PROCESSORS)
