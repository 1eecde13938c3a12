"""The heads of requests, bounded in size and in time, before anything else looks at them.

Uvicorn waits for the end of a head for as long as somebody keeps sending it, and keeps all that came. Here a head has
a size and a time, and so has a connection on which nothing was asked yet. Bodies are bounded by who reads them.
"""

import asyncio
from http import HTTPStatus
from typing import Any, cast

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from milepost.bodies import IS_WHOLE
from milepost.runtimes.parting import PartingAnswers

MOST_HEAD_BYTES = 32 * 1024
MOST_HEADERS = 100

HEAD_SECONDS = 10.0
"""How long the head of a request may take to come, and how long a connection may stay without the first."""

PARTING_SECONDS = 10.0
"""How long is thrown away what somebody sends who has their answer already; then the connection is closed."""

TOO_LARGE = f"The head of a request may have {MOST_HEAD_BYTES} bytes and {MOST_HEADERS} headers; send a shorter one.\n"
TOO_SLOW = f"The head of the request was not whole after {HEAD_SECONDS:.0f} seconds; send it again.\n"


class BoundedHttp(HttpToolsProtocol):
    """Uvicorn's protocol, with an end to every head."""

    head_seconds = HEAD_SECONDS
    parting_seconds = PARTING_SECONDS

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Begin as uvicorn does; nothing has come yet."""
        super().__init__(*arguments, **named)
        self._octets = 0
        self._head_octets = 0
        self._is_in_head = False
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first request, not for ever."""
        self._answers = PartingAnswers(transport, seconds=self.parting_seconds, is_all_read=self._is_all_read)
        super().connection_made(cast(asyncio.Transport, self._answers))
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_timer()
        self._answers.forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; end the connection where it is a head that does not end."""
        if self._answers.is_parting:
            return
        self._octets = len(data)
        super().data_received(data)
        if self._is_in_head:
            if self._head_octets == 0:
                self._start_timer()  # a head that comes in one piece, as nearly all do, needs none
            self._head_octets += len(data)
            if self._head_octets > MOST_HEAD_BYTES:
                self._end(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin to read a head."""
        super().on_message_begin()
        self._is_in_head = True
        self._head_octets = 0

    def on_headers_complete(self) -> None:
        """Answer the request, or say that its head is too large."""
        self._is_in_head = False
        self._stop_timer()
        if self._is_too_large():
            self.app = _too_large  # for good: with this answer the connection ends
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Say to whoever reads the body that nothing of it is to come."""
        cast(dict[str, Any], self.scope)[IS_WHOLE] = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Send an answer that has no body, and go on with the next request."""
        self._answers.flush()
        super().on_response_complete()

    def _is_all_read(self) -> bool:
        return self.scope is None or IS_WHOLE in self.scope  # type: ignore[redundant-expr]  # none at first

    def _is_too_large(self) -> bool:
        if len(self.headers) > MOST_HEADERS:
            return True
        if self._head_octets + self._octets <= MOST_HEAD_BYTES:
            return False  # with all that came, body included, it is no larger; that saves looking at each header
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > MOST_HEAD_BYTES

    def _start_timer(self) -> None:
        self._stop_timer()
        self._head_timer = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:  # type: ignore[redundant-expr]  # none at first
            self._start_timer()  # an earlier request on this connection has its answer first
        elif self._is_in_head:
            self._end(HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW)
        else:
            self.transport.close()

    def _end(self, status: HTTPStatus, sentence: str) -> None:
        """Say why, and close the connection."""
        self._is_in_head = False
        if self.transport.is_closing():
            return
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(sentence)}\r\nconnection: close\r\n\r\n{sentence}".encode("ascii")
        )
        self.transport.close()


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    answer = PlainTextResponse(TOO_LARGE, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, headers={"Connection": "close"})
    await answer(scope, receive, send)
