"""A server that runs as our child, with a log of its own, and never outlives us.

It stands in a process group of its own, so that Ctrl-C in a terminal reaches us first. A watch, a second small process,
holds one end of a pipe: when we end, however we end, the pipe closes and the watch ends the server. (The system's own
signal at a parent's death would come as soon as the *thread* that started the server has ended.)
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

WATCH = 'read -r _; kill -s "$2" -- "-$1"; kill -s CONT -- "-$1"'
LOG_LINES = 20
PAUSE_SECONDS = 1.0


class ServerFailed(Exception):
    """A server could not be started; what it said last stands in the message."""


class Child:
    """One run of one server."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        end_with: signal.Signals,
        user: str | None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it, with its output appended to a log; the last signal that it gets from us if we die is `end_with`.

        It gets our environment, unless another is given.
        """
        self._log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(  # noqa: S603 - the command is put together by this package
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
                extra_groups=None if user is None else [],
                cwd="/",
                env=environment,
            )
        self._watch = subprocess.Popen(  # noqa: S603 - the one script above, and numbers
            ["/bin/sh", "-c", WATCH, "watch", str(self._popen.pid), end_with.name.removeprefix("SIG")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    @property
    def pid(self) -> int:
        """The id of its process, and of its group."""
        return self._popen.pid

    def is_running(self) -> bool:
        """Say whether it has not ended."""
        if self._popen.poll() is None:
            return True
        self._dismiss_watch()
        return False

    def send(self, what: signal.Signals) -> None:
        """Send a signal to all of its group, if it still runs."""
        if self.is_running():
            os.killpg(self._popen.pid, what)

    def pause(self) -> None:
        """Make it stand still, and return when it does: a signal takes a moment to reach every thread.

        One that is just starting a child of its own (by vfork) does not say that it stands still, so nobody waits long.
        """
        self.send(signal.SIGSTOP)
        until = time.monotonic() + PAUSE_SECONDS
        while self.is_running() and time.monotonic() < until and not self._is_stopped():
            time.sleep(PAUSE_SECONDS / 100)

    def _is_stopped(self) -> bool:
        return os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None

    @property
    def exit_code(self) -> int | None:
        """How it ended, negative where by a signal; None while it runs."""
        return self._popen.poll()

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, and say whether it has."""
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._dismiss_watch()
        return True

    def stop(self, politely: signal.Signals, *, seconds: float) -> None:
        """Ask it to end, and kill it if it has not after so many seconds; a paused one is woken to hear it."""
        self.send(politely)
        self.send(signal.SIGCONT)
        if not self.wait(seconds):
            self.kill()

    def kill(self) -> None:
        """End it at once, with SIGKILL."""
        self.send(signal.SIGKILL)
        self._popen.wait()
        self._dismiss_watch()

    def last_words(self) -> str:
        """Return the last lines of its log."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-LOG_LINES:])

    def _dismiss_watch(self) -> None:
        # Killed before its pipe closes: it must not send its signal to a group that may be somebody else's by now.
        self._watch.kill()
        self._watch.wait()
        if self._watch.stdin is not None:
            self._watch.stdin.close()
