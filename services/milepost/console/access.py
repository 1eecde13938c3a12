"""Who may look and who may act: accounts, or this machine alone where there are none; and no page of another site.

It stands before every route, so that one that is new is closed until it is opened here.
"""

from http import HTTPStatus
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from milepost.clock import Clock
from milepost.console.cookies import find_cookie
from milepost.console.origins import comes_from_here, is_loopback, is_this_machine, path_here, split
from milepost.console.refusals import is_for_scripts, refusal
from milepost.console.who import Who, owner_of, somebody_here
from milepost.store import accounts, signing_in
from milepost.store.database import Database, Turn
from milepost_schemas.instants import MINUTE

SIGN_IN = "/sign-in"
STATIC = "/static/"
OWN_PATHS = ("/sign-out", "/account/password")
"""What everybody may do who is in: it changes nothing but their own account."""

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
BY_ITSELF = "milepost-by-itself"
"""The header of a request that an open page makes without anybody having touched it."""

NOTED_EVERY = 5 * MINUTE

NO_ADDRESS = "There is no address with the character NUL."
FROM_ELSEWHERE = "This request came from another site, and was not done."
NO_KEY = "Send the key of an account: Authorization: Bearer ... `milepost account key NAME` makes one."

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
OPENED_BY_NOBODY = {"Cross-Origin-Opener-Policy": "same-origin"}


class Access:
    """Lets requests through with who asks, or says why not."""

    def __init__(self, app: ASGIApp, *, database: Database, clock: Clock, tenant: str, open_here: bool) -> None:
        """Let accounts in, by the machine's clock.

        With `open_here` this machine gets in to this tenant without one, as long as there is no account.
        """
        self._app = app
        self._database = database
        self._clock = clock
        self._tenant = tenant
        self._open_here = open_here

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, if it may be."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        answer = with_headers(request, send)
        if _has_nul(scope):
            await refusal(request, HTTPStatus.BAD_REQUEST, NO_ADDRESS)(scope, receive, answer)
            return
        decided = None if _is_for_all(request) else await run_in_threadpool(self._decide, request)
        if isinstance(decided, Response):
            await decided(scope, receive, answer)
            return
        scope.setdefault("state", {})["who"] = decided
        await self._app(scope, receive, answer)

    def _decide(self, request: Request) -> Who | Response | None:
        is_unsafe = request.method not in SAFE_METHODS
        if is_unsafe and not comes_from_here(request, by_browser=token_of(request) is not None):
            return refusal(request, HTTPStatus.FORBIDDEN, FROM_ELSEWHERE)
        if request.scope["path"] == SIGN_IN:
            return None
        with self._database.reading() as connection:
            who, seen_at = self._find(connection, request)
        if who is None:
            return self._ask(request)
        if is_unsafe and not who.may_act and request.scope["path"] not in OWN_PATHS:
            said = f"{who.account} may read here, and not act: a coordinator may."
            return refusal(request, HTTPStatus.FORBIDDEN, said)
        self._note(request, seen_at)
        return who

    def _find(self, connection: Connection, request: Request) -> tuple[Who | None, int | None]:
        key = _key_of(request)
        if key is not None:
            account = accounts.find_by_key(connection, key)
            return (None if account is None else owner_of(account, "key")), None
        token = token_of(request)
        found = None if token is None else signing_in.find(connection, token, now=self._clock.now())
        if found is not None:
            return owner_of(found[0], "password"), found[1]
        is_open = self._open_here and is_this_machine(request) and not accounts.exist(connection)
        return (somebody_here(self._tenant) if is_open else None), None

    def _note(self, request: Request, seen_at: int | None) -> None:
        """Note that somebody is still there; what a page does by itself is no sign of them."""
        now, token = self._clock.now(), token_of(request)
        if seen_at is None or token is None or BY_ITSELF in request.headers or now - seen_at < NOTED_EVERY:
            return
        with self._database.writing(Turn.SHOWN) as connection:
            signing_in.seen(connection, token, now=now)

    def _ask(self, request: Request) -> Response:
        """Return what asks a person to sign in, and a script for its key."""
        if is_for_scripts(request):
            return refusal(request, HTTPStatus.UNAUTHORIZED, NO_KEY, {"WWW-Authenticate": "Bearer"})
        if "hx-request" in request.headers:
            here = split(request.headers.get("hx-current-url", ""))
            return Response(status_code=401, headers={"HX-Redirect": _sign_in(_address(here.path, here.query))})
        if request.method not in SAFE_METHODS:
            return PlainTextResponse("You are not signed in any more, and nothing was done.", status_code=401)
        return RedirectResponse(_sign_in(_address(request.url.path, request.url.query)), status_code=303)


def cookie_of(request: Request) -> str:
    """Return the name of the cookie; over TLS, one that no other host of the domain can set."""
    return "__Host-milepost" if request.url.scheme == "https" else "milepost"


def token_of(request: Request) -> str | None:
    """Return what a browser holds for somebody who has signed in."""
    return find_cookie(request, cookie_of(request))


def with_headers(request: Request, send: Send) -> Send:
    """Return a send that gives every answer the headers that keep pages to themselves."""
    more = {} if request.scope["path"].startswith(STATIC) else {"Cache-Control": "no-store"}
    if _is_trustworthy(request):
        more |= OPENED_BY_NOBODY

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update({**HEADERS, **more})
        await send(message)

    return sending


def _is_trustworthy(request: Request) -> bool:
    """Say whether a browser takes this address for one that nobody in between can change.

    At any other it ignores Cross-Origin-Opener-Policy, and complains of it in its console.
    """
    return request.url.scheme == "https" or is_loopback(request.url.hostname or "")


def _is_for_all(request: Request) -> bool:
    path: str = request.scope["path"]
    return request.method in SAFE_METHODS and (path == SIGN_IN or path.startswith(STATIC))


def _has_nul(scope: Scope) -> bool:
    """Say whether an address holds what not every database can be asked for."""
    return "\x00" in scope["path"] or b"%00" in scope["query_string"]


def _sign_in(after: str) -> str:
    return SIGN_IN if after in ("", "/", "/gaps") else f"{SIGN_IN}?{urlencode({'next': after})}"


def _address(path: str, query: str) -> str:
    return path_here(f"{path}?{query}" if query else path)


def _key_of(request: Request) -> str | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None
