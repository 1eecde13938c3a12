"""Listening: a socket where the settings say, opened before anything answers, so that a port that is taken is told."""

import socket

from milepost.settings import Settings

BACKLOG = 2048
"""How many connections wait to be taken; the system may allow fewer."""


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens at the host and port of the settings; raise OSError where nobody can."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    listening.set_inheritable(False)
    return listening


def address_of(listening: socket.socket) -> str:
    """Return the address of what answers there."""
    host, port, *_ = listening.getsockname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
