"""What operators and tests ask of a running process: is it alive, is it ready, its metrics, and to move its clock."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from http import HTTPStatus

from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from milepost.runtimes.gauges import Gauges
from milepost.runtimes.worker import Worker
from milepost.store.services import Services
from milepost_schemas.instants import Instant, to_text

OLDEST_TICK_SECONDS = 60
"""A process whose last tick is older than this concludes nothing, and is not ready."""


Endpoint = Callable[[Request], Awaitable[Response]]


class ClockSetting(BaseModel):
    """Where a manual clock is to stand."""

    at: Instant


def operations_routes(services: Services, worker: Worker) -> list[BaseRoute]:
    """Return `/health/live`, `/health/ready`, `/metrics`, and with a manual clock `/test/clock`."""
    gauges = Gauges(services)

    async def live(_: Request) -> Response:
        return _answer("the tracker has stopped" if worker.error is not None else None)

    async def ready(_: Request) -> Response:
        return _answer(await run_in_threadpool(_not_ready, services, worker, gauges))

    async def metrics(_: Request) -> Response:
        await run_in_threadpool(gauges.read)
        return Response(services.metrics.written(), media_type=CONTENT_TYPE_LATEST)

    routes: list[BaseRoute] = [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/metrics", metrics),
    ]
    if services.set_clock is not None:
        routes.append(Route("/test/clock", _clock(services, services.set_clock), methods=["GET", "PUT"]))
    return routes


def _answer(problem: str | None) -> Response:
    if problem is not None:
        return JSONResponse({"status": "failing", "because": problem}, status_code=HTTPStatus.SERVICE_UNAVAILABLE)
    return JSONResponse({"status": "ok"})


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


def _clock(services: Services, set_clock: Callable[[int], "Future[None]"]) -> Endpoint:
    async def clock(request: Request) -> Response:
        if request.method == "PUT":
            try:
                setting = ClockSetting.model_validate_json(await request.body())
                await asyncio.wrap_future(set_clock(setting.at))
            except (ValidationError, ValueError) as error:
                return JSONResponse({"detail": _said(error)}, status_code=HTTPStatus.BAD_REQUEST)
        return JSONResponse({"at": to_text(services.clock.now())})

    return clock


def _said(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return 'send {"at": "2026-09-07T10:00:00Z"}: ' + error.errors()[0]["msg"]
    return str(error)
