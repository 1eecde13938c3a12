"""A port of this machine that a server can take again after it was killed."""

import secrets
import socket

LOWEST, HIGHEST = 20_000, 32_000
"""Below the ports that the system gives to outgoing connections: a client that tries to reach a dead server
from such a port can connect to itself, and the server then finds its port taken."""

ATTEMPTS = 200


class NoFreePort(Exception):
    """No port between 20000 and 32000 is free: close what listens there."""


def free_port() -> int:
    """Return a port on which nobody listens, drawn at random so that two who ask at a time rarely get the same."""
    for _ in range(ATTEMPTS):
        port = LOWEST + secrets.randbelow(HIGHEST - LOWEST)
        if is_free(port):
            return port
    raise NoFreePort(NoFreePort.__doc__)


def is_free(port: int) -> bool:
    """Say whether a server could listen on a port of this machine now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what a killed server left waiting is no obstacle
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
