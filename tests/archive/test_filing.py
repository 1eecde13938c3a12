"""The facts table holds every fact of an identifier, and answers through the log what is asked of it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from milepost.broker.inbox import Received
from milepost.broker.partitioning import partition_of
from milepost.clock import ManualClock
from milepost.ports import Filed
from milepost.programs import load_program, shipped_program
from milepost.store import filing as store_filing
from milepost.store import log, positions, recording
from milepost.store.database import Database
from milepost.store.tables import kept
from milepost.tracker.archive.filing import Filing
from milepost.tracker.exactly_once import ExactlyOnce
from milepost_schemas.instants import MINUTE
from milepost_schemas.messages import (
    AboutActor,
    DeadLetter,
    FactFiled,
    IdentifierErased,
    IdentifierRefiled,
    IdentityDecided,
    ProgramPublished,
    RefeedingAsked,
    RefilingAsked,
)
from milepost_schemas.submissions import LogMessage
from milepost_schemas.topics import Topic, decode_logged, encode
from tests.archive.crashing import Died, Fuse, fused
from tests.store.builders import NOON, about, activity

PARTITIONS = 3

THEORY = "https://lms.example.com/mod/scorm/view.php?id=101#sco"

Said = FactFiled | IdentifierErased | RefilingAsked | RefeedingAsked


class Archive:
    """Files what lies in a topic, from where the database says."""

    def __init__(self, database: Database) -> None:
        self.counted: Counter[str] = Counter()
        self.letters: list[DeadLetter] = []
        filing = Filing(ManualClock(NOON), where)
        self.once = ExactlyOnce(filing.work(self.counted.update), database.writing, self.letters.append)
        with database.reading() as connection:
            self.once.begin(connection, range(PARTITIONS))

    def take(self, lying: Sequence[Received]) -> None:
        self.once.take(lying)


def where(key: bytes) -> int:
    return partition_of(key, PARTITIONS)


def lying(*said: Said, partition: int = 0, start: int = 0) -> list[Received]:
    return [Received(Topic.FACTS, partition, offset, None, encode(one)) for offset, one in enumerate(said, start)]


MODULE = "https://lms.example/module/1"


def filed(fact_id: str, actor: str = "ana", *, known: bool = True, what: str = "module/1") -> FactFiled:
    fact = activity(fact_id, activity=f"https://lms.example/{what}")
    return FactFiled(actor=actor, identifier=f"identifier-{actor}", known=known, fact=fact)


def refiling(actor: str = "ana") -> RefilingAsked:
    return RefilingAsked(tenant="default", actor=actor, identifier=f"identifier-{actor}")


def refeeding() -> RefeedingAsked:
    return RefeedingAsked(tenant="default", program="course", version=1)


def logged(database: Database) -> list[LogMessage]:
    with database.reading() as connection:
        return [decode_logged(entry.body) for entry in log.read(connection, 0, limit=10_000)]


def facts(database: Database) -> dict[str, bool]:
    with database.reading() as connection:
        rows = connection.execute(select(kept.facts.c.fact_id, kept.facts.c.known).order_by(kept.facts.c.filed))
        return {row.fact_id: row.known for row in rows}


def publish(database: Database) -> None:
    """Publish a program that knows the theory."""
    definition = dict(load_program(shipped_program("lockout-tagout")))
    program = ProgramPublished(
        tenant="default", program="lockout-tagout", version=1, published_at=NOON, definition=definition
    )
    with database.writing() as connection:
        recording.publish(connection, program)


def test_a_fact_is_filed_once_and_an_unknown_one_may_become_known(database: Database) -> None:
    archive = Archive(database)

    archive.take(lying(filed("f1"), filed("f2", known=False), filed("f1"), filed("f2")))

    assert facts(database) == {"f1": True, "f2": True}


def test_who_asks_for_a_refiling_is_answered_with_every_known_fact_that_was_filed_before(database: Database) -> None:
    archive = Archive(database)

    archive.take(lying(filed("f1"), filed("f2", "ben"), filed("f3"), filed("f4", known=False), refiling()))

    [answer] = logged(database)
    assert isinstance(answer, IdentifierRefiled)
    assert (answer.tenant, answer.actor) == ("default", "ana")
    assert [fact.fact_id for fact in answer.facts] == ["f1", "f3"]


def test_a_refiling_of_many_facts_is_answered_in_parts_that_no_topic_refuses(database: Database) -> None:
    archive = Archive(database)
    archive.take(lying(*(filed(f"f{n}") for n in range(1_200))))

    archive.take(lying(refiling(), start=1_200))

    answers = [answer for answer in logged(database) if isinstance(answer, IdentifierRefiled)]
    assert [len(answer.facts) for answer in answers] == [500, 500, 200]


def test_a_refiling_of_nothing_is_answered_too(database: Database) -> None:
    Archive(database).take(lying(refiling()))

    assert logged(database) == [IdentifierRefiled(tenant="default", actor="ana", identifier="identifier-ana", facts=())]


@pytest.mark.parametrize("deaths", [range(1, 8), range(8, 40)])
def test_a_death_in_between_neither_loses_an_answer_nor_gives_it_twice(database: Database, deaths: range) -> None:
    said = lying(filed("f1"), filed("f2", "ben"), refiling(), filed("f3"))
    survived = False
    for at in deaths:
        with database.writing() as connection:
            for table in (kept.facts, kept.positions):
                connection.execute(table.delete())
        before = len(logged(database))
        try:
            with fused(database, Fuse(at)):
                Archive(database).take(said)
        except Died:
            Archive(database).take(said)
        else:
            survived = True

        assert len(logged(database)) == before + 1, at
        assert len(facts(database)) == 3
    assert survived is (deaths.start == 8)


def test_what_nobody_knew_is_fed_again_once_a_program_knows_it_each_partition_its_own(database: Database) -> None:
    publish(database)
    actors = [f"actor-{n}" for n in range(12)]
    by_partition = {n: [a for a in actors if where(f"default/{a}".encode()) == n] for n in range(PARTITIONS)}
    archive = Archive(database)
    for partition, mine in by_partition.items():
        came = [unknown(actor) for actor in mine]
        archive.take(lying(*came, filed(f"other-{partition}", known=False, what="?"), partition=partition))

    archive.take(lying(refeeding(), partition=1, start=len(by_partition[1]) + 1))

    again = logged(database)
    assert sorted(message.actor for message in again if isinstance(message, AboutActor)) == sorted(by_partition[1])
    assert all(
        isinstance(message, AboutActor)
        and message.candidate_identifier == message.candidate_learner == f"identifier-{message.actor}"
        for message in again
    )


def unknown(actor: str) -> FactFiled:
    fact = activity(f"f-{actor}", activity=THEORY)
    return FactFiled(actor=actor, identifier=f"identifier-{actor}", known=False, fact=fact)


def test_the_facts_of_who_is_erased_go_also_where_they_come_once_more(
    database: Database,
) -> None:
    archive = Archive(database)
    end = IdentifierErased(
        tenant="default", actor="ana", erased_at=NOON + 1, nobody="erased-1", identifier="identifier-ana"
    )

    archive.take(lying(filed("f1"), filed("f2", "ben"), end, filed("f1"), end))

    assert facts(database) == {"f2": True}


def test_what_was_decided_of_somebody_new_outlives_the_end_of_who_was_before(database: Database) -> None:
    archive = Archive(database)
    end = IdentifierErased(tenant="default", actor="ana", erased_at=NOON + MINUTE, nobody="erased-1")
    with database.writing() as connection:
        told = [decided("before", NOON), decided("after", NOON + MINUTE)]
        store_filing.file(connection, [Filed("default", "default/ana", one) for one in told])

    archive.take(lying(end))

    assert facts(database) == {"after": True}


def decided(fact_id: str, at: int) -> IdentityDecided:
    return IdentityDecided(
        tenant="default",
        fact_id=fact_id,
        source="console",
        occurred_at=at,
        recorded_at=at,
        received_at=at,
        actor="ana",
        decision="guest",
    )


@pytest.mark.parametrize(
    ("done", "since", "again"),
    [("completed", None, []), ("completed", "4w", ["f2"]), ("passed", None, ["f2"])],
)
def test_where_a_program_asks_more_of_an_activity_it_is_fed_again_once_for_each_who_did_it(
    database: Database, done: str, since: str | None, again: list[str]
) -> None:
    with database.writing() as connection:
        for at, program in enumerate([reader("before", "completed"), reader("after", done, since)]):
            recording.publish(connection, program_at(program, NOON + at))
    archive = Archive(database)
    partition = where(b"default/ana")
    archive.take(lying(filed("f1"), filed("f2"), filed("f3", what="module/2"), partition=partition))

    asked = RefeedingAsked(tenant="default", program="after", version=1)
    archive.take(lying(asked, refeeding(), partition=partition, start=3))

    assert [message.fact.fact_id for message in logged(database) if isinstance(message, AboutActor)] == again
    assert len(logged(database)) == len(again)


def reader(program: str, done: str, since: str | None = None) -> dict[str, Any]:
    """Return a program of one step."""
    evidence = {"source": "lms", "activity": MODULE}
    step = {"id": "e", "stage": "pre_learning", "done": done, "evidence": evidence}
    known = {} if since is None else {"evidence_from": since}
    return {"program": program, "version": 1, "calendar": {"calendar": "plain"}, "steps": [step], **known}


def program_at(definition: dict[str, Any], at: int) -> ProgramPublished:
    return ProgramPublished(
        tenant="default", program=definition["program"], version=1, published_at=at, definition=definition
    )


def test_what_is_no_fact_is_set_aside(database: Database) -> None:
    archive = Archive(database)
    poison = Received(Topic.FACTS, 0, 0, None, encode(about()))

    archive.take([poison, *lying(filed("f1"), start=1)])

    assert [letter.reason for letter in archive.letters] == ["AboutActor is nothing for the facts table"]
    assert facts(database) == {"f1": True}
    with database.reading() as connection:
        assert positions.of_topic(connection, Topic.FACTS) == {0: 2}
