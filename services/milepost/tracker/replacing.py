"""A draft in the place of a site's records: each in its partition, having read as far as that is, and what it shows.

What the resolver and the sources have read is in the facts table, and so in the draft; they go on from there. The
processors behind them go on where their topics end: what lies before only repeats what the draft knows, at times as it
was before somebody was linked, and a draft that knows of the link would not hear of it again.

What a record shows anew goes out when all are durable. Where that tells a change, the record owes it until then: who
begins again after an interruption sends it first, so that nothing is told twice, and nothing is left out.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from milepost.core.processors.resolver import ActorRecord
from milepost.ports import Kept
from milepost.store.told import HEADS, Owner
from milepost.tracker import stored
from milepost.tracker.draft import Draft
from milepost.tracker.outgoing import Outgoing, Output, Partitioner
from milepost.tracker.stored import NewerRecord, NoRecord, Owed, Stored
from milepost_schemas.messages import AttendeeErased, LearnerErased, OwnerStated, SeatHolderErased
from milepost_schemas.projections import Projected, owner_of
from milepost_schemas.topics import Topic, decode, join

Positions = Mapping[tuple[Topic, int], int]
"""By the topic of a processor and a partition: the offset that is read next."""

BEHIND_OTHERS = (Topic.MEETINGS, Topic.OFFERINGS, Topic.LEARNERS)
"""What these read of persons comes from the resolver, and is as old as it."""

Erased = LearnerErased | AttendeeErased | SeatHolderErased

_TOPICS = {kind: topic for topic, (kind, _) in HEADS.items()}


def where_to_go_on(committed: Positions, ends: Positions) -> Positions:
    """Return where the processors go on, by what they have acknowledged and by where their topics end."""
    return {place: ends[place] if place[0] in BEHIND_OTHERS else at for place, at in committed.items()}


def is_said_nowhere_else(value: bytes) -> bool:
    """Say whether a message that is passed over is in no fact: that somebody is erased, who has none any more."""
    try:
        return isinstance(decode(value), Erased)
    except ValueError:
        return False


class Replaced:
    """The records of a processor that are to be replaced: their keys, what they may still owe, who was erased."""

    def __init__(self, topic: Topic) -> None:
        """Nothing is replaced yet of the processor that reads this topic."""
        self.erased: dict[tuple[str, str], int] = {}
        """When an actor key of a tenant was erased, as far as its record knows."""

        self._topic = topic
        self._keys: dict[int, set[bytes]] = defaultdict(set)
        self._owed: dict[bytes, tuple[int, Sequence[Owed]]] = {}

    def note(self, partition: int, key: bytes, value: bytes, *, last: int) -> None:
        """Note what lies in a changelog, in its order; the value is empty where a record was taken back.

        `last` is the offset of the last message of the partition that is acknowledged: a record that has read so far
        may owe something, to the one that told it last or to those that came after. One that nobody can read owes
        nothing.
        """
        self._keys[partition].add(key)
        if not value:
            self._owed.pop(key, None)
            return
        try:
            watermark, kept = stored.watermark_of(value), stored.read(value)
        except (NewerRecord, NoRecord):
            return
        owed = kept.owed
        if self._topic is Topic.ACTORS:
            self._note_erased(kept.record)
        if watermark >= max(last, self._owed.get(key, (-1, ()))[0]):
            self._owed[key] = (watermark, owed)

    def _note_erased(self, record: bytes) -> None:
        try:
            actor = msgspec.msgpack.decode(record, type=ActorRecord)
        except msgspec.MsgspecError:
            return  # it is replaced because nobody can read it, and so knows nothing
        if actor.erased_at is not None:
            self.erased[actor.tenant, actor.actor] = actor.erased_at

    def keys(self) -> Iterator[tuple[int, bytes]]:
        """Yield each key with the partition in which it was found."""
        for partition, keys in self._keys.items():
            for key in keys:
                yield partition, key

    def owed(self) -> Iterator[Owed]:
        """Yield what they may still owe."""
        for _, owed in self._owed.values():
            yield from owed


class Placed(NamedTuple):
    """A record as it lies in a changelog."""

    partition: int
    key: bytes
    value: bytes


class Replacement:
    """What is written, and then said, so that the records of a draft are those of a site."""

    def __init__(self, draft: Draft, positions: Positions, partition_of: Partitioner, *, partitions: int) -> None:
        """Let workers go on reading at these positions."""
        self._draft = draft
        self._positions = positions
        self._partition_of = partition_of
        self._outgoing = Outgoing(partition_of, partitions=partitions)
        self._shown: dict[Owner, Projected] = {record_of(row): row for row in draft.shown.values()}

    def records(self, topic: Topic) -> Iterator[Placed]:
        """Yield every record of a processor."""
        for key, kept in self._draft.records(topic).items():
            name = key.encode()
            partition = self._partition_of(name)
            last = self._positions[topic, partition] - 1
            yield Placed(partition, name, stored.write(last, self._stored(topic, key, kept)))

    def outputs(self) -> Iterator[Output]:
        """Yield what all records show, and who every identifier is."""
        for row in self._shown.values():
            yield from self._outgoing.outputs(row)
        for kept in self._draft.records(Topic.ACTORS).values():
            record = msgspec.msgpack.decode(kept.record, type=ActorRecord)
            if record.owner is not None:
                stated = OwnerStated(tenant=record.tenant, actor=record.actor, owner=record.owner)
                yield from self._outgoing.outputs(stated)

    def _stored(self, topic: Topic, key: str, kept: Kept) -> Stored:
        row = self._shown.get((topic, key))
        outputs = self._outgoing.outputs(row) if row is not None and row.changes else ()
        owed = tuple(Owed(one.topic.value, one.partition, one.key, one.value) for one in outputs)
        return Stored(kept.record, kept.waits, owed)


def record_of(row: Projected) -> Owner:
    """Return whose record shows this: its topic and its key."""
    kind, owner = owner_of(row)
    return _TOPICS[kind], join(row.tenant, owner)
