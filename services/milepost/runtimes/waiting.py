"""Waiting for what other processes do."""

import time
from collections.abc import Callable


def comes_true(holds: Callable[[], bool], *, seconds: float, look_seconds: float) -> bool:
    """Look every so many seconds whether something holds; return whether it did before the time was over."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(look_seconds)
    return True
