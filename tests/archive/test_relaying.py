"""Every message of the log reaches its topic, in the order of the log, whatever happens in between."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import pytest
from sqlalchemy import insert, select

from milepost.broker.outbox import NotDelivered
from milepost.broker.partitioning import partition_of
from milepost.store import log, positions, recording, tenants
from milepost.store.database import Database
from milepost.store.positions import Overtaken
from milepost.store.tables import accepted, kept
from milepost.tracker.archive.relaying import Relaying
from milepost_schemas.facts import SourceHeard
from milepost_schemas.instants import MINUTE
from milepost_schemas.messages import (
    ActorErased,
    DeadLetter,
    IdentifierRefiled,
    IdentityDecided,
    ProgramKnown,
    ProgramPublished,
    TenantOpened,
)
from milepost_schemas.streams import STREAMS
from milepost_schemas.submissions import LogMessage
from milepost_schemas.topics import Topic, address, decode, decode_logged, encode
from tests.archive.crashing import Died, Fuse, fused
from tests.store.builders import NOON, about, activity

PARTITIONS = 3

Place = tuple[Topic, int]


class Brokers:
    """What lies in the partitions, and the way there; when a process dies, any part of what it sent arrives."""

    def __init__(self, seed: int = 0) -> None:
        self.lying: dict[Place, list[tuple[bytes | None, bytes]]] = defaultdict(list)
        self.fuse = Fuse(at=-1)
        self.away = False
        self._draw = random.Random(seed)
        self._under_way: list[tuple[Place, bytes | None, bytes]] = []

    def send(self, topic: Topic, partition: int, key: bytes | None, value: bytes) -> None:
        self._burn()
        self._under_way.append(((topic, partition), key, value))

    def settle(self) -> None:
        self._burn()
        if self.away:
            self._arrive(self._draw.randrange(len(self._under_way) + 1))
            raise NotDelivered("Kafka is away")
        self._arrive(len(self._under_way))

    def says(self, topic: Topic) -> list[object]:
        return [
            decode(value) for (where, _), values in sorted(self.lying.items()) if where is topic for _, value in values
        ]

    def _burn(self) -> None:
        try:
            self.fuse.burn()
        except Died:
            self._arrive(self._draw.randrange(len(self._under_way) + 1))
            raise

    def _arrive(self, count: int) -> None:
        for place, key, value in self._under_way[:count]:
            self.lying[place].append((key, value))
        self._under_way = []


def relaying(database: Database, brokers: Brokers) -> Relaying:
    return Relaying(database, brokers, where, partitions=PARTITIONS, done=lambda _: None)


def where(key: bytes) -> int:
    return partition_of(key, PARTITIONS)


def append(database: Database, messages: Iterable[LogMessage]) -> None:
    with database.writing() as connection:
        log.append(connection, log.Origin(tenant="default", received_at=NOON), messages)


def heard(n: int, source: str = "lms") -> SourceHeard:
    at = NOON + n * MINUTE
    fact_id = f"heard:{source}:{at}"
    return SourceHeard(tenant="default", fact_id=fact_id, source=source, occurred_at=at, recorded_at=at, received_at=at)


def published(version: int = 1) -> ProgramPublished:
    return ProgramPublished(tenant="default", program="course", version=version, published_at=NOON, definition={})


def some_messages() -> list[LogMessage]:
    """A log in which a program is published between what concerns people and sources."""
    return [
        TenantOpened(tenant="default", tracking_from=NOON),
        *(about(f"actor-{n % 4}", activity(f"f{n}")) for n in range(8)),
        heard(0),
        published(),
        *(about(f"actor-{n % 4}", activity(f"f{n}")) for n in range(8, 16)),
        heard(1),
        heard(0, "zoom"),
    ]


def expected(messages: Iterable[LogMessage]) -> dict[Place, list[bytes]]:
    """Return what lies in each partition of the processors, in its order, when nothing goes wrong."""
    found: dict[Place, list[bytes]] = defaultdict(list)
    for message in messages:
        to = address(message)
        partition = 0 if STREAMS[to.topic].partitions == "one" else where(to.key.encode())
        found[to.topic, partition].append(encode(message))
        if isinstance(message, ProgramPublished):
            known = encode(ProgramKnown(tenant="default", program=message.program, version=message.version))
            for topic in (Topic.ACTORS, Topic.OFFERINGS, Topic.LEARNERS):
                for each in range(PARTITIONS):
                    found[topic, each].append(known)
    return dict(found)


def firsts(values: Sequence[tuple[bytes | None, bytes]]) -> list[bytes]:
    """Return each message where it came first."""
    return list(dict.fromkeys(value for _, value in values))


def facts(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(select(kept.facts.c.fact_id).order_by(kept.facts.c.filed)).scalars())


def test_each_message_lies_in_its_partition_in_the_order_of_the_log(database: Database) -> None:
    append(database, some_messages())
    brokers = Brokers()

    relayed = relaying(database, brokers).relay()

    assert relayed == len(some_messages())
    assert {place: [value for _, value in values] for place, values in brokers.lying.items()} == expected(
        some_messages()
    )
    about_ana = brokers.lying[Topic.ACTORS, where(b"default/actor-0")]
    assert (b"default/actor-0", encode(some_messages()[1])) in about_ana


def test_facts_about_no_person_are_filed_and_those_about_persons_are_not(database: Database) -> None:
    append(database, some_messages())

    relaying(database, Brokers()).relay()

    assert facts(database) == [message.fact_id for message in some_messages() if isinstance(message, SourceHeard)]


@pytest.mark.parametrize("seed", range(3))
def test_a_death_between_any_two_steps_loses_nothing_and_keeps_the_order_of_every_partition(
    database: Database, seed: int
) -> None:
    append(database, some_messages())
    deaths = 0
    for at in range(1, 1000):
        brokers = Brokers(seed)
        brokers.fuse = Fuse(at)
        forget(database)
        try:
            with fused(database, brokers.fuse):
                relaying(database, brokers).relay()
        except Died:
            deaths += 1
        else:
            break

        relaying(database, brokers).relay()

        assert {place: firsts(values) for place, values in brokers.lying.items()} == expected(some_messages()), at
        assert len(facts(database)) == 3
        with database.reading() as connection:
            assert positions.find(connection, positions.RELAY) == log.end(connection)
    assert deaths > 30


def forget(database: Database) -> None:
    """Have everything still to be relayed."""
    with database.writing() as connection:
        for table in (kept.positions, kept.facts, kept.programs):
            connection.execute(table.delete())


def test_who_is_erased_is_gone_from_the_log_once_that_is_sent_and_what_was_decided_of_them_is_filed_by_then(
    database: Database,
) -> None:
    brokers = Brokers()
    archive = relaying(database, brokers)
    append(database, [about("ana"), decided("ana"), about("ben"), erased("ana"), about("ana", activity("new"))])

    assert archive.relay() == 3
    assert facts(database) == ["decided-ana"]
    assert not any(isinstance(said, ActorErased) for said in brokers.says(Topic.ACTORS))
    assert archive.relay() == 2

    assert any(isinstance(said, ActorErased) for said in brokers.says(Topic.ACTORS))
    with database.reading() as connection:
        left = [decode_logged(entry.body) for entry in log.read(connection, 0, limit=100)]
    assert left == [about("ben"), about("ana", activity("new"))]


def erased(actor: str) -> ActorErased:
    return ActorErased(
        tenant="default", actor=actor, erased_at=NOON, nobody="erased-1", learners=("l",), identifiers=("i",)
    )


def decided(actor: str) -> IdentityDecided:
    return IdentityDecided(
        tenant="default",
        fact_id=f"decided-{actor}",
        source="console",
        occurred_at=NOON,
        recorded_at=NOON,
        received_at=NOON,
        actor=actor,
        decision="guest",
    )


def test_what_kafka_did_not_acknowledge_is_sent_again(database: Database) -> None:
    append(database, some_messages())
    brokers = Brokers(7)
    brokers.away = True

    with pytest.raises(NotDelivered):
        relaying(database, brokers).relay()
    with database.reading() as connection:
        assert positions.find(connection, positions.RELAY) is None
    brokers.away = False
    relaying(database, brokers).relay()

    assert {place: firsts(values) for place, values in brokers.lying.items()} == expected(some_messages())


def test_a_program_can_be_looked_up_before_anybody_is_told_that_it_is_known(database: Database) -> None:
    append(database, [published()])

    class Looking(Brokers):
        """Looks at the tables and at the catalog whenever somebody is told."""

        def send(self, topic: Topic, partition: int, key: bytes | None, value: bytes) -> None:
            if isinstance(decode(value), ProgramKnown):
                with database.reading() as connection:
                    assert recording.programs_of(connection, "default") == [published()]
                assert self.says(Topic.CATALOG) == [published()]
            super().send(topic, partition, key, value)

    brokers = Looking()
    relaying(database, brokers).relay()

    assert Counter(topic for topic, _ in brokers.lying) == {
        Topic.CATALOG: 1,
        Topic.ACTORS: PARTITIONS,
        Topic.OFFERINGS: PARTITIONS,
        Topic.LEARNERS: PARTITIONS,
    }


def test_who_was_overtaken_stores_nothing(database: Database) -> None:
    append(database, [heard(0)])
    slow, fast = relaying(database, Brokers()), relaying(database, Brokers())
    fast.relay()
    append(database, [heard(1)])

    with pytest.raises(Overtaken):
        slow.relay()

    assert len(facts(database)) == 1


def test_a_message_that_this_version_cannot_read_is_set_aside_and_the_log_goes_on(database: Database) -> None:
    append(database, [heard(0)])
    with database.writing() as connection:
        body = '{"type": "milepost.tomorrow.came.v1", "tenant": "default"}'
        connection.execute(insert(accepted.log), {"tenant": "default", "received_at": NOON, "body": body})
    append(database, [heard(1)])
    brokers = Brokers()

    relaying(database, brokers).relay()

    letters = [letter for letter in brokers.says(Topic.DEAD_LETTERS) if isinstance(letter, DeadLetter)]
    assert [(letter.topic, letter.offset, letter.body) for letter in letters] == [("log", 2, body.encode())]
    assert brokers.says(Topic.SOURCES) == [heard(0), heard(1)]


def test_a_message_that_is_larger_than_its_topic_takes_is_set_aside_with_where_it_was_going(database: Database) -> None:
    one = activity("f")
    facts = (one,) * (STREAMS[Topic.ACTORS].most_bytes // 250)
    append(database, [IdentifierRefiled(tenant="default", actor="ana", facts=facts), about("ana", one)])
    brokers = Brokers()

    relaying(database, brokers).relay()

    [letter] = brokers.says(Topic.DEAD_LETTERS)
    assert isinstance(letter, DeadLetter)
    assert (letter.topic, letter.partition, letter.offset) == ("actors", where(b"default/ana"), 1)
    assert letter.key == b"default/ana"
    assert brokers.says(Topic.ACTORS) == [about("ana", one)]


def test_every_tenant_and_program_is_stated_whenever_an_archive_becomes_active(database: Database) -> None:
    with database.writing() as connection:
        tenants.open_tenant(connection, "other", at=NOON + 1)
        recording.publish(connection, published())
    brokers = Brokers()

    relaying(database, brokers).state_catalog()

    assert brokers.says(Topic.CATALOG) == [
        TenantOpened(tenant="default", tracking_from=NOON),
        TenantOpened(tenant="other", tracking_from=NOON + 1),
        published(),
    ]
