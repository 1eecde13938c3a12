"""The simulated site whose records are made anew from the facts, at any moment, also when that is interrupted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast, get_args

from milepost.core.processors import PROCESSORS
from milepost.store.told import Step, Told
from milepost.tracker.draft import Basis, Draft
from milepost.tracker.memory import MemoryKeep
from milepost.tracker.outgoing import Output
from milepost.tracker.replacing import (
    BEHIND_OTHERS,
    Placed,
    Positions,
    Replaced,
    Replacement,
    is_said_nowhere_else,
    record_of,
    where_to_go_on,
)
from milepost_schemas.facts import Fact, PersonFact
from milepost_schemas.messages import AboutActor, IdentifierErased, IdentityDecided, ProgramKnown, Tick
from milepost_schemas.projections import LearnerProjected
from milepost_schemas.topics import Message, Topic, decode, join
from tests.tracker.simulated import PARTITIONS, SimulatedSite, partition_of


class Interrupted(Exception):
    """Whoever makes the records anew died here."""


class ForgettingKeep(MemoryKeep):
    """Forgets too what was decided and withdrawn of an identifier, as the facts table does."""

    def forget(self, erased: IdentifierErased) -> None:
        super().forget(erased)
        stays = any(filed.actor == erased.nobody for filed in self._facts.values())
        for place, filed in list(self._facts.items()):
            fact = filed.fact
            if filed.subject == f"{erased.tenant}/{erased.actor}" and is_of_before(fact, erased.erased_at):
                del self._facts[place]
                if stays and isinstance(fact, IdentityDecided):
                    nobodys = replace(fact, actor=erased.nobody)
                    self._facts[place] = replace(filed, subject=f"{erased.tenant}/{erased.nobody}", fact=nobodys)


def is_of_before(fact: Fact, erased_at: int) -> bool:
    """Say whether a fact is of a time before somebody was erased."""
    return fact.occurred_at < erased_at or fact.received_at <= erased_at


class RebuiltSite(SimulatedSite):
    """Between any two steps of anybody, all workers may have to let go, and find other records in place of theirs."""

    def __init__(self, seed: int, *, rebuilds: float = 0.01, **more: Any) -> None:
        super().__init__(seed, **more)
        self.keep = ForgettingKeep()
        self.rebuilt = 0
        self._rebuilds = rebuilds
        self._sent: dict[str, int] = {}
        self._erased: dict[tuple[str, str], int] = {}
        """What a changelog still holds of records that were taken back, until it is compacted."""

    def _go_on(self, times: int) -> None:
        for _ in range(times):
            super()._go_on(1)
            if self._random.random() < self._rebuilds:
                self.rebuild()

    def _broadcast(self, message: Tick | ProgramKnown, topics: Sequence[Topic]) -> None:
        if isinstance(message, Tick):
            self._sent[message.tenant] = max(message.at, self._sent.get(message.tenant, 0))
        super()._broadcast(message, topics)

    def said(self, topic: Topic) -> Iterator[object]:
        """Yield the messages of a topic, each partition's in its order."""
        for partition in range(PARTITIONS):
            yield from (decode(value) for _, value in self._topics[topic, partition])

    def rebuild(self) -> None:
        """Make the records anew, as often as it takes."""
        while True:
            try:
                self._rebuild()
            except Interrupted:
                continue
            break
        self.rebuilt += 1
        self.restart()

    def _rebuild(self) -> None:
        places = [(topic, partition) for topic in PROCESSORS for partition in range(PARTITIONS)]
        committed = {place: self._committed[place] for place in places}
        replaced = self._replaced(committed)
        for one in (owed for found in replaced.values() for owed in found.owed()):
            if Topic(one.topic) not in PROCESSORS:
                self._send(Output(Topic(one.topic), one.partition, one.key, one.value))
        self._erased |= replaced[Topic.ACTORS].erased
        ends = {place: len(self._topics[place]) for place in places}
        self._have_all_filed()
        draft = self._drafted(ends)
        self._carry_over(committed, ends)
        go_on = where_to_go_on(committed, ends)
        replacement = Replacement(draft, go_on, partition_of, partitions=PARTITIONS)
        self._committed.update(go_on)
        for topic in PROCESSORS:
            self._replace(topic, list(replacement.records(topic)))
        for output in replacement.outputs():
            self._may_be_interrupted()
            self._send(output)

    def _replaced(self, committed: Positions) -> dict[Topic, Replaced]:
        replaced = {topic: Replaced(topic) for topic in PROCESSORS}
        for (topic, partition), last in committed.items():
            for key, value in self._changelogs[topic, partition].items():
                replaced[topic].note(partition, key, value, last=last - 1)
        return replaced

    def _have_all_filed(self) -> None:
        logged = len(self._log)
        while self._relayed < logged:
            self._relay()
        for topic, do in ((Topic.FACTS, self._file), (Topic.PROJECTIONS, self._project)):
            while pending := self._pending(topic):
                do(pending[0])

    def _drafted(self, ends: Positions) -> Draft:
        tenants = {program.tenant for program in self.keep._programs} | set(self._sent)
        basis = Basis(
            programs={tenant: self.keep.programs(tenant) for tenant in tenants},
            tracking_from={tenant: self.keep.tracking_from(tenant) for tenant in tenants},
        )
        draft = Draft(basis, lambda topic, key: ends[topic, partition_of(key.encode())])
        draft.fold(self._facts(), self.keep.facts_of)
        draft.give_back(self._told(), self._erased)
        draft.look(self._sent)
        return draft

    def _facts(self) -> Iterator[Message]:
        """Yield the facts that are filed as they were said, with the first ids that were drawn."""
        learners: dict[str, str] = {}
        for message in self._log:
            if isinstance(message, AboutActor):
                learners.setdefault(message.candidate_identifier, message.candidate_learner)
        for filed in self.keep._facts.values():
            if filed.actor is None:
                yield cast(Message, filed.fact)
            else:
                yield AboutActor(
                    actor=filed.actor,
                    candidate_learner=learners.get(filed.subject, filed.subject),
                    candidate_identifier=filed.subject,
                    fact=cast(PersonFact, filed.fact),
                )

    def _told(self) -> dict[tuple[Topic, str], Told]:
        found: dict[tuple[Topic, str], Told] = {}
        for row in self.keep.rows.values():
            told = found[record_of(row)] = Told(row.version)
            told.gaps = {gap.gap_id: gap for gap in row.gaps}
            if isinstance(row, LearnerProjected):
                for journey in row.journeys:
                    told.progress[journey.program].completed = journey.completed_at is not None
        for change in self.keep.changes:
            if isinstance(change, get_args(Step)):
                step = cast(Step, change)
                if (mine := found.get((Topic.LEARNERS, join(step.tenant, step.learner)))) is not None:
                    mine.take(step)
        return found

    def _carry_over(self, committed: Positions, ends: Positions) -> None:
        for (topic, partition), end in ends.items():
            if topic in BEHIND_OTHERS:
                for key, value in self._topics[topic, partition][committed[topic, partition] : end]:
                    if is_said_nowhere_else(value):
                        self._send(Output(topic, partition, key, value))

    def _replace(self, topic: Topic, placed: Iterable[Placed]) -> None:
        for partition in range(PARTITIONS):
            self._may_be_interrupted()
            self._changelogs[topic, partition].clear()
        for partition, key, value in placed:
            self._may_be_interrupted()
            self._changelogs[topic, partition][key] = value

    def _may_be_interrupted(self) -> None:
        if self._random.random() < self._crashes / 4:
            raise Interrupted
