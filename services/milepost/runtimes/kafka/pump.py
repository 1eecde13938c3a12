"""The pump of one processor: what came, into records that are durable and outputs that are acknowledged, in order.

A stock agent acknowledges each message when its body has run: what it sent may still be under way, may fail, and then
only a warning is left. Here nothing is acknowledged before all that follows from it has been. One order holds for
every partition: the changed records are written to the changelog and waited for, then put into the local store, then
the outputs are sent and waited for; then come the acknowledgments, in the order of the messages. Partitions go through
this side by side, so that one round trip serves all.

The stream's loop only puts what came in here, in bundles. It never holds any back: a rebalance waits until everything
that was taken is done, and would wait for ever.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any, Protocol, cast

from faust.types import EventT

from milepost.runtimes.kafka.bundle import MOST_IN_A_BUNDLE, Bundle
from milepost.runtimes.kafka.producer import Letter
from milepost.runtimes.kafka.worker_metrics import WorkerMetrics
from milepost.tracker.station import Arrived, Step
from milepost_schemas.messages import ProgramKnown, SourceRedeclared
from milepost_schemas.topics import Topic

MOST_AT_ONCE = MOST_IN_A_BUNDLE
"""How many messages of one partition are taken at once."""

MOST_WAITING = 2000
"""How many messages wait here before the stream's loop has to wait for room."""

GATHERING_SECONDS = 0.01
"""How long a round waits for company. The broker answers with what came first, and what was written with it to other
partitions comes a moment later: taken together, they cost a fraction of the requests."""

ENOUGH = 500
"""So many messages need no company."""


