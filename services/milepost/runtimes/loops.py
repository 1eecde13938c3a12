"""Processes that do work in loops: each loop in a thread of its own, all of them begun together and ended together.

What a loop needs is opened when it begins and closed when it ends. Where Kafka or the database is away all of it is
closed, and opened anew when they are back: nothing is remembered that is not stored.
"""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Event, Thread, current_thread, main_thread
from time import monotonic

import structlog
from confluent_kafka import KafkaException
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from milepost.broker.failing import BrokerError
from milepost.broker.inbox import PositionLost
from milepost.broker.topics import TopicsDiffer
from milepost.failures import outline
from milepost.runtimes.health import STILL_SECONDS, Pulse
from milepost.store.database import is_away
from milepost.store.locks import LockLost
from milepost.store.positions import Overtaken
from milepost.tracker.setting_aside import TooManyDeadLetters

ENDING_SECONDS = 8.0
"""How long loops may take to end; what one has not stored by then is done again by the next process."""

AGAIN_SECONDS = 1.0
WATCH_SECONDS = 0.5

Turn = Callable[[], None]

logger = structlog.get_logger("milepost.runtime")


@dataclass(frozen=True, slots=True)
class Loop:
    """`open` gives the function that is called again and again; it returns within a second or two."""

    name: str
    open: Callable[[], AbstractContextManager[Turn]]


class _Running:
    """A loop in its thread; one that ends says so by `ended`, with the error by which it did."""

    def __init__(self, loop: Loop, ending: Event, ended: Callable[[BaseException | None], None]) -> None:
        self.pulse = Pulse(loop.name, limit=STILL_SECONDS)
        self._loop = loop
        self._ending = ending
        self._ended = ended
        self.thread = Thread(target=self._run, name=f"milepost-{loop.name}", daemon=True)

    def _run(self) -> None:
        try:
            with self._loop.open() as turn:
                while not self._ending.is_set():
                    turn()
                    self.pulse.beat()
        except BaseException as error:
            self._ended(error)
        else:
            self._ended(None)


class Loops:
    """Runs loops until it is told to stop, or one of them fails."""

    def __init__(self, loops: Sequence[Loop], *, abandon: Callable[[], None] = lambda: None) -> None:
        """Call `abandon` when they are to end: it interrupts what a loop waits for."""
        self._loops = loops
        self._abandon = abandon
        self._running: list[_Running] = []

    def run(self, stopping: Event, *, watch: Callable[[], None] = lambda: None) -> None:
        """Run until `stopping` is set; call `watch` in between. Raise what it raises, or what a loop raises.

        Where several raise, the first counts: once all are to end, the others fail for want of what was abandoned.
        """
        ending, ended = Event(), Event()
        errors: list[BaseException] = []

        def note(error: BaseException | None) -> None:
            if error is not None:
                errors.append(error)
            ended.set()

        self._running = [_Running(loop, ending, note) for loop in self._loops]
        for each in self._running:
            each.thread.start()
        try:
            while not stopping.is_set():
                if ended.wait(WATCH_SECONDS):
                    break
                watch()
        finally:
            ending.set()
            self._abandon()
            self._join()
        if errors:
            raise errors[0]

    def problem(self) -> str | None:
        """Say which loop stands still, or None."""
        problems = (each.pulse.problem() for each in self._running)
        return next((problem for problem in problems if problem is not None), None)

    def _join(self) -> None:
        until = monotonic() + ENDING_SECONDS
        for each in self._running:
            each.thread.join(max(0.0, until - monotonic()))
            if each.thread.is_alive():
                logger.warning("loop_left_behind", loop=each.thread.name)


def passes(error: BaseException) -> bool:
    """Say whether an error means that a server is away, or that another process was faster: begin again then."""
    if isinstance(error, PositionLost | TopicsDiffer):
        return False
    return isinstance(error, BrokerError | KafkaException | Overtaken | LockLost | NoConnectionFree) or is_away(error)


def _sentence_of(error: BaseException) -> str | None:
    """Return what an error says, where it is known to repeat nothing that somebody sent."""
    return str(error) if isinstance(error, BrokerError | TooManyDeadLetters) else None


class Perseverance:
    """Begins again, a second later, after errors that pass; says what is wrong meanwhile, and what stands still."""

    def __init__(self, name: str, *, begins_again: Callable[[], None] = lambda: None) -> None:
        """Do this for the process of this name; call `begins_again` each time."""
        self.problem: str | None = "it has not begun yet"
        self.pulse = Pulse(f"the {name}")
        self._name = name
        self._begins_again = begins_again
        self._logger = structlog.get_logger(f"milepost.{name}")
        self._loops: Loops | None = None

    def keep_on(self, stopping: Event, attempt: Callable[[], None]) -> int:
        """Call `attempt` until `stopping` is set; return 0, or 1 after an error that does not pass by itself."""
        try:
            while not stopping.is_set():
                self._try(stopping, attempt)
        except Exception as error:
            self._logger.critical(f"{self._name}_failed", says=_sentence_of(error), **outline(error))
            return 1
        return 0

    def run(self, loops: Loops, stopping: Event, *, watch: Callable[[], None] = lambda: None) -> None:
        """Run loops as `Loops.run` does, beat in between, and answer for them meanwhile."""

        def beat_and_watch() -> None:
            self.pulse.beat()
            watch()

        self._loops = loops
        try:
            loops.run(stopping, watch=beat_and_watch)
        finally:
            self._loops = None

    def live(self) -> str | None:
        """Say what stands still, or None."""
        loops = self._loops
        return self.pulse.problem() or (None if loops is None else loops.problem())

    def ready(self) -> str | None:
        """Say what is waited for, or None."""
        return self.problem

    def _try(self, stopping: Event, attempt: Callable[[], None]) -> None:
        self.pulse.beat()
        try:
            attempt()
        except Exception as error:
            if not passes(error):
                raise
            self.problem = f"it begins again after {type(error).__name__}"
            self._begins_again()
            logger.warning("begins_again", **outline(error))
            stopping.wait(AGAIN_SECONDS)


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """Give an event that SIGTERM and SIGINT set, as long as this is the main thread."""
    stopping = Event()
    if current_thread() is not main_thread():
        yield stopping
        return
    earlier = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in earlier:
        signal.signal(number, lambda *_: stopping.set())
    try:
        yield stopping
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
