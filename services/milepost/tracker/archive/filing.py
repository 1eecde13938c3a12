"""Filing: every fact of an identifier goes into the facts table, and what is asked of that table into the log."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from sqlalchemy import Connection

from milepost.broker.inbox import Received
from milepost.clock import Clock
from milepost.core.catalog import Catalog
from milepost.ports import Filed
from milepost.store import filing, forgetting, log, recording, unknown
from milepost.store.chunks import chunks
from milepost.tracker import feeding
from milepost.tracker.catalogs import compiled
from milepost.tracker.exactly_once import Work
from milepost.tracker.outgoing import Partitioner
from milepost.tracker.setting_aside import NotExpected
from milepost_schemas.messages import (
    AboutActor,
    FactFiled,
    IdentifierErased,
    IdentifierRefiled,
    RefeedingAsked,
    RefilingAsked,
)
from milepost_schemas.submissions import LogMessage
from milepost_schemas.topics import Topic, address, decode

FiledMessage = FactFiled | IdentifierErased | RefilingAsked | RefeedingAsked


class Filing:
    """Files facts, and appends to the log what is asked for."""

    def __init__(self, clock: Clock, partition_of: Partitioner) -> None:
        """Stamp what is appended by this clock; `partition_of` says where the key of a message belongs."""
        self._clock = clock
        self._partition_of = partition_of

    def work(self, done: Callable[[Counter[str]], None]) -> Work[FiledMessage]:
        """Return the work of the topic of facts."""
        return Work(topic=Topic.FACTS, read=read_filed, do=self.file, done=done)

    def file(self, connection: Connection, messages: Sequence[tuple[Received, FiledMessage]]) -> Counter[str]:
        """File the facts among these and forget whose end is among them, then answer what was asked after them.

        What is asked concerns facts that stand before it in its partition; that later ones are there as well does no
        harm, as a fact counts once however often it comes. What is forgotten stands before its end, and what comes
        after that under the same actor key has another identifier.
        """
        filing.file(connection, (_filed(message) for _, message in messages if isinstance(message, FactFiled)))
        for _, message in messages:
            if isinstance(message, IdentifierErased):
                forgetting.forget(connection, message)
        counted = Counter(filed=sum(isinstance(message, FactFiled) for _, message in messages))
        refilings = {
            (message.tenant, message.actor): message for _, message in messages if isinstance(message, RefilingAsked)
        }
        for asked in refilings.values():
            counted["refiled"] += self._append(connection, asked.tenant, _refiled(connection, asked))
        refeedings: dict[tuple[str, int], list[RefeedingAsked]] = defaultdict(list)
        for received, message in messages:
            if isinstance(message, RefeedingAsked):
                refeedings[message.tenant, received.partition].append(message)
        for (tenant, partition), all_asked in sorted(refeedings.items()):
            again = (
                about
                for about in _fed_again(connection, tenant, all_asked)
                if self._partition_of(address(about).key.encode()) == partition
            )
            counted["fed_again"] += self._append(connection, tenant, again)
        return counted

    def _append(self, connection: Connection, tenant: str, messages: Iterator[LogMessage]) -> int:
        return log.append(connection, log.Origin(tenant=tenant, received_at=self._clock.now()), messages)


def read_filed(value: bytes) -> FiledMessage:
    """Return what the resolver said for the facts table; raise ValueError for anything else."""
    message = decode(value)
    if not isinstance(message, FiledMessage):
        raise NotExpected(f"{type(message).__name__} is nothing for the facts table")
    return message


def _filed(message: FactFiled) -> Filed:
    return Filed(message.fact.tenant, message.identifier, message.fact, message.actor, message.known)


def _refiled(connection: Connection, asked: RefilingAsked) -> Iterator[IdentifierRefiled]:
    """Yield all facts of an identifier, in messages that no topic refuses; a slice takes them one after the other."""
    facts = filing.facts_of(connection, asked.tenant, asked.identifier)
    for some in chunks(facts) if facts else [()]:
        yield IdentifierRefiled(tenant=asked.tenant, actor=asked.actor, identifier=asked.identifier, facts=tuple(some))


def _fed_again(connection: Connection, tenant: str, all_asked: Iterable[RefeedingAsked]) -> Iterator[AboutActor]:
    """Yield the unknown activities that a program knows by now, and one of each that one reads by day.

    Every partition asks by itself, once all that it did not know before is filed.
    """
    catalog = Catalog(programs=compiled(recording.programs_of(connection, tenant)))
    for source, activity in unknown.activities(connection, tenant):
        if catalog.knows(source, activity):
            yield from map(feeding.again, unknown.facts_of(connection, tenant, source, activity))
    latest = partial(filing.latest_activities, connection)
    for asked in all_asked:
        yield from feeding.asked_anew(latest, catalog, asked)
