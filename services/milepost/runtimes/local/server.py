"""A server that runs on this machine as a child of ours: stopped, killed, paused, and started again as it was."""

import signal
from abc import ABC, abstractmethod
from typing import ClassVar

from milepost.runtimes.local.child import Child

STOP_SECONDS = 20.0


class LocalServer(ABC):
    """One process with a folder of its own; who starts it there again finds everything that it kept."""

    ENDS_BY: ClassVar[signal.Signals]
    """The signal upon which it ends in order."""

    def __init__(self) -> None:
        """Nothing is started yet."""
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """The id of its process, while it runs."""
        return self._child.pid if self._child is not None and self._child.is_running() else None

    @abstractmethod
    def start(self) -> None:
        """Start it and wait until it answers; raise ServerFailed, with its last words, if it does not."""

    def stop(self) -> None:
        """Stop it in order; if it does not stop within twenty seconds it is killed."""
        if self._child is not None:
            self._child.stop(self.ENDS_BY, seconds=STOP_SECONDS)

    def restart(self) -> None:
        """Stop it in order and start it again."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        if self._child is not None:
            self._child.kill()

    def pause(self) -> None:
        """Make it stand still; return when it does."""
        if self._child is not None:
            self._child.pause()

    def resume(self) -> None:
        """Let it go on after a pause."""
        if self._child is not None:
            self._child.send(signal.SIGCONT)
