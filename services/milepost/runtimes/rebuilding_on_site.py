"""Making the records of a site anew from the facts table, in the place of those that its workers keep.

The workers let go first (`holding`), and a site never goes on with records of which only a part is new: whoever begins
again after an interruption ends it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from milepost.broker import topics
from milepost.broker.outbox import Outbox
from milepost.broker.partitioning import partition_of
from milepost.broker.progress import Partition, Progress
from milepost.broker.reading import read_records, read_topic
from milepost.clock import Clock
from milepost.runtimes.drafting import AT_ONCE, Say, basis_of, fold
from milepost.runtimes.holding import Hold, held
from milepost.runtimes.rebuilding import RebuildFailed
from milepost.runtimes.waiting import comes_true
from milepost.settings import Settings
from milepost.store import catalog, log, positions, sent_ticks, told
from milepost.store.database import Database
from milepost.store.locks import LockNotPossible, ProcessLock
from milepost.tracker.draft import Draft
from milepost.tracker.replacing import BEHIND_OTHERS, Replaced, Replacement, is_said_nowhere_else, where_to_go_on
from milepost_schemas.streams import PROCESSOR_TOPICS
from milepost_schemas.topics import Topic, address, encode

LOCK = "rebuild"

LOOK_SECONDS = 0.2

logger = structlog.get_logger("milepost.rebuild")


def rebuild_records(
    settings: Settings,
    database: Database,
    clock: Clock,
    *,
    said: Say = lambda _, __: None,
    most_seconds: float,
) -> int:
    """Make every record of a site anew, and have it show itself; return how many do.

    What was told stays told. Wait at most so long for the workers to let go, and then for archive and projector.

    Raise RebuildFailed, BrokerError, and NewerFact of `milepost.store.retelling`.
    """
    topics.require(settings)
    with ExitStack() as ending:
        ending.enter_context(_alone(database))
        progress = Progress(settings)
        ending.callback(progress.close)
        outbox = ending.enter_context(Outbox(settings, "rebuild"))
        hold = ending.enter_context(held(settings, outbox, clock))
        return _Site(settings, database, progress, outbox, most_seconds).rebuild(hold, said)


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    try:
        lock = ProcessLock(database, LOCK)
    except LockNotPossible as error:
        raise RebuildFailed(f"{error}; name the site's in MILEPOST_DATABASE") from error
    with lock:
        if not lock.take():
            raise RebuildFailed("somebody else makes the records anew at this moment; wait for them")
        yield


@dataclass(frozen=True)
class _Site:
    settings: Settings
    database: Database
    progress: Progress
    outbox: Outbox
    most_seconds: float

    def rebuild(self, hold: Hold, said: Say) -> int:
        self._until(
            lambda: self.progress.is_empty("tracker"),
            "workers still hold records; those of this version let go by themselves, others have to be stopped",
        )
        logger.info("workers_let_go")
        committed = self._committed()
        replaced = {topic: self._replaced(topic, committed) for topic in PROCESSOR_TOPICS}
        self._send_owed(replaced)
        ends = self.progress.ends(PROCESSOR_TOPICS)
        with self._all_filed() as connection:
            draft = self._drafted(connection, ends, replaced[Topic.ACTORS], said)
        logger.info("records_drafted", shown=len(draft.shown))
        self._carry_over_erased(committed, ends)
        go_on = where_to_go_on(committed, ends)
        replacement = Replacement(draft, go_on, self._partition_of, partitions=self.settings.partitions)
        hold.begin()
        self.progress.move("tracker", go_on)
        for topic in PROCESSOR_TOPICS:
            self._replace(topic, replaced[topic], replacement)
        logger.info("records_written")
        self._say_catalog()
        self._say(replacement)
        return len(draft.shown)

    def _committed(self) -> dict[Partition, int]:
        """Return where the workers go on in each partition: of one that was cut or made anew, at its beginning."""
        beginnings, ends = self.progress.beginnings(PROCESSOR_TOPICS), self.progress.ends(PROCESSOR_TOPICS)
        found = self.progress.positions("tracker", ends)
        within = {place: beginnings[place] <= at <= ends[place] for place, at in found.items()}
        return {place: at if within[place] else beginnings[place] for place, at in found.items()}

    def _replaced(self, topic: Topic, committed: Mapping[Partition, int]) -> Replaced:
        found = Replaced(topic)
        for received in read_records(self.settings, topic):
            if received.key is not None:
                last = committed[topic, received.partition] - 1
                found.note(received.partition, received.key, received.value, last=last)
        return found

    def _send_owed(self, replaced: Mapping[Topic, Replaced]) -> None:
        """Send what records said and who died may not have sent; what goes to processors they will be told anew."""
        for found in replaced.values():
            for one in found.owed():
                if Topic(one.topic) not in PROCESSOR_TOPICS:
                    self.outbox.send(Topic(one.topic), one.partition, one.key, one.value)
        self.outbox.settle()

    @contextmanager
    def _all_filed(self) -> Iterator[Connection]:
        """Give one state of the database in which everything is filed and shown that was said until now."""
        ends = self.progress.ends([Topic.FACTS, Topic.PROJECTIONS])
        with self.database.reading() as connection:
            relayed = log.end(connection)
        self._until(
            lambda: self._is_filed(ends, relayed),
            "not everything that was said is in the database; archive and projector have to run",
        )
        with self.database.reading() as connection:
            if not _is_filed(connection, ends, relayed):
                raise RebuildFailed("what pages show was emptied meanwhile: wait until it is there, and begin again")
            yield connection

    def _is_filed(self, ends: Mapping[Partition, int], relayed: int) -> bool:
        with self.database.reading() as connection:
            return _is_filed(connection, ends, relayed)

    def _drafted(self, connection: Connection, ends: Mapping[Partition, int], actors: Replaced, said: Say) -> Draft:
        """Draft all records; what they say has higher versions than whatever was said of their partitions before."""
        draft = Draft(basis_of(connection), lambda topic, key: ends[topic, self._partition_of(key.encode())])
        fold(connection, draft, after=0, said=said)
        draft.give_back(told.everything(connection), actors.erased)
        draft.look(sent_ticks.latest(connection))
        return draft

    def _carry_over_erased(self, committed: Mapping[Partition, int], ends: Mapping[Partition, int]) -> None:
        """Say once more who was erased, where it lies in what is passed over: no fact says it any more."""
        for topic in BEHIND_OTHERS:
            mine = {number: at for (of, number), at in committed.items() if of is topic}
            for received in read_topic(self.settings, topic, mine):
                passed_over = received.offset < ends[topic, received.partition]
                if passed_over and is_said_nowhere_else(received.value):
                    self.outbox.send(topic, received.partition, received.key, received.value)
        self.outbox.settle()

    def _replace(self, topic: Topic, replaced: Replaced, replacement: Replacement) -> None:
        """Take back every record that is there, and write the new ones behind."""
        for number, (partition, key) in enumerate(replaced.keys(), start=1):
            self.outbox.keep(topic, partition, key, None)
            self._settle_now_and_then(number)
        for number, (partition, key, value) in enumerate(replacement.records(topic), start=1):
            self.outbox.keep(topic, partition, key, value)
            self._settle_now_and_then(number)
        self.outbox.settle()

    def _say_catalog(self) -> None:
        """Say what the records were drafted against: in a catalog that was made anew nobody else has."""
        with self.database.reading() as connection:
            known = catalog.known(connection)
        for message in known:
            to = address(message)
            self.outbox.send(to.topic, 0, to.key.encode(), encode(message))

    def _say(self, replacement: Replacement) -> None:
        for number, one in enumerate(replacement.outputs(), start=1):
            self.outbox.send(one.topic, one.partition, one.key, one.value)
            self._settle_now_and_then(number)
        self.outbox.settle()

    def _settle_now_and_then(self, number: int) -> None:
        if number % AT_ONCE == 0:
            self.outbox.settle()

    def _partition_of(self, key: bytes) -> int:
        return partition_of(key, self.settings.partitions)

    def _until(self, holds: Callable[[], bool], otherwise: str) -> None:
        if not comes_true(holds, seconds=self.most_seconds, look_seconds=LOOK_SECONDS):
            raise RebuildFailed(f"{otherwise}. This was waited for {self.most_seconds:.0f} seconds (--wait)")


def _is_filed(connection: Connection, ends: Mapping[Partition, int], relayed: int) -> bool:
    return positions.reached(connection, positions.RELAY) >= relayed and positions.passed(connection, ends)
