"""JSON, each answer a line: in a terminal, what comes next stands below it."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

END = b"\n"


class EndedLines:
    """Ends what is answered as JSON with the end of its line."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before this application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_json = False

        async def sending(message: Message) -> None:
            nonlocal is_json
            if message["type"] == "http.response.start":
                is_json = _begin(message)
            elif is_json and not message.get("more_body", False):
                message = {**message, "body": message.get("body", b"") + END}
            await send(message)

        await self._app(scope, receive, sending)


def _begin(message: Message) -> bool:
    """Say whether it is JSON that begins; then its length counts the end of the line too."""
    headers = MutableHeaders(scope=message)
    if headers.get("content-type") != "application/json" or "content-length" not in headers:
        return False
    headers["content-length"] = str(int(headers["content-length"]) + len(END))
    return True
