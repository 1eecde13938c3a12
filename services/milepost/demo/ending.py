"""How the demo ends: when somebody wants it to, in order."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Ended(Exception):
    """Somebody wants the demo to end."""


class Ending:
    """Makes Ctrl-C, a closed terminal and `kill` end the demo in order: never while a process is being started."""

    def __init__(self) -> None:
        """Listen from now on."""
        self._held = self._wished = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._end)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Do this to its end first."""
        self._held = True
        yield
        self._held = False
        if self._wished:
            raise Ended

    def hold(self) -> None:
        """Come to the end from now on, however often somebody presses Ctrl-C."""
        self._held = True

    def let_go(self) -> None:
        """End at the next wish again; those until now are fulfilled."""
        self._held = self._wished = False

    def _end(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._wished = True
        if not self._held:
            raise Ended
