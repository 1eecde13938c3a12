"""What a statement costs the archive and the projector, the database's side included.

The archive of a site takes requests in, relays the log and files facts; the projector writes what records show. Here
each of them is given its messages as Kafka would give them, and sends to nobody; the database is a PostgreSQL of its
own, made for this run. Every stage is run twice in the same run: one message per transaction, and as many as come at
once. What counts is processor time for each statement, of this process and of all processes of the server, and how
often the server was asked. Run it from the root of the repository:

    python -m benchmarks.archive --statements 20000
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from sqlalchemy import event, insert

from benchmarks.gateway_http import statement
from benchmarks.running_site import descendants
from benchmarks.servers import running_postgres
from milepost.broker.inbox import Received
from milepost.broker.partitioning import partition_of
from milepost.clock import SystemClock
from milepost.gateway.batches import Batch
from milepost.sources.xapi import read_statements
from milepost.store import tenants
from milepost.store.database import Database
from milepost.store.migrate import migrate
from milepost.store.sources import Source
from milepost.store.tables import accepted
from milepost.store.vault import Vault
from milepost.tracker.archive.filing import Filing
from milepost.tracker.archive.relaying import Relaying
from milepost.tracker.archive.taking import taking
from milepost.tracker.exactly_once import ExactlyOnce
from milepost.tracker.projector import projecting_work, writing_shown
from milepost_schemas.changes import StepCompleted
from milepost_schemas.messages import AboutActor, FactFiled
from milepost_schemas.projections import GapRow, JourneyRow, LearnerProjected, StepRow
from milepost_schemas.submissions import RawMessage, Submission
from milepost_schemas.topics import Message, Topic, address, encode

PARTITIONS = 12
STEPS = 12
LEARNERS = 3_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What one statement took: microseconds of processor time, here and of the server, and questions to the server."""

    ours: float
    servers: float
    questions: float

    @property
    def both(self) -> float:
        return self.ours + self.servers


class Nowhere:
    """An outbox whose messages nobody gets."""

    def __init__(self) -> None:
        self.sent = 0

    def send(self, *_: object) -> None:
        self.sent += 1

    def settle(self) -> None:
        pass


