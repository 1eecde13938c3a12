"""Who may look and who may act: people on this machine, or who has the token; and no page of another site.

Without a token only this machine is answered, under a name that means this machine: a page elsewhere that makes its
own name point here does not get in.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

COOKIE = "milepost"
OPEN_PATHS = ("/static/", "/sign-in")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

Next = Callable[[Request], Awaitable[Response]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Access:
    """Lets requests through, or says why not."""

    def __init__(self, token: str | None) -> None:
        """Ask for this token; without one, answer this machine alone."""
        self._token = token

    async def __call__(self, request: Request, call_next: Next) -> Response:
        """Answer the request, if it may be."""
        refused = self._refuse(request)
        response = refused if refused is not None else await call_next(request)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        if not request.url.path.startswith("/static/"):
            response.headers["Cache-Control"] = "no-store"
        return response

    def accepts(self, token: str) -> bool:
        """Say whether this is the token."""
        return self._token is not None and hmac.compare_digest(_digest(token), _digest(self._token))

    def cookie(self) -> str:
        """Return what a browser keeps in place of the token."""
        return _digest(self._token or "")

    def _refuse(self, request: Request) -> Response | None:
        if request.method not in SAFE_METHODS and not comes_from_here(request):
            return PlainTextResponse("This request came from another site, and was not done.", status_code=403)
        if request.url.path.startswith(OPEN_PATHS):
            return None
        if self._token is None:
            return None if is_this_machine(request) else _only_here()
        if self._knows(request):
            return None
        if request.url.path.startswith("/v1/") or request.url.path.endswith(".json"):
            return JSONResponse(
                {"detail": "Send the access token: Authorization: Bearer ..."},
                status_code=401,
                headers={"WWW-Authenticate": "Bearer"},
            )
        return RedirectResponse("/sign-in", status_code=303)

    def _knows(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.accepts(token.strip()):
            return True
        kept = request.cookies.get(COOKIE, "")
        return hmac.compare_digest(kept.encode(), self.cookie().encode())


def is_this_machine(request: Request) -> bool:
    """Say whether somebody on this machine asks, under a name of this machine."""
    return _is_loopback(request.client.host if request.client else "") and _is_loopback(request.url.hostname or "")


def comes_from_here(request: Request) -> bool:
    """Say whether a request that changes something comes from our own page, or from no page at all."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _only_here() -> Response:
    return PlainTextResponse(
        "These pages are open to this machine only. Set an access token to open them to others.", status_code=403
    )


def _digest(text: str) -> str:
    return hashlib.sha256(b"milepost console " + text.encode()).hexdigest()
