"""What operators and tests ask of a running process: is it alive, is it ready, its metrics, and to move its clock."""

from starlette.routing import BaseRoute

from milepost.runtimes.clock_route import clock_route
from milepost.runtimes.gauges import ShownGauges, TrackerGauges, oldest_tick
from milepost.runtimes.health import health_routes
from milepost.runtimes.worker import Worker
from milepost.store.services import Services
from milepost_schemas.instants import SECOND

OLDEST_TICK = 60 * SECOND
"""A process whose last tick is older than this concludes nothing, and is not ready."""


def operations_routes(services: Services, worker: Worker) -> list[BaseRoute]:
    """Return `/health/live`, `/health/ready`, `/metrics`, and with a manual clock `/test/clock`."""
    shown, tracker = ShownGauges(services.metrics.registry), TrackerGauges(services.metrics.registry)

    def live() -> str | None:
        return "the tracker has stopped" if worker.error is not None else None

    def ready() -> str | None:
        return _not_ready(services, worker)

    def metrics() -> bytes:
        with services.database.reading() as connection:
            shown.read(connection, now=services.clock.now())
            tracker.read(connection)
        return services.metrics.written()

    routes = health_routes(live=live, ready=ready, metrics=metrics)
    if services.set_clock is not None:
        routes.append(clock_route(services.clock, services.set_clock))
    return routes


def _not_ready(services: Services, worker: Worker) -> str | None:
    if not worker.is_alive:
        return "the tracker does not run"
    try:
        with services.database.reading() as connection:
            ticked_at = oldest_tick(connection)
    except Exception as error:
        return f"the database does not answer: {type(error).__name__}"
    if services.set_clock is not None:
        return None
    if ticked_at is None:
        return "no tick yet"
    return "no tick for more than a minute" if services.clock.now() - ticked_at > OLDEST_TICK else None
