"""Waits for what a broker or another thread is about to do, with a limit instead of a guess."""

import time
from collections.abc import Callable

SECONDS = 20.0


def until(holds: Callable[[], bool]) -> None:
    """Return as soon as something is so; fail where it never is."""
    limit = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < limit, "it never came to be so"
        time.sleep(0.02)
