"""The console as one application: pages for people, the same as JSON under /v1/."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles

from milepost.clock import Clock, SystemClock
from milepost.console.access import Access
from milepost.console.bodies import BoundedBodies
from milepost.console.heads import Heads
from milepost.console.lines import EndedLines
from milepost.console.pages import (
    audit,
    gaps,
    handling,
    learners,
    lists,
    live,
    programs,
    rosters,
    sessions,
    sign_in,
    sources,
    unmatched,
)
from milepost.console.refusals import OF_EVERY_ADDRESS, is_for_scripts, refusal
from milepost.console.rendering import Pages
from milepost.console.visit import Desk
from milepost.console.waiting import ToldToComeAgain
from milepost.console.who import find_who
from milepost.store.tenants import DEFAULT

STATIC = Path(__file__).parent / "static"

KEY = "The key of an account, or the cookie of who has signed in; where there are no accounts, neither is asked for."

METHODS = ("GET", "POST")
"""What any address of the console may be asked by; by HEAD, wherever it is by GET."""


def build_console(desk: Desk, *, open_here: bool, tenant: str = DEFAULT, machine: Clock | None = None) -> FastAPI:
    """Return the console.

    Each account sees its own tenant. With `open_here`, and as long as there is no account, this machine sees `tenant`.
    Sign-ins end by the clock of the `machine`.
    """
    app = FastAPI(
        title="Milepost",
        summary="Learners of blended programs, and the gaps that need somebody.",
        version="1",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=OF_EVERY_ADDRESS,
        dependencies=[Security(HTTPBearer(auto_error=False, description=KEY))],
    )
    pages, machine = Pages(), machine or SystemClock()
    for router in (
        live.build(desk, pages),
        gaps.build(desk, pages),
        handling.build(desk, pages),
        programs.build(desk, pages),
        learners.build(desk, pages),
        sessions.build(desk, pages),
        rosters.build(desk),
        unmatched.build(desk, pages),
        sources.build(desk, pages),
        lists.build(desk, pages),
        audit.build(desk, pages),
        sign_in.build(desk, pages, machine),
    ):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(BoundedBodies)
    app.add_middleware(Access, database=desk.database, clock=machine, tenant=tenant, open_here=open_here)
    app.add_middleware(ToldToComeAgain)
    app.add_middleware(EndedLines)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(Heads)
    app.add_exception_handler(HTTPException, _refused(desk, pages))
    app.add_exception_handler(RequestValidationError, _refused(desk, pages))
    return app


def _refused(desk: Desk, pages: Pages) -> Callable[[Request, Exception], Response]:
    """Return what answers a request that cannot be served: a page for people, JSON for programs."""

    def answer(request: Request, error: Exception) -> Response:
        status, headers = _status(error), _headers(request, error)
        said = _said(error, headers)
        if is_for_scripts(request) or find_who(request) is None:
            return refusal(request, status, said, headers)
        with desk.visit(request) as visit:
            heading = "Not found" if status == HTTPStatus.NOT_FOUND else "Not done"
            text = pages.text(request, visit, "refused.html", heading=heading, said=said)
        return HTMLResponse(text, status_code=status, headers=headers)

    return answer


def _headers(request: Request, error: Exception) -> dict[str, str]:
    """Return the headers of an answer; of a method that is not answered, every one that is at this address."""
    if not isinstance(error, HTTPException):
        return {}
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and (answered := _answered(request)):
        headers["Allow"] = ", ".join(answered)
    return headers


def _answered(request: Request) -> list[str]:
    """Return by what an address is asked: by GET and POST it may be two routes, of which only one is found first."""
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]
    asked = [(method, {**request.scope, "method": method}) for method in METHODS]
    found = [method for method, scope in asked if any(each.matches(scope)[0] is Match.FULL for each in routes)]
    return sorted([*found, *(["HEAD"] if "GET" in found else [])])


def _status(error: Exception) -> int:
    return error.status_code if isinstance(error, HTTPException) else HTTPStatus.UNPROCESSABLE_ENTITY


def _said(error: Exception, headers: Mapping[str, str]) -> str:
    """Return the sentence that says why; what the framework refuses by itself is put into words here."""
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        return f"{first['loc'][-1]}: {first['msg']}"
    if not isinstance(error, HTTPException):
        raise error
    if error.detail != HTTPStatus(error.status_code).phrase:
        return str(error.detail)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"This address is asked by {headers.get('Allow', 'GET')} alone."
    return "There is nothing at this address." if error.status_code == HTTPStatus.NOT_FOUND else str(error.detail)
