"""What operators and tests ask of a running process: is it alive, is it ready, its metrics, and to move its clock."""

from starlette.routing import BaseRoute

from milepost.runtimes.clock_route import clock_route
from milepost.runtimes.gauges import Gauges
from milepost.runtimes.health import health_routes
from milepost.runtimes.worker import Worker
from milepost.store.services import Services

OLDEST_TICK_SECONDS = 60
"""A process whose last tick is older than this concludes nothing, and is not ready."""


def operations_routes(services: Services, worker: Worker) -> list[BaseRoute]:
    """Return `/health/live`, `/health/ready`, `/metrics`, and with a manual clock `/test/clock`."""
    gauges = Gauges(services)

    def live() -> str | None:
        return "the tracker has stopped" if worker.error is not None else None

    def ready() -> str | None:
        return _not_ready(services, worker, gauges)

    def metrics() -> bytes:
        gauges.read()
        return services.metrics.written()

    routes = health_routes(live=live, ready=ready, metrics=metrics)
    if services.set_clock is not None:
        routes.append(clock_route(services.clock, services.set_clock))
    return routes


def _not_ready(services: Services, worker: Worker, gauges: Gauges) -> str | None:
    if not worker.is_alive:
        return "the tracker does not run"
    try:
        age = gauges.tick_age_seconds()
    except Exception as error:
        return f"the database does not answer: {type(error).__name__}"
    if services.set_clock is None and (age is None or age > OLDEST_TICK_SECONDS):
        return "no tick for more than a minute" if age is not None else "no tick yet"
    return None
