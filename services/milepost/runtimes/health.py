"""What every process answers to those who watch it: whether it is alive, whether it is ready, and its metrics.

A process that answers HTTP anyway takes the routes into its own application; any other serves them from a thread.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from threading import Event, Thread
from time import monotonic

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from milepost.failures import outline
from milepost.runtimes.listening import address_of, listen
from milepost.settings import Settings

logger = structlog.get_logger("milepost.runtime")

Check = Callable[[], str | None]
"""Says what is wrong in a few words, or None."""

STILL_SECONDS = 30.0
"""A loop that has not turned for so long is taken for dead."""

ENDING_SECONDS = 2


class Pulse:
    """Tells whether a loop still turns: the loop beats, whoever watches asks."""

    def __init__(self, name: str, *, limit: float = STILL_SECONDS, time: Callable[[], float] = monotonic) -> None:
        """Count from now, by a clock that never goes back."""
        self._name = name
        self._limit = limit
        self._time = time
        self._last = time()

    def beat(self) -> None:
        """Note that the loop has turned."""
        self._last = self._time()

    def problem(self) -> str | None:
        """Say that the loop stands still, or None while it turns."""
        still = self._time() - self._last
        return f"{self._name} has stood still for {still:.0f} seconds" if still > self._limit else None


def health_routes(*, live: Check, ready: Check, metrics: Callable[[], bytes]) -> list[BaseRoute]:
    """Return `/health/live`, `/health/ready` and `/metrics`; the checks run beside the loop, and may wait.

    What does not live is not ready, whatever it was when it was last able to tell.
    """

    async def answer_live(_: Request) -> Response:
        return _answer(await run_in_threadpool(_problem, live))

    async def answer_ready(_: Request) -> Response:
        return _answer(await run_in_threadpool(lambda: _problem(live) or _problem(ready)))

    async def answer_metrics(_: Request) -> Response:
        return Response(await run_in_threadpool(metrics), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/health/live", answer_live),
        Route("/health/ready", answer_ready),
        Route("/metrics", answer_metrics),
    ]


@contextmanager
def serve_health(settings: Settings, *, live: Check, ready: Check, metrics: Callable[[], bytes]) -> Iterator[str]:
    """Answer these from a thread until the end, at the host and port of the settings; give the address.

    Raise OSError where nobody can listen there.
    """
    listening = listen(settings)
    server = _Server(Starlette(routes=health_routes(live=live, ready=ready, metrics=metrics)))
    thread = Thread(target=server.run, args=([listening],), name="milepost-health", daemon=True)
    thread.start()
    server.answering.wait(ENDING_SECONDS)
    address = address_of(listening)
    logger.info("listening", address=address)
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join(2 * ENDING_SECONDS)
        listening.close()


class _Server(uvicorn.Server):
    """Uvicorn in a thread; signals are the business of whoever runs the process."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=ENDING_SECONDS,
            )
        )
        self.answering = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answering.set()


def _problem(check: Check) -> str | None:
    """Ask; a check that fails itself is an answer too."""
    try:
        return check()
    except Exception as error:
        logger.warning("check_failed", **outline(error))
        return f"cannot tell: {type(error).__name__}"


def _answer(problem: str | None) -> Response:
    if problem is not None:
        return JSONResponse({"status": "failing", "because": problem}, status_code=HTTPStatus.SERVICE_UNAVAILABLE)
    return JSONResponse({"status": "ok"})
