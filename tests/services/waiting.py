"""Waiting for something to become true, with a limit; never for a time to pass."""

import os
import time
from collections.abc import Callable

LIMIT_SECONDS = 60.0


def wait_until(is_true: Callable[[], object], what: str = "", *, seconds: float = LIMIT_SECONDS) -> None:
    """Ask again and again until it is true; say what was waited for if it has not become so in time."""
    until = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > until:
            raise TimeoutError(f"After {seconds:.0f} s it is still not so{what and ' that '}{what}.")
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Say whether there is a process of that id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
