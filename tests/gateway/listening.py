"""A gateway that listens on a port of this machine, for clients that are programs of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn

from milepost.gateway import build_gateway
from tests.gateway.senders import World


@contextmanager
def listening(world: World) -> Iterator[str]:
    """Give the address of xAPI's resources."""
    server = uvicorn.Server(
        uvicorn.Config(build_gateway(world.services), host="127.0.0.1", port=0, log_config=None, lifespan="off")
    )
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/xapi"
    server.should_exit = True
    thread.join()
