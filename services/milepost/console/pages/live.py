"""The line on every page that says whether it can be trusted, and that tells an open page when to look again."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from milepost.console.rendering import Pages
from milepost.console.visit import Desk
from milepost.store.readings.trust import Trust

CHANGED = "milepost:changed"


def build(desk: Desk, pages: Pages) -> APIRouter:
    """Return the routes of the trust line."""
    router = APIRouter()

    @router.get("/live", include_in_schema=False)
    def live(request: Request, stamp: str = "") -> HTMLResponse:
        with desk.visit(request) as visit:
            response = pages.page(request, visit, "trust.html")
            if stamp != visit.trust.stamp:
                response.headers["HX-Trigger"] = CHANGED
            return response

    @router.get("/v1/trust", tags=["trust"], summary="As of when everything is, and which sources are silent")
    def trust(request: Request) -> Trust:
        with desk.visit(request) as visit:
            return visit.trust

    return router
