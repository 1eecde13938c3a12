"""What operators and tests ask of a running process: is it alive, is it ready, its metrics, and to move its clock."""

from prometheus_client import CollectorRegistry
from sqlalchemy import Connection
from starlette.routing import BaseRoute

from milepost.clock import ManualClock
from milepost.runtimes.clock_route import clock_route
from milepost.runtimes.gauges import DatabaseGauges, ShownGauges, TrackerGauges, oldest_tick
from milepost.runtimes.health import health_routes
from milepost.runtimes.tracker_thread import TrackerThread
from milepost.store.services import Services
from milepost_schemas.instants import SECOND

OLDEST_TICK = 60 * SECOND
"""A process whose last tick is older than this concludes nothing, and is not ready."""


def operations_routes(services: Services, tracker: TrackerThread) -> list[BaseRoute]:
    """Return `/health/live`, `/health/ready`, `/metrics`, and with a manual clock `/test/clock`."""
    registry = CollectorRegistry()
    shown, tracked = ShownGauges(registry), TrackerGauges(registry)

    def live() -> str | None:
        return "the tracker has stopped" if tracker.error is not None else None

    def ready() -> str | None:
        return _not_ready(services, tracker)

    def read(connection: Connection) -> None:
        shown.read(connection, now=services.clock.now())
        tracked.read(connection)

    gauges = DatabaseGauges(services.database, registry, read)

    def metrics() -> bytes:
        return services.metrics.written() + gauges.written()

    routes = health_routes(live=live, ready=ready, metrics=metrics)
    if isinstance(services.clock, ManualClock):
        routes.append(clock_route(services.clock, tracker.set_clock))
    return routes


def _not_ready(services: Services, tracker: TrackerThread) -> str | None:
    if not tracker.is_alive:
        return "the tracker does not run"
    try:
        with services.database.reading() as connection:
            ticked_at = oldest_tick(connection)
    except Exception as error:
        return f"the database does not answer: {type(error).__name__}"
    if isinstance(services.clock, ManualClock):
        return None
    if ticked_at is None:
        return "no tick yet"
    return "no tick for more than a minute" if services.clock.now() - ticked_at > OLDEST_TICK else None
