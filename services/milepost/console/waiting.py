"""While the database is away: whoever asks for a page is told to come again, as senders are."""

from http import HTTPStatus

from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from milepost.console.access import with_headers
from milepost.console.refusals import COME_AGAIN, refusal
from milepost.store.database import is_away

AWAY = "The database does not answer now, and nothing was done. Come again in a moment."


class ToldToComeAgain:
    """Answers in place of whoever could not reach the database; every other error passes."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before this application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            if begun or scope["type"] != "http" or not (is_away(error) or isinstance(error, NoConnectionFree)):
                raise
            request = Request(scope)
            answer = refusal(request, HTTPStatus.SERVICE_UNAVAILABLE, AWAY, COME_AGAIN)
            await answer(scope, receive, with_headers(request, send))
