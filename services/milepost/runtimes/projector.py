"""The projector as a process; several may run, and share the partitions between them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from threading import Event
from time import perf_counter

from milepost.broker import topics
from milepost.broker.inbox import Inbox
from milepost.broker.outbox import DeadLetterBox
from milepost.runtimes import young_objects
from milepost.runtimes.bootstrap import open_database
from milepost.runtimes.health import serve_health
from milepost.runtimes.loops import Loop, Loops, Perseverance, Turn, stopped_by_signals
from milepost.runtimes.projector_metrics import ProjectorMetrics
from milepost.settings import Settings
from milepost.store.database import Database
from milepost.tracker import projector
from milepost.tracker.exactly_once import ExactlyOnce
from milepost.tracker.projector import projecting_work, writing_shown
from milepost_schemas.topics import Topic

IDLE_SECONDS = 0.1

GATHERING_SECONDS = 0.02
"""A little patience makes one transaction of what workers send at once."""


def run_projector(settings: Settings, *, listening: Callable[[str], None]) -> int:
    """Project until a signal ends it (0) or an error that does not pass (1); call `listening` with its address.

    Raise BrokerError where topics are not as they should be.
    """
    topics.require(settings)
    database = open_database(settings)
    try:
        process = Projector(settings, database)
        with stopped_by_signals() as stopping, process.watched() as address:
            young_objects.settle()
            listening(address)
            return process.run(stopping)
    finally:
        database.close()


class Projector:
    """Projects what its share of the partitions says."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Read from this Kafka and write to this database."""
        self._settings = settings
        self._database = database
        self._metrics = ProjectorMetrics()
        self._perseverance = Perseverance("projector")

    @contextmanager
    def watched(self) -> Iterator[str]:
        """Answer those who watch this process; give the address."""
        live, ready = self._perseverance.live, self._perseverance.ready
        with serve_health(self._settings, live=live, ready=ready, metrics=self._metrics.written) as address:
            yield address

    def run(self, stopping: Event) -> int:
        """Project until `stopping` is set; return the exit code."""
        return self._perseverance.keep_on(stopping, partial(self._attempt, stopping))

    def _attempt(self, stopping: Event) -> None:
        dead_letters = DeadLetterBox(self._settings, "projector")
        loops = Loops([Loop("projecting", partial(self._projecting, dead_letters))], abandon=dead_letters.abandon)
        try:
            self._perseverance.run(loops, stopping)
        finally:
            self._metrics.partitions.set(0)

    @contextmanager
    def _projecting(self, dead_letters: DeadLetterBox) -> Iterator[Turn]:
        with ExitStack() as open_until_then:
            open_until_then.enter_context(dead_letters)
            inbox = open_until_then.enter_context(closing(Inbox(self._settings, Topic.PROJECTIONS, group="projector")))
            once = ExactlyOnce(projecting_work(self._metrics.did), writing_shown(self._database), dead_letters.send)

            def begin(partitions: Collection[int]) -> Mapping[int, int]:
                with self._database.reading() as connection:
                    found = once.begin(connection, partitions)
                self._metrics.partitions.set(len(partitions))
                return found

            inbox.join(begin)
            yield partial(self._turn, inbox, once)

    def _turn(self, inbox: Inbox, once: ExactlyOnce[projector.Read]) -> None:
        received = [*inbox.receive(IDLE_SECONDS)]
        self._perseverance.problem = None
        if not received:
            return
        received.extend(inbox.receive(GATHERING_SECONDS))
        begun = perf_counter()
        once.take(received)
        inbox.commit(once.positions)
        self._metrics.batch_seconds.observe(perf_counter() - begun)
