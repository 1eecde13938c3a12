"""Pages of other sites: which of them a browser lets speak xAPI with us (CORS, a part of the Fetch standard).

They say who they are by a key in a header or a form, never by a cookie; so a browser is not asked to send any.
"""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from milepost.gateway.xapi import CONSISTENT_THROUGH
from milepost.sources.xapi.versions import HEADER

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
SENT = ("Authorization", "Content-Type", HEADER, "If-Match", "If-None-Match")
READ = (HEADER, CONSISTENT_THROUGH, "ETag", "Last-Modified", "Retry-After")


def open_to(origins: str | None, app: ASGIApp) -> ASGIApp:
    """Return an application that pages of these origins may speak with; without any, the one that was given."""
    if not origins:
        return app
    return CORSMiddleware(
        app, allow_origins=origins.split(","), allow_methods=METHODS, allow_headers=SENT, expose_headers=READ
    )
