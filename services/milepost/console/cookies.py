"""The cookies of a request, as far as they are ours."""

from starlette.requests import Request


def find_cookie(request: Request, name: str) -> str | None:
    """Return a cookie as it was sent: ours have nothing quoted in them.

    Python's reader takes the square of the length of a quoted one, seconds for a head full of it (CVE-2024-7592).
    """
    for header in request.headers.getlist("cookie"):
        for cookie in header.split(";"):
            called, equals, value = cookie.strip().partition("=")
            if called == name and equals:
                return value
    return None
