"""Metrics that are read from the database when somebody asks for them."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import Connection, false, func, select, true

from milepost.core.processors import PROCESSORS
from milepost.store import log, recording, tenants
from milepost.store.tables.shown import gaps, source_standings
from milepost_schemas.instants import SECOND


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
