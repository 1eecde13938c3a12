"""HEAD: what GET would answer, for the same people, without its body (RFC 9110, 9.3.2)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """Asks by GET what was asked by HEAD, and keeps the body to itself."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before this application, and before whatever changes its answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            bare = message["type"] == "http.response.body"
            await send({**message, "body": b""} if bare else message)

        await self._app({**scope, "method": "GET"}, receive, sending)
