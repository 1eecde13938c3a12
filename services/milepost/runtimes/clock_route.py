"""`/test/clock`: where a manual clock stands, and moving it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from http import HTTPStatus

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from milepost.clock import Clock
from milepost_schemas.instants import Instant, to_text


class ClockSetting(BaseModel):
    """Where a manual clock is to stand."""

    at: Instant


def clock_route(clock: Clock, set_clock: Callable[[int], "Future[None]"]) -> BaseRoute:
    """Return the route; the answer to PUT comes when the tick was made."""

    async def answer(request: Request) -> Response:
        if request.method == "PUT":
            try:
                setting = ClockSetting.model_validate_json(await request.body())
                # Whoever does not wait for the answer leaves the tick as it is.
                await asyncio.shield(asyncio.wrap_future(set_clock(setting.at)))
            except (ValidationError, ValueError) as error:
                return JSONResponse({"detail": _said(error)}, status_code=HTTPStatus.BAD_REQUEST)
        return JSONResponse({"at": to_text(clock.now())})

    return Route("/test/clock", answer, methods=["GET", "PUT"])


def _said(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return 'send {"at": "2026-09-07T10:00:00Z"}: ' + error.errors()[0]["msg"]
    return str(error)
