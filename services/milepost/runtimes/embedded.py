"""The embedded runtime: gateway, tracker and console in one process on one database."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from socket import socket
from threading import current_thread, main_thread
from types import FrameType

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from milepost.console.app import build_console
from milepost.gateway.app import gateway_routes
from milepost.runtimes.bootstrap import NotStarted, Parts, running
from milepost.runtimes.operations import operations_routes
from milepost.settings import Settings

logger = structlog.get_logger("milepost.runtime")

GRACE_SECONDS = 10
"""How long requests that are under way may take at the end."""


def serve(settings: Settings, *, listening: Callable[[str], None]) -> int:
    """Run until a signal ends it (0) or the tracker fails (1); call `listening` with the address once it answers.

    Raise NotStarted for settings that do not fit.
    """
    require_token_beyond_loopback(settings)
    server = _Server(listening)
    with running(settings, failed=server.end) as parts:
        server.answer(build_app(parts), settings)
        return 1 if parts.worker.error is not None else 0


def build_app(parts: Parts) -> Starlette:
    """Return the one application: operations and gateway by their paths, the console for all others."""
    services = parts.services
    token = services.settings.access_token
    console = build_console(
        services.database,
        services.acceptance,
        services.clock,
        token=None if token is None else token.get_secret_value(),
    )
    return Starlette(
        routes=[*operations_routes(services, parts.worker), *gateway_routes(services), Mount("/", app=console)]
    )


def require_token_beyond_loopback(settings: Settings) -> None:
    """Raise NotStarted where others than this machine could look without a token."""
    if settings.access_token is None and not is_loopback(settings.host):
        raise NotStarted(
            f"{settings.host} can be reached from other machines; set MILEPOST_ACCESS_TOKEN, "
            "which people then give to the console, or listen on 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach this address; a name other than `localhost` might be anything."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class _Server:
    """Uvicorn, ended by a signal or by us, without the signal being raised again when all is done."""

    def __init__(self, listening: Callable[[str], None]) -> None:
        self._listening = listening
        self._server: uvicorn.Server | None = None
        self._ended = False

    def answer(self, app: Starlette, settings: Settings) -> None:
        """Answer requests until the end."""
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._server = _Uvicorn(config, self._listening)
        self._server.should_exit = self._ended
        self._server.run()

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
        for server in self.servers:
            host, port, *_ = server.sockets[0].getsockname()
            address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
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
