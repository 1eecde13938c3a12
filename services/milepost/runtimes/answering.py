"""HTTP until the end: a process that answers until a signal, or until one of its parts has failed."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from threading import current_thread, main_thread
from types import FrameType

import structlog
import uvicorn
from starlette.types import ASGIApp

from milepost.runtimes import young_objects
from milepost.runtimes.bounded_http import BoundedHttp
from milepost.runtimes.listening import address_of, listen
from milepost.settings import Settings

logger = structlog.get_logger("milepost.runtime")

GRACE_SECONDS = 10
"""How long requests that are under way may take at the end."""


class Answering:
    """Uvicorn, ended by a signal or by us, without the signal being raised again when all is done."""

    def __init__(self, listening: Callable[[str], None], *, grace_seconds: int = GRACE_SECONDS) -> None:
        """Call `listening` with the address once it answers."""
        self._listening = listening
        self._grace_seconds = grace_seconds
        self._server: uvicorn.Server | None = None
        self._ended = False

    def answer(self, app: ASGIApp, settings: Settings) -> None:
        """Answer requests until the end; raise OSError where nobody can listen."""
        config = uvicorn.Config(
            app,
            http=BoundedHttp,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=self._grace_seconds,
        )
        self._server = _Uvicorn(config, self._listening)
        self._server.should_exit = self._ended
        self._server.run([listen(settings)])

    def end(self) -> None:
        """End soon; from any thread."""
        self._ended = True
        if self._server is not None:
            self._server.should_exit = True


class _Uvicorn(uvicorn.Server):
    """Says where it listens, and takes a signal as the wish to end."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[str], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        young_objects.settle()
        for listening in sockets or ():
            address = address_of(listening)
            logger.info("listening", address=address)
            self._listening(address)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if current_thread() is not main_thread():
            yield
            return

        def handle(number: int, frame: FrameType | None) -> None:
            self.handle_exit(number, frame)

        earlier = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in earlier.items():
                signal.signal(number, handler)
