"""Metrics that are read from the database when somebody asks for them."""

from collections.abc import Sequence

from sqlalchemy import Connection, false, func, select, true

from milepost.core.processors import PROCESSORS
from milepost.store import log, recording, tenants
from milepost.store.services import Services
from milepost.store.tables.shown import gaps, source_standings
from milepost_schemas.instants import SECOND


class Gauges:
    """Reads lag, open gaps, what is due, and how old the last tick is."""

    def __init__(self, services: Services) -> None:
        """Read from this database, by this clock, into these metrics."""
        self._services = services
        self._metrics = services.metrics

    def read(self) -> None:
        """Set every gauge to what is true now."""
        with self._services.database.reading() as connection:
            names = tenants.every(connection)
            self._metrics.lag.set(log.end(connection) - recording.position(connection))
            self._metrics.due_backlog.set(sum(_due_backlog(connection, name) for name in names))
            self._read_gaps(connection)
        self._metrics.tick_age.set(self.tick_age_seconds() or 0)

    def tick_age_seconds(self) -> float | None:
        """Return how far the oldest last tick of a tenant lies behind the clock; None where one never ticked."""
        with self._services.database.reading() as connection:
            ticked = [recording.ticked_at(connection, name) for name in tenants.every(connection)]
        found = [at for at in ticked if at is not None]
        if not found or len(found) < len(ticked):
            return None
        return max(0, self._services.clock.now() - min(found)) / SECOND

    def _read_gaps(self, connection: Connection) -> None:
        self._metrics.open_gaps.clear()
        for gap, severity, count in count_open_gaps(connection):
            self._metrics.open_gaps.labels(gap=gap, severity=severity).set(count)


def count_open_gaps(connection: Connection) -> Sequence[tuple[str, str, int]]:
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
