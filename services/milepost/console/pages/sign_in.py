"""Signing in with the access token, where one is set."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse

from milepost.console.access import COOKIE, Access
from milepost.console.rendering import Pages

A_MONTH = 30 * 24 * 3600


def build(access: Access, pages: Pages) -> APIRouter:
    """Return the routes of signing in and out."""
    router = APIRouter()

    @router.get("/sign-in", include_in_schema=False)
    def form() -> HTMLResponse:
        return HTMLResponse(pages.plain("sign-in.html", wrong=False))

    @router.post("/sign-in", include_in_schema=False, response_model=None)
    def sign_in(request: Request, token: Annotated[str, Form(max_length=500)]) -> HTMLResponse | RedirectResponse:
        if not access.accepts(token):
            return HTMLResponse(pages.plain("sign-in.html", wrong=True), status_code=403)
        response = RedirectResponse("/gaps", status_code=303)
        response.set_cookie(
            COOKIE,
            access.cookie(),
            max_age=A_MONTH,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    @router.post("/sign-out", include_in_schema=False)
    def sign_out() -> RedirectResponse:
        response = RedirectResponse("/sign-in", status_code=303)
        response.delete_cookie(COOKIE)
        return response

    return router
