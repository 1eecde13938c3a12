"""The embedded runtime on PostgreSQL: the same stories, kills, and a database server that goes and comes back."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from milepost.runtimes.local.postgres import LocalPostgres
from milepost.store import dead_letters, log, recording
from milepost.store.database import Database
from milepost.store.tables import accepted
from milepost.stories import read_story, run_story
from milepost.stories.hosts import EmbeddedHost
from milepost.stories.reports import as_text
from milepost.stories.served import ServedWorld
from milepost.stories.story import Story
from milepost_schemas.instants import DAY, HOUR, to_text
from tests.runtimes.killing import send_and_kill
from tests.runtimes.oracle import (
    assert_nothing_is_missing,
    assert_nothing_was_concluded_twice,
    assert_shown_is_what_the_pure_fold_shows,
)
from tests.runtimes.serving import Served, facts, xapi
from tests.runtimes.traffic import BEGIN, END, SESSION, Request, offering, requests, set_up, zoom
from tests.services.databases import Server
from tests.services.waiting import wait_until
from tests.stories.suite import SUITE, told_as

FEW = ("guest", "outage_of_ours", "plan_and_relapse", "second_account", "void_and_resend", "waitlist_and_excuse")
PATIENCE = 60


@pytest.fixture
def world(postgres: Server) -> Iterator[Callable[[Story], ServedWorld]]:
    """What makes a served world on a database of its own."""
    with ExitStack() as stack:

        def start(begins_at: int) -> EmbeddedHost:
            return EmbeddedHost(begins_at, place=lambda _: stack.enter_context(postgres.fresh_database()))

        yield lambda story: ServedWorld(story, host=start)


@pytest.mark.slow
@pytest.mark.parametrize("file", [file for file in SUITE if file.stem in FEW], ids=told_as)
def test_the_story_is_true_over_http_and_postgresql(file: Path, world: Callable[[Story], ServedWorld]) -> None:
    outcome = run_story(read_story(file), seed=1, make=world)

    assert outcome.passed, as_text([outcome])


@pytest.mark.slow
def test_what_was_acknowledged_outlives_being_killed_at_any_moment_on_postgresql(
    tmp_path: Path, postgres_url: str
) -> None:
    draw = random.Random(3)
    with Served(tmp_path, "--clock", "manual", database=postgres_url) as served:
        every = requests(set_up(served), draw)
        served.start()
        served.set_clock(SESSION + 2 * HOUR)
        send_and_kill(served, every, draw)
        served.set_clock(END)
        served.kill()

    database = Database(postgres_url)
    assert_nothing_is_missing(database, every)
    assert_nothing_was_concluded_twice(database)
    assert_shown_is_what_the_pure_fold_shows(database)
    database.close()


class Sender(Thread):
    """Sends one statement after the other, each once, and keeps what was answered."""

    def __init__(self, address: str, key: str) -> None:
        super().__init__()
        self._address = address
        self._key = key
        self._ended = False
        self._broken: BaseException | None = None
        self.acknowledged: list[str] = []
        self.refused: list[httpx.Response] = []

    def run(self) -> None:
        try:
            with httpx.Client(base_url=self._address, timeout=PATIENCE) as client:
                number = 0
                while not self._ended:
                    number += 1
                    self._send(client, uuid(number))
        except BaseException as error:
            self._broken = error

    def end(self) -> None:
        self._ended = True
        self.join(PATIENCE)
        assert not self.is_alive()
        assert self._broken is None

    def _send(self, client: httpx.Client, statement_id: str) -> None:
        answer = client.request(**xapi(self._key, [completed(statement_id)]))
        if answer.is_success:
            self.acknowledged.append(statement_id)
        else:
            self.refused.append(answer)


def completed(statement_id: str, **changes: Any) -> Request:
    return {
        "id": statement_id,
        "actor": {"mbox": "mailto:ana@example.org", "name": "Ana"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://lms.example.com/mod/scorm/view.php?id=101#sco"},
        **changes,
    }


@pytest.mark.slow
def test_while_the_database_is_away_nothing_is_acknowledged_and_afterwards_nothing_is_missing(
    tmp_path: Path, own_postgres: Callable[[], LocalPostgres]
) -> None:
    server = own_postgres()
    with Served(tmp_path, database=server.url()) as served:
        key = served.milepost("source", "add", "lms", "--kind", "xapi")
        served.start()
        sender = Sender(served.address(), key)
        sender.start()
        wait_until(lambda: len(sender.acknowledged) > 20)

        server.kill()
        wait_until(lambda: len(sender.refused) > 20)
        server.start()
        before = len(sender.acknowledged)
        wait_until(lambda: len(sender.acknowledged) > before + 20)
        sender.end()

        database = Database(server.url())
        wait_until(lambda: taken_in(database))
        wait_until(lambda: httpx.get(served.address() + "/health/ready").is_success)
        assert served.starts == 1
        served.stop()

    assert {answer.status_code for answer in sender.refused} == {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in sender.refused)
    with database.reading() as connection:
        kept = set(connection.execute(select(accepted.statements.c.statement_id)).scalars())
    database.close()
    assert kept >= set(sender.acknowledged)


FORBID = "CREATE TRIGGER shut BEFORE INSERT OR UPDATE ON {} EXECUTE FUNCTION shut()"
SHUT = {
    "full": "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'",
    "slow": "RAISE EXCEPTION 'canceling statement due to statement timeout' USING ERRCODE = 'query_canceled'",
    "read-only": "RAISE EXCEPTION 'cannot execute INSERT in a read-only transaction' USING ERRCODE = '25006'",
}


@pytest.mark.slow
@pytest.mark.parametrize("why", SHUT)
def test_while_the_database_takes_nothing_nothing_is_acknowledged_and_then_it_goes_on_by_itself(
    tmp_path: Path, postgres_url: str, why: str
) -> None:
    database = Database(postgres_url)
    with Served(tmp_path, database=postgres_url) as served:
        key = served.milepost("source", "add", "lms", "--kind", "xapi")
        served.start()
        sender = Sender(served.address(), key)
        sender.start()
        wait_until(lambda: len(sender.acknowledged) > 20)

        shut(database, SHUT[why])
        wait_until(lambda: len(sender.refused) > 20)
        metrics = httpx.get(served.address() + "/metrics").text
        stood, since = ticked_at(database), time.monotonic()
        wait_until(lambda: time.monotonic() > since + 3)
        assert ticked_at(database) == stood
        with database.writing() as connection:
            connection.exec_driver_sql("DROP FUNCTION shut CASCADE")
        before = len(sender.acknowledged)
        wait_until(lambda: len(sender.acknowledged) > before + 20)
        sender.end()

        wait_until(lambda: taken_in(database) and ticked_at(database) > stood)
        assert served.starts == 1
        served.stop()

    assert {(answer.status_code, answer.headers["Retry-After"]) for answer in sender.refused} == {(503, "10")}
    assert 'milepost_requests_refused_total{reason="store_unavailable",route="/xapi/statements"}' in metrics
    with database.reading() as connection:
        kept = set(connection.execute(select(accepted.statements.c.statement_id)).scalars())
    database.close()
    assert kept >= set(sender.acknowledged)


def shut(database: Database, body: str) -> None:
    """Have the server answer every write of the log, and of a tick, as one does that takes none."""
    function = f"CREATE FUNCTION shut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; END $$"
    with database.writing() as connection:
        connection.exec_driver_sql(function)
        for table in ("log", "ticks", "positions"):
            connection.exec_driver_sql(FORBID.format(table))


def ticked_at(database: Database) -> int:
    with database.reading() as connection:
        return recording.ticked_at(connection, "default") or 0


def taken_in(database: Database) -> bool:
    with database.reading() as connection:
        return recording.position(connection) == log.end(connection)


NUL = "a\0b"
ANA = {"mail": "ana@example.org", "name": "Ana"}
SCHEDULED = offering("spring-1")

STRANGE_STATEMENTS: tuple[Request, ...] = (
    {"actor": {"mbox": "mailto:ana@example.org", "name": NUL}},
    {"actor": {"account": {"homePage": "https://lms.example.com", "name": NUL}}},
    {"object": {"id": "https://lms.example.com/1", "definition": {"name": {"en": NUL}}}},
    {"result": {"response": NUL}},
    {"context": {"platform": NUL, "extensions": {"https://lms.example.com/e": {NUL: NUL}}}},
)
ENROLLED = {"type": "learner_enrolled", "id": "e", "program": "lockout-tagout", "occurred_at": to_text(BEGIN)}
STRANGE_FACTS: tuple[Request, ...] = (
    {**SCHEDULED, "title": NUL},
    {**SCHEDULED, "sessions": [{**SCHEDULED["sessions"][0], "instructors": [NUL]}]},
    {**ENROLLED, "person": {**ANA, "name": NUL}},
    {**ENROLLED, "person": {"mail": f"{NUL}@example.org"}},
    {**ENROLLED, "person": {"account": {"home_page": f"https://lms.example.com/{NUL}", "name": "ana"}}},
    {**ENROLLED, "person": ANA, "cohort": NUL},
    {**ENROLLED, "person": ANA, "id": NUL},
)
STRANGE_PARTICIPANTS: tuple[Request, ...] = (
    {"user_name": NUL, "email": "ana@example.org", "participant_uuid": "p"},
    {"user_name": "Ana", "email": f"{NUL}@example.org", "participant_uuid": "p"},
    {"user_name": "Ana", "email": "", "participant_uuid": NUL},
)


@pytest.mark.slow
def test_a_nul_in_what_a_sender_says_is_kept_or_refused_for_good_and_stops_nobody(
    tmp_path: Path, postgres_url: str
) -> None:
    with Served(tmp_path, "--clock", "manual", database=postgres_url) as served:
        keys = set_up(served)
        served.start()
        served.set_clock(SESSION + HOUR)
        strange = [
            *(xapi(keys["lms"], [completed(uuid(n), **each)]) for n, each in enumerate(STRANGE_STATEMENTS)),
            *(facts(keys["office"], each) for each in STRANGE_FACTS),
            *(zoom("meeting.participant_joined", "811", {**each, "join_time": to_text(SESSION)})
              for each in STRANGE_PARTICIPANTS),
        ]  # fmt: skip
        answers = [httpx.request(**at(served, request)) for request in strange]
        served.set_clock(END)
        assert httpx.get(served.address() + "/health/ready").is_success
        served.stop()

    assert {answer.status_code for answer in answers} <= {200, 204, 400}, [answer.text for answer in answers]
    database = Database(postgres_url)
    with database.reading() as connection:
        assert recording.position(connection) == log.end(connection)
        assert dead_letters.count(connection) == 0
    database.close()


def uuid(number: int) -> str:
    return str(UUID(int=number | 4 << 76 | 8 << 60))


def at(served: Served, request: Request) -> Request:
    return {**request, "url": served.address() + request["url"]}


def test_pages_are_shown_from_postgresql(tmp_path: Path, postgres_url: str) -> None:
    at_begin = ("--at", to_text(BEGIN - DAY))
    with Served(tmp_path, "--clock", "manual", database=postgres_url) as served:
        served.milepost("program", "publish", "lockout-tagout", *at_begin)
        key = served.milepost("source", "add", "lms", "--kind", "xapi", *at_begin)
        served.start()
        httpx.request(**at(served, xapi(key, [completed(uuid(1))])))
        served.set_clock(BEGIN)
        pages = ["/", "/gaps?q=An%C3%A4", "/programs", "/programs/lockout-tagout", "/learners?q=an", "/sessions",
                 "/sessions?when=past", "/unmatched", "/metrics", "/health/ready"]  # fmt: skip
        shown = {page: httpx.get(served.address() + page, follow_redirects=True).status_code for page in pages}
        said = served.milepost("source", "list")
        served.stop()

    assert shown == dict.fromkeys(pages, 200)
    assert "lms" in said
