"""Saying something until it is decided: a sender that gets no answer, or "not now", says it again after a pause."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock

from milepost.demo.ending import Ended
from milepost.demo.sending import Answer

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0

Wait = Callable[[float], bool]
"""Waits so many seconds; True says that the demo is to end."""


@dataclass(slots=True)
class Tally:
    """How many messages were sent, each time counted; how many acknowledged, and how many refused for good."""

    sent: int = 0
    acknowledged: int = 0
    repeated: int = 0
    refused: int = 0


def pauses() -> Iterator[float]:
    """Yield how long to wait before each repetition: longer each time, up to a limit."""
    seconds = FIRST_PAUSE_SECONDS
    while True:
        yield seconds
        seconds = min(2 * seconds, LONGEST_PAUSE_SECONDS)


class Persistence:
    """Says things until they are decided, and counts. Several threads may use one."""

    def __init__(self, wait: Wait, tell: Callable[[str], None]) -> None:
        """Wait by this between two attempts, and tell people by that when trouble begins and when it is over."""
        self.tally = Tally()
        self._wait = wait
        self._tell = tell
        self._lock = Lock()

    def until_decided(self, who: str, say: Callable[[], Answer]) -> Answer:
        """Say it until the server takes it or refuses it for good; raise Ended where the demo ends before that."""
        began, attempts = time.monotonic(), 1
        answer = self._said(say, again=False)
        for seconds in pauses():
            if not answer.is_passing:
                break
            if attempts == 1:
                self._tell(f"  {who}: {_shortened(answer.problem)} It is said again until it is taken.")
            if self._wait(seconds):
                raise Ended
            attempts += 1
            answer = self._said(say, again=True)
        if attempts > 1:
            self._tell(f"  {who}: answered again, after {time.monotonic() - began:.0f} s and {attempts} attempts.")
        with self._lock:
            if answer.problem is None:
                self.tally.acknowledged += 1
            else:
                self.tally.refused += 1
        return answer

    def _said(self, say: Callable[[], Answer], *, again: bool) -> Answer:
        with self._lock:
            self.tally.sent += 1
            self.tally.repeated += again
        return say()


class Pace:
    """Lets through so many messages a second at most, of all senders together."""

    def __init__(self, per_second: float | None, *, now: Callable[[], float] = time.monotonic) -> None:
        """Let the first one through at once; without a number, each."""
        self._between = 0.0 if per_second is None else 1 / per_second
        self._now = now
        self._next = now()
        self._lock = Lock()

    def seconds_until_mine(self) -> float:
        """Return how long to wait for one's turn, which nobody else gets."""
        with self._lock:
            mine = max(self._next, self._now())
            self._next = mine + self._between
            return max(0.0, mine - self._now())


def _shortened(problem: str | None) -> str:
    told = " ".join((problem or "").split()).rstrip(".")
    return (told if len(told) <= 160 else told[:160] + "...") + "."
