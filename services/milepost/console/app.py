"""The console as one application: pages for people, the same as JSON under /v1/."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from milepost.clock import Clock
from milepost.console.access import Access
from milepost.console.pace import Pace
from milepost.console.pages import gaps, learners, live, programs, sessions, sign_in, unmatched
from milepost.console.rendering import Pages
from milepost.console.visit import Desk
from milepost.store.acceptance import Acceptance
from milepost.store.database import Database

STATIC = Path(__file__).parent / "static"


def build_console(
    database: Database,
    acceptance: Acceptance,
    clock: Clock,
    *,
    tenant: str = "default",
    token: str | None = None,
    zone: str = "UTC",
) -> FastAPI:
    """Return the console of one tenant.

    Without a `token` it answers this machine alone. `zone` is the reader's until their browser says another.
    """
    app = FastAPI(
        title="Milepost",
        summary="Learners of blended programs, and the gaps that need somebody.",
        version="1",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    desk = Desk(database, acceptance, clock, tenant, zone, Pace(clock))
    access, pages = Access(token), Pages()
    for router in (
        live.build(desk, pages),
        gaps.build(desk, pages),
        programs.build(desk, pages),
        learners.build(desk, pages),
        sessions.build(desk, pages),
        unmatched.build(desk, pages),
        sign_in.build(access, pages),
    ):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.middleware("http")(access)
    app.add_exception_handler(HTTPException, _refused(desk, pages))
    app.add_exception_handler(RequestValidationError, _refused(desk, pages))
    return app


def _refused(desk: Desk, pages: Pages) -> Callable[[Request, Exception], Response]:
    """Return what answers a request that cannot be served: a page for people, JSON for programs."""

    def answer(request: Request, error: Exception) -> Response:
        status, said = _said(error)
        if request.url.path.startswith("/v1/") or request.url.path.endswith(".json"):
            return JSONResponse({"detail": said}, status_code=status)
        with desk.visit(request) as visit:
            text = pages.text(request, visit, "refused.html", said=said)
        return HTMLResponse(text, status_code=status)

    return answer


def _said(error: Exception) -> tuple[int, Any]:
    if isinstance(error, HTTPException):
        return error.status_code, error.detail
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        return 422, f"{first['loc'][-1]}: {first['msg']}"
    return 500, "Something went wrong."
