"""Asks the processes of a site, over and over, how they are."""

from collections.abc import Callable, Sequence
from enum import Enum
from threading import Event, Thread
from typing import Protocol

import httpx

from milepost.runtimes.site.parts import Part

PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 1.0


class Condition(Enum):
    """How a process is."""

    STARTING = "starting"
    READY = "ready"
    NOT_READY = "not ready"
    FAILING = "failing"
    """It says itself that it does not live."""

    SILENT = "silent"
    """It does not answer."""


class Asked(Protocol):
    """Who is asked, and keeps what was answered."""

    part: Part

    def note(self, condition: Condition) -> None:
        """Note what was answered."""
        ...


class Asking:
    """A thread that asks one process after another."""

    def __init__(self, several: Sequence[Asked]) -> None:
        """Ask these."""
        self._several = several
        self._ended = Event()
        self._thread = Thread(target=self._run, name="milepost-asking", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until no question is under way."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(timeout=PATIENCE_SECONDS) as client:
            while not self._ended.wait(PAUSE_SECONDS):
                for each in self._several:
                    if self._ended.is_set():
                        return
                    each.note(condition_of(each.part, _by(client)))


def condition_of(part: Part, ask: Callable[[str], bool | None]) -> Condition:
    """Return how a process is, by what it answers: yes, no, or nothing."""
    if ask(part.address + part.ready):
        return Condition.READY
    live = ask(part.address + part.live)  # also of one that does not say whether it is ready: its database may hang
    if live is None:
        return Condition.SILENT
    return Condition.NOT_READY if live else Condition.FAILING


def ask_once(part: Part) -> Condition:
    """Ask one process how it is."""
    with httpx.Client(timeout=PATIENCE_SECONDS) as client:
        return condition_of(part, _by(client))


def _by(client: httpx.Client) -> Callable[[str], bool | None]:
    def ask(address: str) -> bool | None:
        try:
            return client.get(address).is_success
        except httpx.HTTPError:
            return None

    return ask