class Bench:
    """One database, and what is done to it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._questions = 0
        for name in ("before_cursor_execute", "commit", "begin"):
            event.listen(database.engine, name, self._asked)

    def take(self, requests: Sequence[Submission], *, at_once: int) -> Cost:
        once = ExactlyOnce(taking(lambda _: None), self._database.writing, _no_letter)
        return self._all(once, Topic.RAW_MESSAGES, requests, at_once, sum(len(each.statements) for each in requests))

    def relay(self, *, statements: int) -> Cost:
        outbox = Nowhere()
        relaying = Relaying(self._database, outbox, _where, partitions=PARTITIONS, done=lambda _: None)

        def relay_all() -> None:
            while relaying.relay():
                pass

        cost = self._measured(relay_all, statements)
        assert outbox.sent >= statements
        return cost

    def file(self, facts: Sequence[FactFiled], *, at_once: int) -> Cost:
        work = Filing(SystemClock(), _where).work(lambda _: None)
        once = ExactlyOnce(work, self._database.writing, _no_letter)
        return self._all(once, Topic.FACTS, facts, at_once, len(facts))

    def project(self, shown: Sequence[LearnerProjected], *, at_once: int) -> Cost:
        once = ExactlyOnce(projecting_work(lambda _: None), writing_shown(self._database), _no_letter)
        return self._all(once, Topic.PROJECTIONS, shown, at_once, len(shown))

    def _all(
        self, once: ExactlyOnce[Any], topic: Topic, messages: Sequence[Message], at_once: int, statements: int
    ) -> Cost:
        with self._database.reading() as connection:
            begun = once.begin(connection, range(PARTITIONS))
        lying = list(_lying(topic, messages, dict(begun)))

        def take_all() -> None:
            for first in range(0, len(lying), at_once):
                once.take(lying[first : first + at_once])

        return self._measured(take_all, statements)

    def _measured(self, do: Callable[[], None], statements: int) -> Cost:
        self._questions = 0
        ours, servers = time.process_time(), _server_seconds()
        do()
        ours, servers = time.process_time() - ours, _server_seconds() - servers
        return Cost(ours / statements * 1e6, servers / statements * 1e6, self._questions / statements)

    def _asked(self, *_: object) -> None:
        self._questions += 1


def main() -> None:
    asked = _asked()
    with running_postgres() as url, closing(Database(url)) as database:
        migrate(database)
        _lay_out(database)
        bench = Bench(database)
        _warm_up(bench)
        print(f"{'microseconds of processor time, and questions, per statement':66}    ours  server   both  questions")
        facts = _archive(bench, asked.statements)
        _compare("filing", bench.file(facts[::10], at_once=1), bench.file(facts, at_once=500), 500)
        _project(bench, asked.statements)


def _archive(bench: Bench, statements: int) -> list[FactFiled]:
    """Take requests of many statements and of one, and relay the log; return facts to be filed."""
    facts: list[FactFiled] = []
    for name, per_request, at_once in (("of 50", 50, 20), ("of one", 1, 500)):
        some = bench.take(_requests(max(1, statements // 10 // per_request), per_request), at_once=1)
        requests = _requests(max(1, statements // per_request), per_request)
        _compare(f"taking requests {name}", some, bench.take(requests, at_once=at_once), at_once)
        facts = [_filed(each) for each in _messages(requests)]
    _tell("relaying the log", bench.relay(statements=statements * 2 + statements // 5))
    return facts


def _project(bench: Bench, statements: int) -> None:
    bench.project(list(_shown(0)), at_once=500)
    shown = [each for version in range(1, statements // LEARNERS + 2) for each in _shown(version)][:statements]
    alone = [replace(each, version=10**6) for each in shown[: LEARNERS // 10]]
    _compare("projecting", bench.project(alone, at_once=1), bench.project(shown, at_once=500), 500)


def _compare(what: str, alone: Cost, together: Cost, at_once: int) -> None:
    _tell(f"{what}, one per transaction", alone)
    _tell(f"{what}, {at_once} per transaction: {alone.both / together.both:.1f} x as cheap", together)


def _tell(what: str, cost: Cost) -> None:
    print(f"{what:66}{cost.ours:8.0f}{cost.servers:8.0f}{cost.both:7.0f}{cost.questions:11.3f}", flush=True)


def _warm_up(bench: Bench) -> None:
    requests = _requests(20, 50)
    bench.take(requests, at_once=5)
    bench.file([_filed(each) for each in _messages(requests)], at_once=100)


# --- what comes by the topics ----------------------------------------------------------------------------------------


def _requests(count: int, per_request: int) -> list[Submission]:
    """Return requests as a gateway hands them over; learners come in turns."""
    services: Any = SimpleNamespace(vault=Vault(b"k" * 32))
    source = Source("default", "lms", "xapi", 0, has_secret=False)
    clock, found = SystemClock(), []
    for number in range(count):
        body = json.dumps([statement(number * per_request + place) for place in range(per_request)]).encode()
        batch = Batch(services, source, {"name": "lms"}, read_statements(body), "1.0.3")
        found.append(batch.submission(clock.now(), RawMessage(route="/xapi/statements", body=body)))
    return found


def _messages(requests: Sequence[Submission]) -> list[AboutActor]:
    return [
        message
        for request in requests
        for each in request.statements
        for message in each.messages
        if isinstance(message, AboutActor)
    ]


def _filed(about: AboutActor) -> FactFiled:
    fact = replace(about.fact, fact_id=str(uuid4()))
    return FactFiled(actor=about.actor, identifier=about.candidate_identifier, known=True, fact=fact)


def _shown(version: int) -> Iterator[LearnerProjected]:
    """Yield every learner once: at each version one step more is done."""
    for number in range(LEARNERS):
        name, at = f"learner-{number:032}", 1_790_000_000_000 + version
        done = version % (STEPS + 1)
        gap = GapRow(gap_id=f"gap-{name}", gap="never_started", subject_kind="journey", subject=name, about="",
                     state="open" if done == 0 else "resolved", severity="warning", since=0, opened_at=0,
                     changed_at=0, learner=name, program="course", values={"enrolled_at": 0})  # fmt: skip
        steps = tuple(
            StepRow(step=f"step-{n}", stage="pre_learning", state="done" if n < done else "due", due_at=at // 1000,
                    done_at=n if n < done else None, shown_by=(f"fact-{n}",) if n < done else ())
            for n in range(STEPS)
        )  # fmt: skip
        journey = JourneyRow(program="course", version=1, cohort=f"cohort-{number % 40}", enrolled_at=0,
                             enrolled_by="e", state="active", stage="pre_learning", steps=steps)  # fmt: skip
        change = StepCompleted(tenant="default", at=at, learner=name, program="course", step=f"step-{done}", done_at=at)
        yield LearnerProjected(tenant="default", learner=name, version=version, as_of=at, journeys=(journey,),
                               gaps=(gap,), changes=(change,))  # fmt: skip


def _lying(topic: Topic, messages: Sequence[Message], ends: dict[int, int]) -> Iterator[Received]:
    """Yield messages as they would lie in their partitions, past what was read already."""
    for message in messages:
        key = address(message).key.encode()
        partition = _where(key)
        offset = ends.get(partition, 0)
        ends[partition] = offset + 1
        yield Received(topic, partition, offset, key, encode(message))


def _where(key: bytes) -> int:
    return partition_of(key, PARTITIONS)


def _no_letter(letter: object) -> None:
    raise SystemExit(f"something was set aside: {letter}")


# --- the server ------------------------------------------------------------------------------------------------------


def _server_seconds() -> float:
    """Return how long the processes of our server have worked, those that have ended included."""
    return sum(seconds for name, seconds in descendants(os.getpid()).values() if name == "postgres")


def _lay_out(database: Database) -> None:
    with database.writing() as connection:
        tenants.open_tenant(connection, "default", at=0)
        row = {"tenant": "default", "name": "lms", "kind": "xapi", "created_at": 0}
        connection.execute(insert(accepted.sources), row)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--statements", type=int, default=20_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
