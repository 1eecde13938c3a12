"""One round of the ticker: moves the clock of every tenant, behind everything that was received before.

A tick says that all that was received before its moment has been read, through every processor on the way. So each
stage is waited for, in the order of the way of the data, up to where its input ended when the stage before was through;
then the tick is appended behind that. Where a stage does not go on, time stands still: nothing is concluded, and
nothing wrong is. Two tickers at once do no harm either: a record takes in no tick that lies before one it knows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter, sleep

from milepost.broker.catalog_reader import catalog_message
from milepost.broker.inbox import Inbox
from milepost.broker.outbox import Outbox
from milepost.broker.progress import Progress
from milepost.broker.topics import partitions_of
from milepost.settings import Settings
from milepost.store import log, positions, recording, sent_ticks
from milepost.store.database import Database
from milepost.tracker.catalogs import Catalogs
from milepost_schemas.messages import HeardUntil, Tick
from milepost_schemas.topics import Topic, encode

LOOK_EVERY_SECONDS = 0.02

LOOK_AT_LEAST_EVERY_SECONDS = 0.5

SHARE_OF_WAIT = 0.1
"""How much longer a wait may become by not looking all the time: each look costs those who are waited for."""

Observe = Callable[[str, float], None]


class Stopped(Exception):
    """The ticker is to end, in the middle of a round."""


class Ticking:
    """Makes rounds. For one thread."""

    def __init__(
        self, settings: Settings, database: Database, progress: Progress, outbox: Outbox, catalog: Inbox
    ) -> None:
        """Work on what the caller has opened, and closes; the catalog is read from its beginning."""
        self._settings = settings
        self._database = database
        self._progress = progress
        self._outbox = outbox
        self._catalog = catalog
        self._catalogs = Catalogs()
        self._read = 0
        self._catalog.assign([0], {})

    def round(
        self,
        moment_of: Callable[[str], int | None],
        *,
        stopped: Callable[[], bool] = lambda: False,
        observe: Observe = lambda _, __: None,
    ) -> None:
        """Move the clock of every tenant to its moment, those that have none excepted; return when it is shown.

        `observe` is told how many seconds each stage took. Raise Stopped, BrokerError, and what the database raises.
        """
        waits = _Waits(stopped, observe)
        with waits.stage("archive"):
            self._archived(waits, [Topic.RAW_MESSAGES])
            relayed = self._relayed(waits)
        with waits.stage("resolver"):
            self._worked(waits, [Topic.SOURCES, Topic.ACTORS])
        with waits.stage("facts"):  # what was filed may have to be read again
            self._archived(waits, [Topic.FACTS])
            self._relayed(waits)
            self._worked(waits, [Topic.ACTORS])
        with waits.stage("meetings"):
            self._worked(waits, [Topic.MEETINGS])
        self._read_catalog(waits)
        moments = {tenant: at for tenant in self._catalogs.tenants() if (at := moment_of(tenant)) is not None}
        ticks = [encode(self._tick_of(tenant, at)) for tenant, at in moments.items()]
        self._note_sent(moments)
        with waits.stage("offerings"):
            self._send(ticks, [Topic.SOURCES, Topic.OFFERINGS])
            self._worked(waits, [Topic.OFFERINGS])
        with waits.stage("learners"):
            self._send(ticks, [Topic.LEARNERS])
            self._worked(waits, [Topic.LEARNERS])
        with waits.stage("projections"):
            self._archived(waits, [Topic.PROJECTIONS])
        self._note(moments, relayed)

    # --- the stages --------------------------------------------------------------------------------------------------

    def _archived(self, waits: "_Waits", topics: Sequence[Topic]) -> None:
        """Wait until the database has everything that these topics hold now."""
        ends = self._progress.ends(topics)

        def is_archived() -> bool:
            with self._database.reading() as connection:
                return positions.passed(connection, ends)

        waits.until(is_archived)

    def _relayed(self, waits: "_Waits") -> int:
        """Wait until everything that is in the log now was sent to its topic; return how far that is."""
        with self._database.reading() as connection:
            end = log.end(connection)

        def is_relayed() -> bool:
            with self._database.reading() as connection:
                return positions.reached(connection, positions.RELAY) >= end

        waits.until(is_relayed)
        return end

    def _worked(self, waits: "_Waits", topics: Sequence[Topic]) -> None:
        """Wait until the workers have committed everything that these topics hold now: what follows from it is sent."""
        ends = self._progress.ends(topics)
        waits.until(lambda: self._progress.passed("tracker", ends))

    def _read_catalog(self, waits: "_Waits") -> None:
        end = self._progress.ends([Topic.CATALOG])[Topic.CATALOG, 0]

        def is_read() -> bool:
            for received in self._catalog.receive(LOOK_EVERY_SECONDS):
                self._read = received.offset + 1
                message = catalog_message(received.value, offset=received.offset)
                if message is not None:
                    self._catalogs.learn(message)
            return self._read >= end

        waits.until(is_read)

    def _send(self, ticks: Sequence[bytes], topics: Iterable[Topic]) -> None:
        for topic in topics:
            for partition in range(partitions_of(self._settings, topic)):
                for tick in ticks:
                    self._outbox.send(topic, partition, None, tick)
        self._outbox.settle()

    def _tick_of(self, tenant: str, at: int) -> Tick:
        lagging = self._catalogs.lagging(tenant, at)
        return Tick(tenant=tenant, at=at, lagging=tuple(HeardUntil(source=s, until=u) for s, u in lagging.items()))

    def _note_sent(self, moments: Mapping[str, int]) -> None:
        """Note the moments before anybody hears of them: no record was ever looked at with a later one."""
        with self._database.writing() as connection:
            for tenant, at in moments.items():
                sent_ticks.note(connection, tenant, at)

    def _note(self, moments: Mapping[str, int], relayed: int) -> None:
        """Note as of when pages are, and up to where in the log everything is shown."""
        with self._database.writing() as connection:
            for tenant, at in moments.items():
                recording.note_tick(connection, tenant, at)
            recording.move_to(connection, relayed)


def pause_after(waited: float) -> float:
    """Return how many seconds pass until the next look, after waiting for so many."""
    return min(LOOK_AT_LEAST_EVERY_SECONDS, max(LOOK_EVERY_SECONDS, SHARE_OF_WAIT * waited))


class _Waits:
    """Waits for stages, and says how long each took."""

    def __init__(self, stopped: Callable[[], bool], observe: Observe) -> None:
        self._stopped = stopped
        self._observe = observe

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = perf_counter()
        yield
        self._observe(name, perf_counter() - begun)

    def until(self, holds: Callable[[], bool]) -> None:
        begun = perf_counter()
        while not holds():
            if self._stopped():
                raise Stopped
            sleep(pause_after(perf_counter() - begun))
