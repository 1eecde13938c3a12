"""The embedded runtime: gateway, tracker and console in one process on one database."""

from collections.abc import Callable

from starlette.routing import Router

from milepost.console.acting import watch_tracker
from milepost.console.app import build_console
from milepost.console.origins import is_loopback
from milepost.console.visit import Desk
from milepost.gateway.app import gateway_routes
from milepost.runtimes.answering import Answering
from milepost.runtimes.bootstrap import NotStarted, Parts, running
from milepost.runtimes.operations import operations_routes
from milepost.settings import Settings


def serve(settings: Settings, *, listening: Callable[[str], None]) -> int:
    """Run until a signal ends it (0) or the tracker fails (1); call `listening` with the address once it answers.

    Raise NotStarted for settings that do not fit.
    """
    if settings.kafka is not None:
        raise NotStarted(
            "`milepost serve` does everything in one process, and MILEPOST_KAFKA says that a site is meant: start the "
            "site's processes, or unset MILEPOST_KAFKA"
        )
    answering = Answering(listening)
    with running(settings, failed=answering.end) as parts:
        answering.answer(build_app(parts), settings)
        return 1 if parts.tracker.error is not None else 0


def build_app(parts: Parts) -> Router:
    """Return the one application: operations and gateway by their paths, the console for all others."""
    services = parts.services
    desk = Desk(services.database, services.acceptance, services.clock, services.vault, watch_tracker)
    console = build_console(desk, open_here=is_loopback(services.settings.host))
    routes = [*operations_routes(services, parts.tracker), *gateway_routes(services)]
    return Router(routes, redirect_slashes=False, default=console)
