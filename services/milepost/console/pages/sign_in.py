"""Signing in and out, where there are accounts, and one's own account with its password."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from milepost.clock import Clock
from milepost.console.access import cookie_of, token_of
from milepost.console.bodies import WITHOUT_NUL
from milepost.console.origins import path_here, sender_of
from milepost.console.rendering import Pages
from milepost.console.visit import Desk
from milepost.console.who import Who, who_asks
from milepost.store import accounts, audit, signing_in
from milepost.store.accounts import Account
from milepost.store.passwords import SHORTEST, PasswordRefused
from milepost.store.signing_in import LASTS, WINDOW, TooManyTries
from milepost_schemas.instants import MINUTE, SECOND
from milepost_schemas.submissions import Deed

Typed = Annotated[str, Form(max_length=1000, pattern=WITHOUT_NUL)]

WRONG = "Name or password is wrong."
TOO_OFTEN = f"That was tried too often. It can be tried again in {WINDOW // MINUTE} minutes."


def build(desk: Desk, pages: Pages, clock: Clock) -> APIRouter:
    """Return the routes of signing in and out. `clock` is the machine's, by which people are signed out again."""
    router = APIRouter()

    @router.get("/sign-in", include_in_schema=False)
    def form(next: Annotated[str, Query(max_length=2000)] = "") -> HTMLResponse:
        return _form(desk, pages, next=next)

    @router.post("/sign-in", include_in_schema=False, response_model=None)
    def sign_in(request: Request, name: Typed, password: Typed, next: Typed = "") -> HTMLResponse | RedirectResponse:
        try:
            account = _prove(desk, clock, request, name, password)
        except TooManyTries:
            return _form(desk, pages, next=next, name=name, wrong=TOO_OFTEN, status=429)
        if account is None:
            return _form(desk, pages, next=next, name=name, wrong=WRONG, status=403)
        return _let_in(desk, clock, request, account, next)

    @router.post("/sign-out", include_in_schema=False)
    def sign_out(request: Request) -> RedirectResponse:
        token, who = token_of(request), who_asks(request)
        with desk.database.writing() as connection:
            if token is not None:
                signing_in.end(connection, token)
                _tell(desk, connection, who, "signed_out")
        response = RedirectResponse("/sign-in", status_code=303)
        response.delete_cookie(cookie_of(request), secure=request.url.scheme == "https", httponly=True)
        return response

    @router.get("/account", include_in_schema=False)
    def account_page(request: Request) -> HTMLResponse:
        return _account(desk, pages, request)

    @router.post("/account/password", include_in_schema=False, response_model=None)
    def change_password(request: Request, password: Typed, new: Typed) -> Response:
        who = who_asks(request)
        if who.account is None or who.by != "password":
            raise HTTPException(403, "Only who has signed in with a password can change it.")
        try:
            account = _prove(desk, clock, request, who.account, password)
        except TooManyTries:
            return _account(desk, pages, request, wrong=TOO_OFTEN, status=429)
        if account is None:
            return _account(desk, pages, request, wrong="That is not your password of now.", status=403)
        try:
            with desk.database.writing() as connection:
                accounts.set_password(connection, account.name, new)
                _tell(desk, connection, who, "changed_password")
        except PasswordRefused as error:
            return _account(desk, pages, request, wrong=f"{str(error).capitalize()}.", status=422)
        return _let_in(desk, clock, request, account, "/account?changed=yes")

    return router


def _prove(desk: Desk, clock: Clock, request: Request, name: str, password: str) -> Account | None:
    """Return the account that name and password open; raise TooManyTries."""
    with desk.database.writing() as connection:
        signing_in.try_once(connection, name, sender_of(request), now=clock.now())
    with desk.database.reading() as connection:
        return accounts.find_by_password(connection, name, password)


def _let_in(desk: Desk, clock: Clock, request: Request, account: Account, after: str) -> RedirectResponse:
    earlier = token_of(request)
    with desk.database.writing() as connection:
        if earlier is not None:
            signing_in.end(connection, earlier)
        signed_in = signing_in.begin(connection, account, now=clock.now())
        deed = Deed(account=account.name, what="signed_in", subject=account.name)
        audit.write(connection, account.tenant, deed, at=desk.clock.now())
    response = RedirectResponse(path_here(after), status_code=303)
    response.set_cookie(
        cookie_of(request),
        signed_in.token,
        max_age=LASTS // SECOND,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


def _form(desk: Desk, pages: Pages, *, next: str, name: str = "", wrong: str = "", status: int = 200) -> HTMLResponse:
    with desk.database.reading() as connection:
        is_first = not accounts.exist(connection)
    text = pages.plain("sign-in.html", next=path_here(next), name=name, wrong=wrong, is_first=is_first)
    headers = {"Retry-After": str(WINDOW // SECOND)} if status == 429 else None
    return HTMLResponse(text, status_code=status, headers=headers)


def _account(desk: Desk, pages: Pages, request: Request, *, wrong: str = "", status: int = 200) -> HTMLResponse:
    with desk.visit(request) as visit:
        changed = request.query_params.get("changed") == "yes"
        text = pages.text(request, visit, "account.html", wrong=wrong, changed=changed, shortest=SHORTEST)
    return HTMLResponse(text, status_code=status)


def _tell(desk: Desk, connection: Connection, who: Who, what: str) -> None:
    deed = Deed(account=who.account, what=what, subject=who.account)
    audit.write(connection, who.tenant, deed, at=desk.clock.now())
