"""A draft: every record and every row made anew in memory, beside those that are kept, to take their place at the end.

Facts are folded while nobody listens. Then each record is given back what it has told, and looks once, with the last
tick: where all is as it was, nothing is said, and where it is not, that alone.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import msgspec

from milepost.core.processors import PROCESSORS
from milepost.core.processors.learners import LearnerRecord
from milepost.core.processors.resolver import ActorRecord
from milepost.core.processors.sources import SourceRecord
from milepost.core.roster import OfferingRecord
from milepost.ports import Filed, FiledActivity, Kept
from milepost.store.told import Told
from milepost.tracker.cascade import Cascade, PositionOf, from_the_beginning
from milepost.tracker.memory import MemoryKeep
from milepost_schemas.facts import PersonFact
from milepost_schemas.messages import ProgramPublished
from milepost_schemas.projections import Projected, SourceProjected
from milepost_schemas.topics import Message, Topic, address, join

LOOKING = (Topic.SOURCES, Topic.OFFERINGS, Topic.LEARNERS)
"""The records that are shown: those that take in ticks."""

Shown = SourceRecord | OfferingRecord | LearnerRecord

NEVER_SHOWN = b"-"
"""No digest of anything: whatever the record shows next differs from it."""

FactsOf = Callable[[str, str], Sequence[PersonFact]]


@dataclass(frozen=True)
class Basis:
    """What records are read against, and facts do not say: programs, and since when each tenant is tracked."""

    programs: Mapping[str, Sequence[ProgramPublished]]
    tracking_from: Mapping[str, int]


class Draft(MemoryKeep):
    """Keeps what is made anew. Facts stay where they are, in the facts table."""

    def __init__(self, basis: Basis, position_of: PositionOf = from_the_beginning) -> None:
        """Begin with nothing; what records say has a version of their position at least."""
        super().__init__()
        self.basis = basis
        self.shown: dict[str, Projected] = {}
        self._facts_of: FactsOf = lambda _, __: ()
        self._looking: Collection[Topic] = ()
        self._position_of = position_of
        self._cascade = Cascade(self, position_of)

    def fold(self, messages: Iterable[Message], facts_of: FactsOf) -> None:
        """Take these in while nobody listens; `facts_of` reads all facts of an identifier of a tenant."""
        self._facts_of = facts_of
        self._cascade.take(messages)

    def put(self, topic: Topic, key: str, record: bytes) -> None:
        """Take a record over as it is."""
        self._records[topic][key] = record

    def records(self, topic: Topic) -> Mapping[str, Kept]:
        """Return every record of a topic with what it waits for."""
        return {key: Kept(record, self._waits[topic].get(key, ())) for key, record in self._records[topic].items()}

    def give_back(self, told: Mapping[tuple[Topic, str], Told], erased: Mapping[tuple[str, str], int]) -> None:
        """Give every record what facts do not say, also to one of which they know nothing any more.

        That is what it has told; and, by tenant and actor key, when somebody was erased: what happened to them before
        may be under way still.
        """
        for (tenant, actor), at in erased.items():
            self._remember_erased(tenant, actor, at)
        for topic in LOOKING:
            keys = {*self._records[topic], *(key for of, key in told if of is topic)}
            for key in sorted(keys):
                record = self._record(topic, key)
                _give_back(record, told.get((topic, key), Told(0)))
                _forget_shown(record, was_shown=(topic, key) in told)
                self.put(topic, key, msgspec.msgpack.encode(record))

    def forget_shown(self) -> None:
        """Have every record show itself again, whether or not that differs."""
        for topic in LOOKING:
            for key in list(self._records[topic]):
                record = self._record(topic, key)
                _forget_shown(record, was_shown=not isinstance(record, LearnerRecord) or record.shown != b"")
                self.put(topic, key, msgspec.msgpack.encode(record))

    def look(self, ticked_at: Mapping[str, int]) -> None:
        """Have every record look at the last tick of its tenant, and keep what it shows: sources before all others."""
        self.shown = {}
        for topics in ([Topic.SOURCES], [Topic.OFFERINGS, Topic.LEARNERS]):
            self._looking = topics
            cascade = Cascade(self, self._position_of)
            for tenant in self.basis.tracking_from:
                cascade.tick(tenant, ticked_at.get(tenant, 0))

    def _remember_erased(self, tenant: str, actor: str, at: int) -> None:
        key = join(tenant, actor)
        stored = self._records[Topic.ACTORS].get(key)
        record = ActorRecord(tenant, actor) if stored is None else msgspec.msgpack.decode(stored, type=ActorRecord)
        record.erased_at = at
        self.put(Topic.ACTORS, key, msgspec.msgpack.encode(record))

    def _record(self, topic: Topic, key: str) -> Shown:
        stored = self._records[topic].get(key)
        kind = PROCESSORS[topic].record
        record = kind(*key.split("/", 1)) if stored is None else msgspec.msgpack.decode(stored, type=kind)
        return cast(Shown, record)

    # --- what the cascade asks of a keep -----------------------------------------------------------------------------

    def due(self, topic: Topic, tenant: str, at: int, lagging: Mapping[str, int]) -> Sequence[str]:
        """Return every key of a tenant, of the topics whose records look."""
        del at, lagging
        mine = f"{tenant}/"
        return sorted(key for key in self._records[topic] if key.startswith(mine)) if topic in self._looking else []

    def file(self, facts: Iterable[Filed]) -> None:
        """Nothing: all of them are filed already."""

    def facts_of(self, tenant: str, identifier: str) -> Sequence[PersonFact]:
        """Return every known fact of an identifier."""
        return self._facts_of(tenant, identifier)

    def unknown_activities(self, tenant: str) -> Sequence[FiledActivity]:
        """Return none: all programs are known before any fact is read."""
        del tenant
        return ()

    def latest_activities(self, tenant: str, source: str) -> Sequence[FiledActivity]:
        """Return none, for the same reason."""
        del tenant, source
        return ()

    def programs(self, tenant: str) -> Sequence[ProgramPublished]:
        """Return every version of every program of a tenant."""
        return self.basis.programs.get(tenant, ())

    def tracking_from(self, tenant: str) -> int:
        """Return the instant from which gaps are told."""
        return self.basis.tracking_from.get(tenant, 0)

    def project(self, rows: Iterable[Projected]) -> None:
        """Keep what is shown while records look; before that, only what is declared of sources."""
        every = list(rows)
        super().project(row for row in every if isinstance(row, SourceProjected))
        if self._looking:
            self.shown.update((address(row).key, row) for row in every)


def _give_back(record: Shown, told: Told) -> None:
    record.version = max(record.version, told.version)
    record.told = dict(told.gaps)
    if isinstance(record, LearnerRecord):
        record.progress = dict(told.progress)


def _forget_shown(record: Shown, *, was_shown: bool) -> None:
    match record:
        case SourceRecord():
            record.said = b""
        case OfferingRecord():
            record.shown = b""
        case LearnerRecord():
            # A learner of whom nothing was ever shown, and of whom there is nothing to show, stays unseen.
            record.shown = NEVER_SHOWN if was_shown else b""
