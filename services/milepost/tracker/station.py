"""One processor over the partitions that a worker holds: from the messages of a partition to records and outputs.

It does no IO. Whoever runs it takes each step in this order: what is stored is made durable, then what goes out is
sent and acknowledged, then the next step is asked for; after the last one the messages are acknowledged. After a crash
between any two of these the same messages come again: a record passes over what it has taken in already (its
watermark says how far that is), and what it may still owe is sent again first.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct, structs

from milepost.core.processor import Advanced, Processor, advance
from milepost.tracker import stored
from milepost.tracker.catalogs import Catalogs, as_read
from milepost.tracker.due import DueIndex
from milepost.tracker.outgoing import Outgoing, Output, Partitioner
from milepost.tracker.setting_aside import UNAVAILABLE, InARow, NotExpected, dead_letter
from milepost.tracker.stored import Owed, Stored
from milepost_schemas.messages import ProgramKnown, RefeedingAsked, SourceRedeclared, Tick
from milepost_schemas.topics import Broadcast, Message, Topic, address, decode, encode

MOST_AT_ONCE = 500
"""How many records one step stores at most."""


class Arrived(Struct, frozen=True):
    """A message as it lies in a partition; `timestamp` is milliseconds."""

    offset: int
    key: bytes | None
    value: bytes
    timestamp: int


class Step(Struct, frozen=True):
    """Records to be stored, by key; then messages to be sent."""

    stored: dict[bytes, bytes]
    outputs: list[Output]


@dataclass
class _Partition:
    """What is held of one partition."""

    records: dict[bytes, bytes] = field(default_factory=dict)
    due: DueIndex = field(default_factory=DueIndex)
    resumed: bool = False


Taken = tuple[Arrived, Message]


class Station:
    """Advances the records of one processor, in the partitions that are assigned to it."""

    def __init__(
        self, processor: Processor[Any, Any], catalogs: Catalogs, partition_of: Partitioner, *, partitions: int
    ) -> None:
        """Read records against these catalogs; `partition_of` says where the key of a message belongs."""
        self.topic = processor.topic
        self._processor = processor
        self._catalogs = catalogs
        self._outgoing = Outgoing(partition_of, partitions=partitions)
        self._partitions: dict[int, _Partition] = {}
        self._read: dict[bytes, Message | Broadcast | Exception] = {}
        self._dead = InARow(self.topic.value)

    # --- the engine's side -------------------------------------------------------------------------------------------

    def assign(self, partition: int, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Hold a partition from now on, with its records as they were stored last."""
        held = _Partition(records=dict(items))
        for key, value in held.records.items():
            held.due.wait(_tenant(key), key, stored.read(value).waits)
        self._partitions[partition] = held

    def revoke(self, partition: int) -> None:
        """Hold a partition no longer."""
        self._partitions.pop(partition, None)

    def records(self, partition: int) -> int:
        """Return how many records of a partition are held."""
        held = self._partitions.get(partition)
        return 0 if held is None else len(held.records)

    def needs(self, arrived: Sequence[Arrived]) -> list[ProgramKnown | SourceRedeclared]:
        """Return what the catalogs must have learned before these are taken."""
        self._read = {one.value: _decoded(one.value) for one in arrived}
        said = [one for one in self._read.values() if isinstance(one, ProgramKnown | SourceRedeclared)]
        return [one for one in said if not self._catalogs.knows(one)]

    def take(self, partition: int, arrived: Sequence[Arrived]) -> Iterator[Step]:
        """Yield the steps that follow from messages of a partition, in its order.

        Raise TooManyDeadLetters and UNAVAILABLE of `milepost.tracker.setting_aside`, NewerRecord of `tracker.stored`.
        """
        held = self._partitions[partition]
        if not held.resumed and arrived:
            yield from self._resume(held, arrived[0].offset)
        waiting: dict[bytes, list[Taken]] = defaultdict(list)
        dead: list[Output] = []
        for one in arrived:
            message = self._read.get(one.value) or _decoded(one.value)
            if isinstance(message, Exception):
                dead.append(self._set_aside(partition, one, message))
            elif isinstance(message, Broadcast):
                yield self._step(partition, waiting, dead)
                waiting, dead = defaultdict(list), []
                yield from self._broadcast(partition, one, message)
            elif (to := address(message)).topic is not self.topic:
                dead.append(self._set_aside(partition, one, self._does_not_belong(message)))
            else:
                waiting[to.key.encode()].append((one, message))
        yield self._step(partition, waiting, dead)

    # --- one step ----------------------------------------------------------------------------------------------------

    def _resume(self, held: _Partition, first: int) -> Iterator[Step]:
        """Send again what records owe that took in any message which comes again now."""
        held.resumed = True
        owed = [
            output
            for watermark, value in sorted((stored.watermark_of(v), v) for v in held.records.values())
            if watermark >= first
            for output in stored.read(value).owed
        ]
        if owed:
            yield Step({}, [Output(Topic(one.topic), one.partition, one.key, one.value) for one in owed])

    def _step(self, partition: int, waiting: dict[bytes, list[Taken]], dead: list[Output]) -> Step:
        step = Step({}, list(dead))
        for key, taken in waiting.items():
            self._take_in(partition, key, taken, step)
        return step

    def _take_in(self, partition: int, key: bytes, taken: Sequence[Taken], step: Step) -> None:
        """Take in what a record has not taken in yet."""
        held = self._partitions[partition]
        value = held.records.get(key)
        watermark = -1 if value is None else stored.watermark_of(value)
        fresh = [one for one in taken if one[0].offset > watermark]
        if not fresh:
            return
        try:
            advanced = self._advance(key, value, [message for _, message in fresh], fresh[-1][0].offset)
        except UNAVAILABLE:
            raise
        except Exception as error:
            self._take_in_one_by_one(partition, key, fresh, step, error)
            return
        self._dead.end()
        self._keep(held, key, fresh[-1][0].offset, advanced, step)

    def _take_in_one_by_one(
        self, partition: int, key: bytes, fresh: Sequence[Taken], step: Step, error: Exception
    ) -> None:
        """Set aside the messages that a record cannot take in, and only those."""
        held = self._partitions[partition]
        if len(fresh) == 1:
            step.outputs.append(self._set_aside(partition, fresh[0][0], error))
            return
        for one, message in fresh:
            try:
                advanced = self._advance(key, held.records.get(key), [message], one.offset)
            except UNAVAILABLE:
                raise
            except Exception as alone:
                step.outputs.append(self._set_aside(partition, one, alone))
            else:
                self._dead.end()
                self._keep(held, key, one.offset, advanced, step)

    def _advance(self, key: bytes, value: bytes | None, messages: Sequence[Message | Tick], offset: int) -> Advanced:
        name = key.decode()
        catalog = self._catalogs.catalog(_tenant(key))
        record = None if value is None else stored.read(value).record
        return advance(self._processor, name, record, as_read(messages, catalog), catalog, position=offset)

    def _keep(self, held: _Partition, key: bytes, offset: int, advanced: Advanced, step: Step) -> None:
        """Put a record into a step, with what it owes by it; what it owed within the same step is still owed."""
        outputs = [output for said in advanced.outputs for output in self._outgoing.outputs(said)]
        earlier = stored.read(step.stored[key]).owed if key in step.stored else ()
        owed = (*earlier, *[Owed(o.topic.value, o.partition, o.key, o.value) for o in outputs])
        before = held.records.get(key)
        watermark = max(offset, -1 if before is None else stored.watermark_of(before))
        value = stored.write(watermark, Stored(advanced.record, advanced.waits, owed))
        step.stored[key] = held.records[key] = value
        step.outputs.extend(outputs)
        held.due.wait(_tenant(key), key, advanced.waits)

    # --- what goes to every record that it concerns ------------------------------------------------------------------

    def _broadcast(self, partition: int, one: Arrived, message: Broadcast) -> Iterator[Step]:
        match message:
            case Tick():
                lagging = {lag.source: lag.until for lag in message.lagging}
                due = self._partitions[partition].due.take(message.tenant, message.at, lagging)
                yield from self._visit(partition, due, one, [message])
            case ProgramKnown() if self.topic is Topic.ACTORS:
                asked = RefeedingAsked(tenant=message.tenant, program=message.program, version=message.version)
                yield Step({}, [Output(Topic.FACTS, partition, None, encode(asked))])
            case ProgramKnown() | SourceRedeclared():
                yield from self._visit(partition, self._readers(partition, message), one, [])
            case RefeedingAsked():
                yield Step({}, [self._set_aside(partition, one, self._does_not_belong(message))])

    def _visit(self, partition: int, keys: Sequence[bytes], one: Arrived, messages: Sequence[Tick]) -> Iterator[Step]:
        """Assess records again, in steps of bounded size."""
        held = self._partitions[partition]
        for start in range(0, len(keys), MOST_AT_ONCE):
            step = Step({}, [])
            for key in keys[start : start + MOST_AT_ONCE]:
                try:
                    advanced = self._advance(key, held.records[key], messages, one.offset)
                except UNAVAILABLE:
                    raise
                except Exception as error:
                    step.outputs.append(self._set_aside(partition, structs.replace(one, key=key), error))
                else:
                    self._dead.end()
                    self._keep(held, key, one.offset, advanced, step)
            yield step

    def _readers(self, partition: int, known: ProgramKnown | SourceRedeclared) -> list[bytes]:
        prefix = f"{known.tenant}/".encode()
        catalog = self._catalogs.catalog(known.tenant)
        records = self._partitions[partition].records
        mine = ((key, value) for key, value in records.items() if key.startswith(prefix))
        return [key for key, value in mine if self._processor.concerns(stored.read(value).record, known, catalog)]

    # --- what goes out -----------------------------------------------------------------------------------------------

    def _set_aside(self, partition: int, one: Arrived, error: Exception) -> Output:
        """Return the dead letter of a message; too many that follow each other stop the worker."""
        self._dead.add(f"{partition}/{one.offset}", error)
        letter = dead_letter(self.topic.value, partition, one.offset, one.key, one.value, at=one.timestamp, error=error)
        return Output(Topic.DEAD_LETTERS, 0, address(letter).key.encode(), encode(letter))

    def _does_not_belong(self, message: Message | Broadcast) -> NotExpected:
        return NotExpected(f"{type(message).__name__} does not belong on the topic {self.topic}")


def _decoded(value: bytes) -> Message | Broadcast | Exception:
    """Return what a message says, or why it cannot be read."""
    try:
        return decode(value)
    except (ValueError, RecursionError) as error:
        return error


def _tenant(key: bytes) -> str:
    return key.decode().split("/", 1)[0]
