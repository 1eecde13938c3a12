"""One batch of accepted messages, or one tick, carried through every processor in the order of the way of the data.

Gather the records, advance them by the core, keep what comes out; then the next processor. The caller wraps a call in
one transaction, so that all of it is kept or none; after an error it builds a new Cascade.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from milepost.core.catalog import Catalog, Source
from milepost.core.compile import compile_program
from milepost.core.processor import advance
from milepost.core.processors import PROCESSORS
from milepost.core.program import Program
from milepost.ports import Filed, Keep, Kept
from milepost_schemas.facts import ActivityReported, Fact
from milepost_schemas.instants import MINUTE
from milepost_schemas.messages import (
    AboutActor,
    AboutLearner,
    AboutPresence,
    AboutSeat,
    FactFiled,
    HeardUntil,
    IdentifierRefiled,
    MeetingOwnerStated,
    OfferingOwnerStated,
    Owner,
    ProgramPublished,
    Reconsider,
    ReconsiderOffering,
    RefilingAsked,
    SliceStated,
    Tick,
)
from milepost_schemas.projections import LearnerProjected, OfferingProjected, Projected, SourceProjected
from milepost_schemas.topics import Message, Topic, address

Queue = dict[str, list[Message | Tick]]


class Cascade:
    """Carries messages and ticks through the processors over one keep."""

    def __init__(self, keep: Keep) -> None:
        """Work on this keep; catalogs are compiled from it when a tenant is first met."""
        self._keep = keep
        self._catalogs: dict[str, Catalog] = {}
        self._sources: dict[str, dict[str, SourceProjected]] = {}

    def take(self, messages: Iterable[Message]) -> tuple[Projected, ...]:
        """Take in accepted messages, in the order of the log; return what is projected anew."""
        run = _Run(self)
        for message in messages:
            run.accept(message)
        run.carry()
        return run.finish()

    def tick(self, tenant: str, at: int) -> tuple[Projected, ...]:
        """Move the clock of a tenant to `at`, for every record that waits for a moment that is reached by then.

        Everything received before `at` must have been taken in.
        """
        run = _Run(self)
        run.tick(Topic.SOURCES, tenant, at, {})
        run.carry()
        lagging = self.lagging(tenant, at)
        run.tick(Topic.OFFERINGS, tenant, at, lagging)
        run.carry(until=Topic.OFFERINGS)
        run.tick(Topic.LEARNERS, tenant, at, lagging)
        run.carry()
        return run.finish()

    def lagging(self, tenant: str, at: int) -> dict[str, int]:
        """Return the sources that were not heard up to `at`, each with the moment up to which it was."""
        heard = {name: row.heard_until for name, row in self._rows(tenant).items()}
        return {name: until for name, until in heard.items() if until is not None and until < at}

    def catalog(self, tenant: str) -> Catalog:
        """Return the programs and sources of a tenant as they are now."""
        found = self._catalogs.get(tenant)
        if found is None:
            found = self._catalogs[tenant] = Catalog(
                programs=_compiled(self._keep.programs(tenant)),
                sources={name: _source(row) for name, row in self._rows(tenant).items()},
                tracking_from=self._keep.tracking_from(tenant),
            )
        return found

    def _rows(self, tenant: str) -> dict[str, SourceProjected]:
        if tenant not in self._sources:
            self._sources[tenant] = {row.source: row for row in self._keep.source_rows(tenant)}
        return self._sources[tenant]

    def _learn_source(self, row: SourceProjected) -> bool:
        """Remember how a source stands now; return whether it is declared otherwise than before."""
        earlier = self._rows(row.tenant).get(row.source)
        self._sources[row.tenant][row.source] = row
        if (Source(row.source) if earlier is None else _source(earlier)) == _source(row):
            return False
        self._catalogs.pop(row.tenant, None)
        return True

    def _learn_program(self, published: ProgramPublished) -> None:
        self._keep.publish(published)
        self._catalogs.pop(published.tenant, None)


class _Run:
    """The queues of one batch."""

    def __init__(self, cascade: Cascade) -> None:
        self._cascade = cascade
        self._keep = cascade._keep
        self._queues: dict[Topic, Queue] = {topic: {} for topic in PROCESSORS}
        self._projected: dict[tuple[str, str, str], Projected] = {}
        self._published: list[ProgramPublished] = []

    def accept(self, message: Message) -> None:
        """Queue a message of the log."""
        if isinstance(message, ProgramPublished):
            self._cascade._learn_program(message)
            self._published.append(message)
            return
        if isinstance(message, Fact):
            self._keep.file([Filed(message.tenant, address(message).key, message)])
        self._route(message)

    def carry(self, until: Topic = Topic.LEARNERS) -> None:
        """Empty the queues, processor by processor."""
        for published in self._published:
            self._feed_again(published)
        self._published = []
        for topic in PROCESSORS:
            while self._queues[topic]:
                self._advance(topic)
            if topic is until:
                return

    def tick(self, topic: Topic, tenant: str, at: int, lagging: Mapping[str, int]) -> None:
        """Queue a tick for every record of a topic that is due, or is looked at anyway because another one was."""
        message = Tick(tenant=tenant, at=at, lagging=tuple(HeardUntil(source=s, until=u) for s, u in lagging.items()))
        queued = (key for key in self._queues[topic] if key.startswith(f"{tenant}/"))
        for key in dict.fromkeys([*self._keep.due(topic, tenant, at, lagging), *queued]):
            self._queues[topic].setdefault(key, []).append(message)

    def finish(self) -> tuple[Projected, ...]:
        """Project what was said, and return it."""
        rows = tuple(self._projected.values())
        self._keep.project(rows)
        return rows

    def _advance(self, topic: Topic) -> None:
        queue, self._queues[topic] = self._queues[topic], {}
        stored = self._keep.load(topic, list(queue))
        kept: dict[str, Kept] = {}
        said: list[Message] = []
        for key, messages in queue.items():
            catalog = self._cascade.catalog(key.split("/", 1)[0])
            step = advance(PROCESSORS[topic], key, stored.get(key), self._known(messages, catalog), catalog)
            kept[key] = Kept(step.record, step.waits)
            said.extend(step.outputs)
        self._keep.save(topic, kept)
        if topic is Topic.ACTORS:
            self._own(said)
        for message in said:
            self._say(message)

    def _own(self, said: Sequence[Message]) -> None:
        owners: dict[str, dict[str, Owner]] = defaultdict(dict)
        for message in said:
            if isinstance(message, AboutLearner | AboutSeat | AboutPresence):
                owners[message.fact.tenant][message.owner.identifier] = message.owner
            elif isinstance(message, SliceStated | MeetingOwnerStated | OfferingOwnerStated):
                owners[message.tenant][message.owner.identifier] = message.owner
        for tenant, found in owners.items():
            self._keep.own(tenant, found.values())

    def _say(self, message: Message) -> None:
        match message:
            case FactFiled():
                fact = message.fact
                self._keep.file([Filed(fact.tenant, message.identifier, fact, message.actor, message.known)])
            case RefilingAsked():
                facts = tuple(self._keep.facts_of(message.tenant, message.identifier))
                self._route(IdentifierRefiled(tenant=message.tenant, actor=message.actor, facts=facts))
            case LearnerProjected() | OfferingProjected() | SourceProjected():
                self._show(message)
            case _:
                self._route(message)

    def _show(self, row: Projected) -> None:
        if isinstance(row, SourceProjected) and self._cascade._learn_source(row):
            self._reconsider_offerings(row.tenant, self._keep.offerings(row.tenant))
        place = (row.tenant, type(row).__name__, address(row).key)
        earlier = self._projected.get(place)
        if earlier is not None:
            row = replace(row, changes=(*earlier.changes, *row.changes))
        self._projected[place] = row

    def _route(self, message: Message) -> None:
        to = address(message)
        self._queues[to.topic].setdefault(to.key, []).append(message)

    def _known(self, messages: Sequence[Message | Tick], catalog: Catalog) -> Iterable[Any]:
        for message in messages:
            if isinstance(message, AboutActor) and isinstance(message.fact, ActivityReported):
                yield replace(message, known=catalog.knows(message.fact.source, message.fact.activity))
            else:
                yield message

    def _feed_again(self, published: ProgramPublished) -> None:
        catalog = self._cascade.catalog(published.tenant)
        for unknown in self._keep.unknown_activities(published.tenant):
            if catalog.knows(unknown.fact.source, unknown.fact.activity):
                self._route(
                    AboutActor(
                        actor=unknown.actor,
                        candidate_learner=unknown.identifier,
                        candidate_identifier=unknown.identifier,
                        fact=unknown.fact,
                    )
                )
        for learner in self._keep.learners_of(published.tenant, published.program):
            self._route(Reconsider(tenant=published.tenant, learner=learner))
        steps = (step for version in catalog.programs[published.program] for step in version.steps)
        courses = {step.live.course for step in steps if step.live is not None}
        held = self._keep.offerings(published.tenant)
        self._reconsider_offerings(published.tenant, [name for name, course in held.items() if course in courses])

    def _reconsider_offerings(self, tenant: str, offerings: Iterable[str]) -> None:
        for offering in offerings:
            self._route(ReconsiderOffering(tenant=tenant, offering=offering))


def _compiled(published: Sequence[ProgramPublished]) -> dict[str, tuple[Program, ...]]:
    versions: dict[str, list[Program]] = defaultdict(list)
    for program in published:
        versions[program.program].append(compile_program(program.definition, program.published_at))
    return {name: tuple(sorted(found, key=lambda p: p.version)) for name, found in versions.items()}


def _source(row: SourceProjected) -> Source:
    return Source(
        name=row.source,
        kind=row.kind or "",
        rhythm=None if row.rhythm is None else row.rhythm * MINUTE,
        settling=row.settling * MINUTE,
        lateness=row.lateness * MINUTE,
    )
