"""One batch of accepted messages, or one tick, carried through every processor in the order of the way of the data.

Gather the records, advance them by the core, keep what comes out; then the next processor. The caller wraps a call in
one transaction, so that all of it is kept or none; after an error it builds a new Cascade.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from milepost.core.catalog import Catalog, source_of
from milepost.core.processor import advance
from milepost.core.processors import PROCESSORS
from milepost.ports import Filed, Keep, Kept
from milepost.tracker import feeding
from milepost.tracker.catalogs import as_read, compiled
from milepost_schemas.facts import Fact
from milepost_schemas.messages import (
    FactFiled,
    HeardUntil,
    IdentifierErased,
    IdentifierRefiled,
    Owner,
    OwnerStated,
    ProgramPublished,
    Reconsider,
    ReconsiderOffering,
    RefilingAsked,
    SourceRedeclared,
    TenantOpened,
    Tick,
)
from milepost_schemas.projections import LearnerProjected, OfferingProjected, Projected, SourceProjected
from milepost_schemas.topics import Message, Said, Topic, address

Queue = dict[str, list[Message | Tick]]


PositionOf = Callable[[Topic, str], int]
"""Says for a record, by its topic and key, the position of a log from which it has to speak at least."""


def from_the_beginning(_topic: Topic, _key: str) -> int:
    """Return 0: there is no log of which anything is remembered."""
    return 0


class Cascade:
    """Carries messages and ticks through the processors over one keep."""

    def __init__(self, keep: Keep, position_of: PositionOf = from_the_beginning) -> None:
        """Work on this keep; catalogs are compiled from it when a tenant is first met."""
        self._keep = keep
        self._position_of = position_of
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
                programs=compiled(self._keep.programs(tenant)),
                sources={name: source_of(row) for name, row in self._rows(tenant).items()},
                tracking_from=self._keep.tracking_from(tenant),
            )
        return found

    def _rows(self, tenant: str) -> dict[str, SourceProjected]:
        if tenant not in self._sources:
            self._sources[tenant] = {row.source: row for row in self._keep.source_rows(tenant)}
        return self._sources[tenant]

    def _forget(self, tenant: str) -> None:
        """Compile the catalog of a tenant anew when it is asked for again."""
        self._catalogs.pop(tenant, None)

    def _learn_program(self, published: ProgramPublished) -> None:
        self._keep.publish(published)
        self._forget(published.tenant)


class _Run:
    """The queues of one batch."""

    def __init__(self, cascade: Cascade) -> None:
        self._cascade = cascade
        self._keep = cascade._keep
        self._queues: dict[Topic, Queue] = {topic: {} for topic in PROCESSORS}
        self._projected: dict[str, Projected] = {}
        self._published: list[ProgramPublished] = []
        self._filed: list[Filed] = []
        self._owners: dict[str, list[Owner]] = defaultdict(list)

    def accept(self, message: Message) -> None:
        """Queue a message of the log."""
        if isinstance(message, TenantOpened):
            return  # the keep knows since when a tenant is tracked
        if isinstance(message, ProgramPublished):
            self._cascade._learn_program(message)
            self._published.append(message)
            return
        if isinstance(message, Fact):
            self._filed.append(Filed(message.tenant, address(message).key, message))
        self._route(message)

    def carry(self, until: Topic = Topic.LEARNERS) -> None:
        """Empty the queues, processor by processor."""
        if self._published:
            self._store()
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
        self._store()
        rows = tuple(self._projected.values())
        self._keep.project(rows)
        return rows

    def _store(self) -> None:
        """Store the facts and the owners that were said until now, all at once; done before anybody looks them up."""
        if self._filed:
            self._keep.file(self._filed)
        for tenant, owners in self._owners.items():
            self._keep.own(tenant, owners)
        self._filed, self._owners = [], defaultdict(list)

    def _advance(self, topic: Topic) -> None:
        queue, self._queues[topic] = self._queues[topic], {}
        stored = self._keep.load(topic, list(queue))
        kept: dict[str, Kept] = {}
        said: list[Said] = []
        for key, messages in queue.items():
            catalog = self._cascade.catalog(key.split("/", 1)[0])
            step = advance(
                PROCESSORS[topic],
                key,
                stored.get(key),
                as_read(messages, catalog),
                catalog,
                position=self._cascade._position_of(topic, key),
            )
            kept[key] = Kept(step.record, step.waits)
            said.extend(step.outputs)
        self._keep.save(topic, kept)
        for message in said:
            self._say(message)

    def _say(self, message: Said) -> None:
        match message:
            case FactFiled():
                fact = message.fact
                self._filed.append(Filed(fact.tenant, message.identifier, fact, message.actor, message.known))
            case IdentifierErased():
                self._store()
                self._keep.forget(message)
            case RefilingAsked():
                self._store()
                facts = tuple(self._keep.facts_of(message.tenant, message.identifier))
                self._route(
                    IdentifierRefiled(
                        tenant=message.tenant, actor=message.actor, identifier=message.identifier, facts=facts
                    )
                )
            case LearnerProjected() | OfferingProjected() | SourceProjected():
                self._show(message)
            case OwnerStated():
                self._owners[message.tenant].append(message.owner)
            case SourceRedeclared():
                self._cascade._forget(message.tenant)
                self._reconsider_offerings(message.tenant, self._keep.offerings(message.tenant))
            case _:
                self._route(message)

    def _show(self, row: Projected) -> None:
        if isinstance(row, SourceProjected):
            self._cascade._rows(row.tenant)[row.source] = row
        place = address(row).key
        earlier = self._projected.get(place)
        if earlier is not None:
            row = replace(row, changes=(*earlier.changes, *row.changes))
        self._projected[place] = row

    def _route(self, message: Message) -> None:
        to = address(message)
        self._queues[to.topic].setdefault(to.key, []).append(message)

    def _feed_again(self, published: ProgramPublished) -> None:
        catalog = self._cascade.catalog(published.tenant)
        for unknown in self._keep.unknown_activities(published.tenant):
            if catalog.knows(unknown.fact.source, unknown.fact.activity):
                self._route(feeding.again(unknown))
        for known in feeding.asked_anew(self._keep.latest_activities, catalog, published):
            self._route(known)
        for learner in self._keep.learners_of(published.tenant, published.program):
            self._route(Reconsider(tenant=published.tenant, learner=learner))
        courses = catalog.courses(published.program)
        held = self._keep.offerings(published.tenant)
        self._reconsider_offerings(published.tenant, [name for name, course in held.items() if course in courses])

    def _reconsider_offerings(self, tenant: str, offerings: Iterable[str]) -> None:
        for offering in offerings:
            self._route(ReconsiderOffering(tenant=tenant, offering=offering))
