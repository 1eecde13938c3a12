"""A server that runs on this machine as a child of ours: stopped, killed, paused, and started again as it was."""

import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from milepost.runtimes.local.child import Child, ServerFailed

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


def make_folder(server: str, command: Sequence[str | Path], *, seconds: float, **more: Any) -> None:
    """Run what lays out the folder of a server; raise ServerFailed where it fails, or takes longer than this."""
    try:
        ran = subprocess.run(  # noqa: S603 - the command is put together by this package
            command, capture_output=True, check=False, text=True, timeout=seconds, **more
        )
    except subprocess.TimeoutExpired as error:
        raise ServerFailed(f"{server} has not made its folder within {seconds:g} s") from error
    if ran.returncode:
        raise ServerFailed(f"{server} could not make its folder: {(ran.stdout + ran.stderr).strip()[-1000:]}")