class Station(Protocol):
    """One processor over the partitions that a worker holds."""

    topic: Topic

    def assign(self, partition: int, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Hold a partition with these records."""
        ...

    def revoke(self, partition: int) -> None:
        """Hold a partition no longer."""
        ...

    def needs(self, arrived: Sequence[Arrived]) -> Sequence[ProgramKnown | SourceRedeclared]:
        """Return what the catalog must have learned before these are taken."""
        ...

    def take(self, partition: int, arrived: Sequence[Arrived]) -> Iterator[Step]:
        """Yield the steps that follow."""
        ...


Send = Callable[[Iterable[Letter]], Awaitable[None]]
"""Sends, and returns when all is acknowledged."""

Keep = Callable[[int, Mapping[bytes, bytes]], None]
"""Puts records of a partition into the local store."""

Learned = Callable[[Sequence[ProgramKnown | SourceRedeclared]], Awaitable[None]]
"""Waits until the catalog has learned what these refer to."""


class Hole(RuntimeError):
    """A message of a partition is missing, or came twice; only a new beginning at the committed offset is safe."""


class Pump:
    """Takes in the messages of one input topic."""

    def __init__(
        self,
        station: Station,
        counts: WorkerMetrics,
        *,
        names: Mapping[Topic, str],
        changelog: str,
        send: Send,
        keep: Keep,
        learned: Learned,
    ) -> None:
        """Take nothing yet; `names` says what the broker calls each topic, `changelog` that of the records."""
        self.station = station
        self._counts = counts
        self._names = names
        self._changelog = changelog
        self._send = send
        self._keep = keep
        self._learned = learned
        self._waiting: dict[int, deque[EventT[bytes]]] = defaultdict(deque)
        self._count = 0
        self._unacknowledged = 0
        self._came = asyncio.Event()
        self._room = asyncio.Event()
        self._next: dict[int, int] = {}

    # --- what is held ------------------------------------------------------------------------------------------------

    @property
    def partitions(self) -> frozenset[int]:
        """The partitions whose records are held."""
        return frozenset(self._next)

    def hold(self, partition: int, records: Mapping[bytes, bytes]) -> None:
        """Hold a partition with these records."""
        self.station.assign(partition, records.items())

    def begin(self, partition: int, first: int) -> None:
        """Expect this offset next."""
        self._next[partition] = first

    def let_go(self, partition: int) -> None:
        """Hold a partition no longer."""
        del self._next[partition]
        self.station.revoke(partition)

    @property
    def is_busy(self) -> bool:
        """Whether anything that came is not acknowledged yet."""
        return self._unacknowledged > 0

    # --- what comes --------------------------------------------------------------------------------------------------

    async def add(self, event: EventT[bytes]) -> None:
        """Take a bundle of messages over; wait while there is no room for another."""
        bundle = cast(Bundle, event.message)
        self._require_whole(bundle)
        self._next[bundle.partition] = bundle.offset + 1
        self._waiting[bundle.partition].append(event)
        self._count += len(bundle.records)
        self._unacknowledged += len(bundle.records)
        self._came.set()
        while self._count >= MOST_WAITING:
            self._room.clear()
            await self._room.wait()

    def _require_whole(self, bundle: Bundle) -> None:
        place, expected = f"{bundle.topic}/{bundle.partition}", self._next.get(bundle.partition)
        if bundle.first != expected:
            raise Hole(f"{place}: {bundle.first} came where {expected} was due")
        if len(bundle.records) != len(bundle.offsets):
            raise Hole(f"{place}: only {len(bundle.records)} of {bundle.first} to {bundle.offset} came")

    async def run(self) -> None:
        """Take in what comes, for ever; raise whatever goes wrong, and then nothing more may be done here."""
        while True:
            await self._came.wait()
            if self._count < ENOUGH:
                await asyncio.sleep(GATHERING_SECONDS)
            self._came.clear()
            await self._take(self._batch())
            if self._waiting:
                self._came.set()

    def _batch(self) -> list["_Taking"]:
        """Take the next messages of every partition out of the queue."""
        batch = []
        for partition, events in list(self._waiting.items()):
            taking = _Taking(partition, _first_of(events))
            if not events:
                del self._waiting[partition]
            self._count -= len(taking.arrived)
            batch.append(taking)
        self._room.set()
        return batch

    async def _take(self, batch: Sequence["_Taking"]) -> None:
        begun = perf_counter()
        going = list(batch)
        while going:
            steps: dict[int, Step] = {}
            for taking in going:
                step = await self._next_step(taking)
                if step is not None:
                    steps[taking.partition] = step
                await asyncio.sleep(0)
            await self._apply(steps)
            for taking in going:
                if taking.partition not in steps:
                    taking.acknowledge()
                    self._unacknowledged -= len(taking.arrived)
            going = [taking for taking in going if taking.partition in steps]
        taken = sum(len(taking.arrived) for taking in batch)
        self._counts.took(self.station.topic, taken, perf_counter() - begun)

    async def _next_step(self, taking: "_Taking") -> Step | None:
        if taking.steps is None:
            needed = self.station.needs(taking.arrived)
            if needed:
                await self._learned(needed)
            taking.steps = self.station.take(taking.partition, taking.arrived)
        return next(taking.steps, None)

    async def _apply(self, steps: Mapping[int, Step]) -> None:
        """Make records durable, keep them, then send what goes out; each only when the one before is certain."""
        records = [
            Letter(self._changelog, partition, key, value)
            for partition, step in steps.items()
            for key, value in step.stored.items()
        ]
        await self._send(records)
        for partition, step in steps.items():
            self._keep(partition, step.stored)
        outputs = [
            Letter(self._names[one.topic], one.partition, one.key, one.value)
            for step in steps.values()
            for one in step.outputs
        ]
        await self._send(outputs)
        dead = sum(one.topic is Topic.DEAD_LETTERS for step in steps.values() for one in step.outputs)
        self._counts.sent(self.station.topic, len(outputs), dead=dead)


class _Taking:
    """Messages of one partition that are being taken in."""

    def __init__(self, partition: int, events: Sequence[EventT[bytes]]) -> None:
        self.partition = partition
        self.events = events
        self.arrived = [_arrived(record) for event in events for record in cast(Bundle, event.message).records]
        self.steps: Iterator[Step] | None = None

    def acknowledge(self) -> None:
        for event in self.events:
            event.ack()


def _first_of(events: deque[EventT[bytes]]) -> list[EventT[bytes]]:
    """Take bundles off a queue, at least one, until they hold as many messages as are taken at once."""
    taken: list[EventT[bytes]] = []
    count = 0
    while events and (not taken or count + len(cast(Bundle, events[0].message).records) <= MOST_AT_ONCE):
        taken.append(events.popleft())
        count += len(cast(Bundle, taken[-1].message).records)
    return taken


def _arrived(record: Any) -> Arrived:
    return Arrived(record.offset, record.key, record.value if record.value is not None else b"", record.timestamp)
