"""The whole site on Kafka in one thread, without Kafka: logs with offsets, workers that crash between any two steps.

Everything that a seed decides: who goes on next, how large a batch is, where a worker dies, which changelog records got
through before, and to whom a partition goes. What is durable is what would be: topics, changelogs, committed offsets.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from random import Random

from milepost.core.processor import Waits
from milepost.core.processors import PROCESSORS
from milepost.ports import Filed
from milepost.tracker import feeding, stored
from milepost.tracker.catalogs import Catalogs
from milepost.tracker.memory import MemoryKeep
from milepost.tracker.outgoing import Output
from milepost.tracker.station import Arrived, Station, Step
from milepost_schemas.facts import Fact
from milepost_schemas.messages import (
    AboutActor,
    FactFiled,
    HeardUntil,
    IdentifierErased,
    IdentifierRefiled,
    OwnerStated,
    ProgramKnown,
    ProgramPublished,
    RefeedingAsked,
    RefilingAsked,
    TenantOpened,
    Tick,
)
from milepost_schemas.projections import Projected
from milepost_schemas.topics import BROADCAST_TO, CatalogMessage, Message, Topic, address, decode, encode

PARTITIONS = 3
Place = tuple[Topic, int]


class Crash(Exception):
    """A worker died here."""


def partition_of(key: bytes) -> int:
    """Return where a key belongs; any function will do."""
    return sum(key) % PARTITIONS


class Worker:
    """What a process holds in memory."""

    def __init__(self) -> None:
        self.catalogs = Catalogs()
        self.read = 0
        self.stations = {
            topic: Station(processor, self.catalogs, partition_of, partitions=PARTITIONS)
            for topic, processor in PROCESSORS.items()
        }


class SimulatedSite:
    """Takes messages and ticks as a cascade does; what it keeps in SQL is in `keep`."""

    def __init__(self, seed: int, *, workers: int = 2, crashes: float = 0.02) -> None:
        self.keep = MemoryKeep()
        self.crashed = 0
        self._random = Random(seed)
        self._crashes = crashes
        self._log: list[Message] = []
        self._relayed = 0
        self._topics: dict[Place, list[tuple[bytes | None, bytes]]] = defaultdict(list)
        self._committed: dict[Place, int] = defaultdict(int)
        self._changelogs: dict[Place, dict[bytes, bytes]] = defaultdict(dict)
        self._workers = [Worker() for _ in range(workers)]
        self._assigned = {partition: partition % workers for partition in range(PARTITIONS)}
        for partition in range(PARTITIONS):
            self._assign(partition)

    # --- what a world asks -------------------------------------------------------------------------------------------

    def take(self, messages: Iterable[Message]) -> None:
        """Put messages into the log, and let the site go on for a while."""
        self._log.extend(messages)
        self._go_on(self._random.randint(0, 40))

    def tick(self, tenant: str, at: int) -> None:
        """Move the clock as the ticker does: behind everything that was received before."""
        self._settle(Topic.SOURCES, Topic.ACTORS, Topic.FACTS, log=True)
        self._settle(Topic.MEETINGS)
        lagging = tuple(HeardUntil(source=s, until=u) for s, u in self.lagging(tenant, at).items())
        tick = Tick(tenant=tenant, at=at, lagging=lagging)
        self._broadcast(tick, (Topic.SOURCES, Topic.OFFERINGS))
        self._settle(Topic.OFFERINGS, Topic.SOURCES)
        self._broadcast(tick, (Topic.LEARNERS,))
        self._settle(*Topic, log=True)

    def lagging(self, tenant: str, at: int) -> dict[str, int]:
        """Return the sources that were not heard up to a moment, as the catalog says."""
        catalogs = Catalogs()
        for _, value in self._topics[Topic.CATALOG, 0]:
            catalogs.learn(_of_catalog(value))
        return catalogs.lagging(tenant, at)

    def restart(self) -> None:
        """Let every worker die."""
        for number in range(len(self._workers)):
            self._die(number)

    def waits(self, topic: Topic) -> Mapping[str, Waits]:
        """Return what each record of a topic waits for."""
        return {key.decode(): stored.read(value).waits for key, value in self.values(topic)}

    def records(self, topic: Topic) -> dict[str, bytes]:
        """Return the records of a topic."""
        return {key.decode(): stored.read(value).record for key, value in self.values(topic)}

    def values(self, topic: Topic) -> Iterator[tuple[bytes, bytes]]:
        """Yield the records of a topic as they are stored."""
        for partition in range(PARTITIONS):
            yield from self._changelogs[topic, partition].items()

    # --- who goes on -------------------------------------------------------------------------------------------------

    def _settle(self, *topics: Topic, log: bool = False) -> None:
        while (log and self._relayed < len(self._log)) or any(self._pending(topic) for topic in topics):
            self._go_on(1)

    def _go_on(self, times: int) -> None:
        for _ in range(times):
            ready = list(self._ready())
            if not ready:
                return
            self._random.choice(ready)()
            if self._random.random() < self._crashes:
                self._move(self._random.randrange(PARTITIONS))

    def _ready(self) -> Iterator[Callable[[], None]]:
        if self._relayed < len(self._log):
            yield self._relay
        for topic, do in ((Topic.FACTS, self._file), (Topic.PROJECTIONS, self._project)):
            for partition in self._pending(topic):
                yield lambda partition=partition, do=do: do(partition)  # type: ignore[misc]
        for topic in PROCESSORS:
            for partition in self._pending(topic):
                yield lambda topic=topic, partition=partition: self._work(topic, partition)  # type: ignore[misc]

    def _pending(self, topic: Topic) -> list[int]:
        if topic in (Topic.CATALOG, Topic.CHANGES, Topic.DEAD_LETTERS, Topic.RAW_MESSAGES):
            return []
        return [p for p in range(PARTITIONS) if self._committed[topic, p] < len(self._topics[topic, p])]

    # --- the workers -------------------------------------------------------------------------------------------------

    def _work(self, topic: Topic, partition: int) -> None:
        number = self._assigned[partition]
        try:
            self._take_batch(self._workers[number], topic, partition)
        except Crash:
            self.crashed += 1
            self._die(number)

    def _take_batch(self, worker: Worker, topic: Topic, partition: int) -> None:
        begin = self._committed[topic, partition]
        batch = self._topics[topic, partition][begin : begin + self._random.randint(1, 8)]
        arrived = [Arrived(begin + n, key, value, 0) for n, (key, value) in enumerate(batch)]
        station = worker.stations[topic]
        while station.needs(arrived):
            if not self._read_catalog(worker):
                return  # somebody else has yet to say it
        if self._random.random() < 0.5:
            self._read_catalog(worker)
        for step in station.take(partition, arrived):
            self._carry_out(topic, partition, step)
        self._may_crash()
        self._committed[topic, partition] += len(arrived)

    def _carry_out(self, topic: Topic, partition: int, step: Step) -> None:
        changelog = self._changelogs[topic, partition]
        for key in self._random.sample(list(step.stored), len(step.stored)):
            self._may_crash()
            changelog[key] = step.stored[key]
        for output in step.outputs:
            self._may_crash()
            self._send(output)

    def _may_crash(self) -> None:
        if self._random.random() < self._crashes:
            raise Crash

    def _read_catalog(self, worker: Worker) -> bool:
        """Let a worker read one more message of the catalog; say whether there was one."""
        catalog = self._topics[Topic.CATALOG, 0]
        if worker.read == len(catalog):
            return False
        worker.catalogs.learn(_of_catalog(catalog[worker.read][1]))
        worker.read += 1
        return True

    def _die(self, number: int) -> None:
        self._workers[number] = Worker()
        for partition, owner in self._assigned.items():
            if owner == number:
                self._assign(partition)

    def _move(self, partition: int) -> None:
        """Let a partition go to another worker."""
        for station in self._workers[self._assigned[partition]].stations.values():
            station.revoke(partition)
        self._assigned[partition] = self._random.randrange(len(self._workers))
        self._assign(partition)

    def _assign(self, partition: int) -> None:
        """Hand a partition over; who takes it knows at least what who had it may have known."""
        worker = self._workers[self._assigned[partition]]
        while self._read_catalog(worker):
            pass
        for topic, station in worker.stations.items():
            station.assign(partition, self._changelogs[topic, partition].items())

    # --- archive and projector ---------------------------------------------------------------------------------------

    def _relay(self) -> None:
        message = self._log[self._relayed]
        if isinstance(message, Fact):
            self.keep.file([Filed(message.tenant, address(message).key, message)])
        if isinstance(message, ProgramPublished):
            self.keep.publish(message)
        self._say(message)
        if isinstance(message, ProgramPublished):
            known = ProgramKnown(tenant=message.tenant, program=message.program, version=message.version)
            self._broadcast(known, BROADCAST_TO[ProgramKnown])
        if self._random.random() >= self._crashes:
            self._relayed += 1

    def _file(self, partition: int) -> None:
        message = self._next(Topic.FACTS, partition)
        match message:
            case FactFiled():
                fact = message.fact
                self.keep.file([Filed(fact.tenant, message.identifier, fact, message.actor, message.known)])
            case IdentifierErased():
                self.keep.forget(message)
            case RefilingAsked():
                facts = tuple(self.keep.facts_of(message.tenant, message.identifier))
                self._log.append(
                    IdentifierRefiled(
                        tenant=message.tenant, actor=message.actor, identifier=message.identifier, facts=facts
                    )
                )
            case RefeedingAsked():
                self._log.extend(self._fed_again(message))
            case _:
                raise AssertionError(message)
        self._committed[Topic.FACTS, partition] += 1

    def _fed_again(self, asked: RefeedingAsked) -> Iterator[AboutActor]:
        catalogs = Catalogs()
        for program in self.keep.programs(asked.tenant):
            catalogs.learn(program)
        catalog = catalogs.catalog(asked.tenant)
        for unknown in self.keep.unknown_activities(asked.tenant):
            if catalog.knows(unknown.fact.source, unknown.fact.activity):
                yield feeding.again(unknown)
        yield from feeding.asked_anew(self.keep.latest_activities, catalog, asked)

    def _project(self, partition: int) -> None:
        message = self._next(Topic.PROJECTIONS, partition)
        if isinstance(message, OwnerStated):
            self.keep.own(message.tenant, [message.owner])
        else:
            assert isinstance(message, Projected)
            self.keep.project([message])
        if self._random.random() >= self._crashes:
            self._committed[Topic.PROJECTIONS, partition] += 1

    # --- topics ------------------------------------------------------------------------------------------------------

    def _next(self, topic: Topic, partition: int) -> object:
        return decode(self._topics[topic, partition][self._committed[topic, partition]][1])

    def _say(self, message: Message) -> None:
        to = address(message)
        partition = 0 if to.topic is Topic.CATALOG else partition_of(to.key.encode())
        self._send(Output(to.topic, partition, to.key.encode(), encode(message)))

    def _broadcast(self, message: Tick | ProgramKnown, topics: Sequence[Topic]) -> None:
        for topic in topics:
            for partition in range(PARTITIONS):
                self._send(Output(topic, partition, None, encode(message)))

    def _send(self, output: Output) -> None:
        self._topics[output.topic, output.partition].append((output.key, output.value))


def _of_catalog(value: bytes) -> CatalogMessage:
    message = decode(value)
    assert isinstance(message, CatalogMessage | ProgramPublished | TenantOpened)
    return message
