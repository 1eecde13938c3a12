"""The tracker of the embedded runtime: takes in the log batch by batch, and ticks; each step is one transaction.

Records, facts, projections and the position are committed together: a step that was lost is done again, one that was
committed is not. An error leaves nothing behind, and what follows begins with a cascade that remembers nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from milepost.failures import outline
from milepost.runtimes.embedded_metrics import EmbeddedMetrics
from milepost.store import dead_letters, log, recording, tenants
from milepost.store.arrivals import Arrivals
from milepost.store.database import Database, Turn, is_unstorable
from milepost.store.keep import SqlKeep
from milepost.store.log import Entry
from milepost.tracker.cascade import Cascade
from milepost.tracker.setting_aside import UNAVAILABLE, InARow, reason_of
from milepost_schemas.topics import decode_logged

MOST_AT_ONCE = 500
FEWEST_AT_ONCE = 20
LONGEST_SECONDS = 0.25
"""A batch holds up who wants to be accepted; so batches become smaller where they take longer than this."""

logger = structlog.get_logger("milepost.tracker")


class Tracking:
    """Takes in what was accepted, in the order of the log. For one thread."""

    def __init__(self, database: Database, arrivals: Arrivals, metrics: EmbeddedMetrics) -> None:
        """Begin where the last process stopped."""
        self._database = database
        self._arrivals = arrivals
        self._metrics = metrics
        self._keep = SqlKeep()
        self._at_once = MOST_AT_ONCE
        self._dead = InARow("the log")
        self.begin_again()

    def begin_again(self) -> None:
        """Go on where the database stands: whether a commit that was under way took place, only it knows."""
        self._cascade = Cascade(self._keep)
        with self._database.reading() as connection:
            self._position = recording.position(connection)

    def take(self) -> int:
        """Take in the next batch; return how many messages it had. Raise TooManyDeadLetters."""
        with self._database.reading() as connection:
            entries = log.read(connection, self._position, limit=self._at_once)
        if entries:
            self._take(entries)
        return len(entries)

    def catch_up(self) -> None:
        """Take in all that is in the log now."""
        with self._database.reading() as connection:
            end = log.end(connection)
        while self._position < end:
            self.take()

    def tick(self) -> int:
        """Take in all that was received before this moment, then move every tenant's clock to it; return the moment."""
        at = self._arrivals.sample()
        self._arrivals.settled(at)
        with self._database.reading() as connection:
            names = tenants.every(connection)
        for tenant in names:
            while not self._tick(tenant, at):
                pass
        return at

    def _tick(self, tenant: str, at: int) -> bool:
        """Tick, unless something received before is still to be taken in; say whether it was done."""
        while self._owes(at):
            self.take()
        with self._step("tick", Turn.LOG | Turn.TAKEN) as connection:
            # Another process may have stamped before our moment and committed after we looked. Now nobody else writes.
            if log.holds(connection, after=self._position, received_before=at):
                return False
            self._cascade.tick(tenant, at)
            recording.note_tick(connection, tenant, at)
        return True

    def _owes(self, at: int) -> bool:
        with self._database.reading() as connection:
            return log.holds(connection, after=self._position, received_before=at)

    def _take(self, entries: Sequence[Entry]) -> None:
        try:
            self._take_at_once(entries)
        except Exception as error:
            if isinstance(error, (SQLAlchemyError, *UNAVAILABLE)) and not is_unstorable(error):
                raise
            if len(entries) == 1:
                self._set_aside(entries[0], error)
                return
            for entry in entries:
                self._take([entry])

    def _take_at_once(self, entries: Sequence[Entry]) -> None:
        begun = perf_counter()
        messages = [decode_logged(entry.body) for entry in entries]
        with self._step("log", Turn.TAKEN) as connection:
            self._cascade.take(messages)
            recording.move_to(connection, entries[-1].position)
        self._position = entries[-1].position
        self._dead.end()
        self._metrics.processed.inc(len(entries))
        self._pace(len(entries), perf_counter() - begun)

    def _set_aside(self, entry: Entry, error: Exception) -> None:
        """Move on without a message that alone, on a fresh cascade, cannot be taken in; too many in a row stop us."""
        logger.error("message_set_aside", position=entry.position, **outline(error))
        self._dead.add(str(entry.position), error)
        with self._database.writing(Turn.LOG | Turn.TAKEN) as connection:
            dead_letters.set_aside(connection, entry, reason_of(error), at=self._arrivals.sample())
            recording.move_to(connection, entry.position)
        self._position = entry.position
        self._metrics.dead.inc()

    @contextmanager
    def _step(self, kind: str, turn: Turn) -> Iterator[Connection]:
        """Give a transaction that the keep works in; an error undoes it, and what the cascade remembers of it."""
        begun = perf_counter()
        try:
            with self._database.writing(turn) as connection, self._keep.on(connection):
                yield connection
        except BaseException:
            self._cascade = Cascade(self._keep)
            raise
        self._metrics.batch_seconds.labels(kind=kind).observe(perf_counter() - begun)

    def _pace(self, count: int, seconds: float) -> None:
        """Choose the size of the next batch by how long this one took."""
        fitting = int(count * LONGEST_SECONDS / max(seconds, 0.001))
        if seconds > LONGEST_SECONDS or count == self._at_once:
            self._at_once = max(FEWEST_AT_ONCE, min(MOST_AT_ONCE, fitting))
