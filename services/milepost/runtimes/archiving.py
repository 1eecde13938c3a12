"""What the active archive does, in three loops: taking, relaying, filing.

Taking and filing write to the log, and wake relaying when they have. What any of them remembers begins with what the
database says, and ends when the archive is active no more.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from threading import Event
from time import perf_counter

from milepost.broker.inbox import Inbox
from milepost.broker.outbox import DeadLetterBox, Outbox
from milepost.broker.partitioning import partition_of
from milepost.clock import Clock, SystemClock
from milepost.runtimes.archive_metrics import ArchiveMetrics
from milepost.runtimes.loops import Loop, Loops, Turn
from milepost.settings import Settings
from milepost.store import log, positions, tenants
from milepost.store.database import Database
from milepost.tracker.archive.filing import Filing
from milepost.tracker.archive.relaying import Relaying
from milepost.tracker.archive.soundings import Soundings, margin_of
from milepost.tracker.archive.taking import taking
from milepost.tracker.exactly_once import ExactlyOnce, M, Work
from milepost_schemas.instants import SECOND

IDLE_SECONDS = 0.1
"""How long a loop waits for something to do."""


class Activity:
    """One time of being active, from taking the lock to losing it."""

    def __init__(self, settings: Settings, database: Database, metrics: ArchiveMetrics) -> None:
        """Make the first tenant where there is none; raise what the database raises."""
        self._settings = settings
        self._database = database
        self._metrics = metrics
        self._appended = Event()
        self._outboxes: list[Outbox | DeadLetterBox] = []
        self._clock = _open_site(database)
        self.loops = Loops(
            [Loop("taking", self._taking), Loop("relaying", self._relaying), Loop("filing", self._filing)],
            abandon=self._abandon,
        )

    def measure(self) -> None:
        """Set the metrics that are read from the database."""
        with self._database.reading() as connection:
            sent = positions.reached(connection, positions.RELAY)
            until = positions.reached(connection, positions.ARCHIVED_UNTIL)
            self._metrics.relay_lag.set(log.end(connection) - sent)
        self._metrics.archived_until.set(until / SECOND)

    @contextmanager
    def _taking(self) -> Iterator[Turn]:
        with self._reading(taking(self._metrics.took), "taking") as (inbox, once):
            soundings = Soundings(self._clock, inbox.ends, margin=margin_of(self._settings))

            def turn() -> None:
                self._take(inbox, once, "taking")
                reached = soundings.reached({**inbox.beginnings, **once.positions})
                if reached is not None:
                    with self._database.writing() as connection:
                        positions.raise_to(connection, positions.ARCHIVED_UNTIL, reached)

            yield turn

    @contextmanager
    def _filing(self) -> Iterator[Turn]:
        filing = Filing(self._clock, self._where)
        with self._reading(filing.work(self._metrics.put), "filing") as (inbox, once):
            yield partial(self._take, inbox, once, "filing")

    @contextmanager
    def _relaying(self) -> Iterator[Turn]:
        with Outbox(self._settings, "archive") as outbox:
            self._outboxes.append(outbox)
            relaying = Relaying(
                self._database,
                outbox,
                self._where,
                partitions=self._settings.partitions,
                done=self._metrics.sent,
            )
            relaying.state_catalog()

            def turn() -> None:
                self._appended.clear()
                begun = perf_counter()
                if relaying.relay():
                    self._metrics.batch_seconds.labels(stage="relaying").observe(perf_counter() - begun)
                else:
                    self._appended.wait(IDLE_SECONDS)

            yield turn

    @contextmanager
    def _reading(self, work: Work[M], stage: str) -> Iterator[tuple[Inbox, ExactlyOnce[M]]]:
        """Give an inbox that begins where the database says, and what takes in what comes by it."""
        with ExitStack() as open_until_then:
            dead_letters = open_until_then.enter_context(DeadLetterBox(self._settings, f"archive-{stage}"))
            self._outboxes.append(dead_letters)
            inbox = open_until_then.enter_context(closing(Inbox(self._settings, work.topic, group="archive")))
            once = ExactlyOnce(work, self._database.writing, dead_letters.send)
            partitions = range(self._settings.partitions)
            with self._database.reading() as connection:
                begin = once.begin(connection, partitions)
            inbox.assign(partitions, begin)
            inbox.commit(begin)
            yield inbox, once

    def _take(self, inbox: Inbox, once: ExactlyOnce[M], stage: str) -> None:
        received = inbox.receive(IDLE_SECONDS)
        if not received:
            return
        with self._metrics.batch_seconds.labels(stage=stage).time():
            once.take(received)
        self._appended.set()
        inbox.commit(once.positions)

    def _where(self, key: bytes) -> int:
        return partition_of(key, self._settings.partitions)

    def _abandon(self) -> None:
        for outbox in self._outboxes:
            outbox.abandon()


def _open_site(database: Database) -> Clock:
    """Make the first tenant where there is none; return a clock that has not been before what the database has seen."""
    with database.writing() as connection:
        clock = SystemClock(not_before=tenants.latest_moment(connection))
        tenants.open_tenant(connection, tenants.DEFAULT, at=clock.now())
    return clock
