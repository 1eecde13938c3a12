"""Looks after the processes of a site: starts again what has ended or stands still, and ends them all in order.

It is ours because none from the package index does what a site needs in less than this: honcho starts nothing again,
circus is no longer kept up, and supervisord is a daemon with a configuration of its own that knows no readiness. On a
machine where systemd or containers run, those look after the processes instead.
"""

import os
import signal
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from time import monotonic, sleep

from milepost.runtimes.local.child import Child
from milepost.runtimes.site.asking import Condition
from milepost.runtimes.site.parts import Part

TURN_SECONDS = 0.1
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
STEADY_SECONDS = 60.0
"""What has run so long and ends is started again at once, as for the first time."""

END_SECONDS = 15.0
"""How long a process may take to end, before it is killed."""

FAILING_SECONDS = 15.0
"""How long a process may say that it does not live."""

SILENT_SECONDS = 120.0
"""How long a process may say nothing: one that somebody pauses for a minute shall show what that does to a site."""

LARGEST_LOG = 50_000_000

Tell = Callable[[str, str], None]
"""Says something about a process, by its name."""


@dataclass(slots=True)
class Wish:
    """What those who run the site want: that it goes on, that it ends, that it ends at once. Signals set it."""

    ending: bool = False
    at_once: bool = False


class Supervised:
    """One process of the site, run after run."""

    def __init__(self, part: Part, *, logs: Path, time: Callable[[], float] = monotonic) -> None:
        """Have it due at once."""
        self.part = part
        self.log = logs / f"{part.name}.log"
        self.starts = 0
        self.condition = Condition.STARTING
        self._time = time
        self._child: Child | None = None
        self._started_at = self._well_at = self._answered_at = 0.0
        self._due_at = time()
        self._pause = FIRST_PAUSE

    @property
    def pid(self) -> int | None:
        """The id of its process, while it runs."""
        return self._child.pid if self._child is not None and self._child.is_running() else None

    def look(self, tell: Tell) -> None:
        """Start it if it is due, note that it has ended, or end it if it does not live any more."""
        if self._child is None:
            if self._time() >= self._due_at:
                self._start()
        elif not self._child.is_running():
            self._note_end(self._child, tell)
        elif (problem := self._standstill()) is not None:
            tell(self.part.name, f"{problem}; it is killed")
            self._child.kill()

    def note(self, condition: Condition) -> None:
        """Note what it has answered; that it says nothing yet while it starts is no answer."""
        if condition is Condition.SILENT and self.condition is Condition.STARTING:
            return
        self.condition = condition
        if condition is not Condition.SILENT:
            self._answered_at = self._time()
        if condition not in (Condition.SILENT, Condition.FAILING):
            self._well_at = self._time()

    def end(self, wish: Wish) -> None:
        """End it: within fifteen seconds, or at once as soon as that is wished; from any thread."""
        child, self._child = self._child, None
        if child is None:
            return
        child.send(signal.SIGTERM)
        child.send(signal.SIGCONT)
        until = self._time() + END_SECONDS
        while not wish.at_once and self._time() < until and not child.wait(0.1):
            pass
        child.kill()

    def _start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.starts += 1
        self.condition = Condition.STARTING
        self._started_at = self._well_at = self._answered_at = self._time()
        self._child = Child(
            self.part.command,
            log=self.log,
            end_with=signal.SIGKILL,  # if we are killed, so is its Kafka; it goes on from there as after any kill
            user=None,
            environment={**os.environ, **self.part.environment},
        )

    def _note_end(self, child: Child, tell: Tell) -> None:
        child.kill()
        if self._time() - self._started_at > STEADY_SECONDS:
            self._pause = FIRST_PAUSE
        tell(self.part.name, f"has ended ({_how(child.exit_code)}); it is started again in {self._pause:.1f} s")
        self._child, self.condition = None, Condition.STARTING
        self._due_at = self._time() + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _standstill(self) -> str | None:
        if self.condition is Condition.FAILING and self._time() - self._well_at > FAILING_SECONDS:
            return "says that it does not live"
        if self._time() - self._answered_at > SILENT_SECONDS:
            return f"has not answered for {SILENT_SECONDS:.0f} s"
        return None


def look_after(parts: Sequence[Supervised], wish: Wish, *, each_turn: Callable[[], None], tell: Tell) -> None:
    """Look after processes until it is wished that they end."""
    while not wish.ending:
        for part in parts:
            part.look(tell)
        each_turn()
        sleep(TURN_SECONDS)


def end_in_order(parts: Iterable[Supervised], wish: Wish) -> None:
    """End all processes, those that end at the same time together."""
    ordered = sorted(parts, key=lambda each: each.part.ends)
    for _, group in groupby(ordered, key=lambda each: each.part.ends):
        together = list(group)
        with ThreadPoolExecutor(len(together)) as several:
            list(several.map(lambda each: each.end(wish), together))


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"exit code {code}"
