"""Bodies of requests, bounded in size and in time, before anything reads them.

Forms and JSON are read whole, and files of a form are put on the disk, for whoever may send them: to the form of
signing in that is everybody, who may send the least.
"""

from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from milepost.bodies import BODY_SECONDS, TooLarge, TooSlow, read_body
from milepost.console.refusals import refusal
from milepost.console.who import find_who

MOST_BYTES = 2 * 1024 * 1024
"""More than the longest roster, with a reason for everybody on it."""

MOST_OF_NOBODY = 64 * 1024
"""More than a form of signing in holds, which is all that is taken from whoever has not signed in."""

WITHOUT_NUL = r"^[^\x00]*$"
"""What every text of a body is: not every database can keep a NUL, or be asked for one."""

TOO_SLOW = "This was not whole in time, and was not done. Send it again."

ENDS = {"Connection": "close"}
"""What is still to come, nobody reads."""


class BoundedBodies:
    """Hands a request on once its body is whole, or says why it is not."""

    def __init__(self, app: ASGIApp, *, seconds: float = BODY_SECONDS) -> None:
        """Give every body so many seconds to come."""
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        most = MOST_OF_NOBODY if find_who(request) is None else MOST_BYTES
        try:
            body = await read_body(request, most=most, seconds=self._seconds)
        except ClientDisconnect:
            return
        except TooSlow:
            await refusal(request, HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW, ENDS)(scope, receive, send)
        except TooLarge:
            said = f"This is longer than {most} bytes, and was not done."
            await refusal(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said, ENDS)(scope, receive, send)
        else:
            await self._app(scope, _once(body, receive), send)


def _once(body: bytes, receive: Receive) -> Receive:
    """Return what gives the body, and then whatever else the sender does."""
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return whole.pop() if whole else await receive()

    return receiving
