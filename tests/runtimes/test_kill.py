"""Killed at any moment under load, the real process loses nothing that it acknowledged and concludes nothing twice."""

import queue
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import select

from milepost.store import dead_letters, log, recording
from milepost.store.database import Database
from milepost.store.showing import gap_rows, journey_rows, participant_rows, seat_rows, session_rows
from milepost.store.tables import accepted, kept, shown
from milepost.tracker.cascade import Cascade
from milepost.tracker.memory import MemoryKeep
from milepost_schemas.instants import DAY, HOUR, MINUTE, from_text, to_text
from milepost_schemas.projections import LearnerProjected, OfferingProjected, Projected
from milepost_schemas.topics import decode
from tests.runtimes.serving import Served, facts, webhook, xapi

BEGIN = from_text("2026-09-07T06:00:00Z")
SESSION = BEGIN + 2 * HOUR
END = BEGIN + 45 * DAY
LEARNERS = 24
KILLS = 5
SENDERS = 6
SECRET = "zoom's own"

Request = dict[str, Any]


def address(n: int) -> str:
    return f"learner-{n}@example.org"


def requests(keys: dict[str, str], draw: random.Random) -> list[Request]:
    """What three senders have to say about everybody, shuffled, some of it more than once."""
    every = [facts(keys["office"], offering("spring-1")), facts(keys["office"], offering("spring-2"))]
    for n in range(LEARNERS):
        every += [facts(keys["office"], *joins_program(n)), *statements(keys["lms"], n, draw), *presence(n, draw)]
    every += draw.sample(every, len(every) // 5)
    draw.shuffle(every)
    return every


def offering(name: str) -> Request:
    return {
        "type": "offering_scheduled", "id": f"schedule-{name}", "offering": name, "course": "LOTO-PRACTICE",
        "recorded_at": to_text(BEGIN - 20 * DAY), "cohort": "spring",
        "sessions": [{
            "session": f"{name}-a", "start_at": to_text(SESSION), "end_at": to_text(SESSION + HOUR),
            "channels": [{"name": "remote", "source": "zoom", "meeting": f"81{name[-1]}"}],
        }],
    }  # fmt: skip


def joins_program(n: int) -> list[Request]:
    person = {"mail": address(n), "name": f"Learner {n}"}
    at = to_text(BEGIN - 14 * DAY + n * MINUTE)
    enrolled = {"type": "learner_enrolled", "program": "lockout-tagout", "cohort": "spring"}
    booked = {"type": "seat_changed", "offering": f"spring-{1 + n % 2}", "state": "booked"}
    return [
        {**enrolled, "id": f"enrolled-{n}", "person": person, "occurred_at": at},
        {**booked, "id": f"booked-{n}", "person": person, "occurred_at": at},
    ]


def statements(key: str, n: int, draw: random.Random) -> Iterator[Request]:
    done = [statement(n, "completed", "https://lms.example.com/mod/scorm/view.php?id=101#sco", draw)]
    if n % 3:
        done.append(statement(n, "passed", "https://lms.example.com/mod/quiz/view.php?id=102", draw))
    if n % 4 == 0:
        done.append({**statement(n, "voided", "", draw), "object": {"objectType": "StatementRef", "id": done[0]["id"]}})
    draw.shuffle(done)
    yield xapi(key, done) if n % 2 else xapi(key, done[:1])
    yield from (xapi(key, [one]) for one in done[1:] if n % 2 == 0)


def statement(n: int, verb: str, activity: str, draw: random.Random) -> Request:
    return {
        "id": str(UUID(int=draw.getrandbits(128), version=4)),
        "actor": {"mbox": f"mailto:{address(n)}"},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"id": activity},
        "timestamp": to_text(BEGIN - 3 * DAY + draw.randrange(DAY)),
    }


def presence(n: int, draw: random.Random) -> Iterator[Request]:
    """Everybody but each fifth comes; some without an address, some without a sign that they left."""
    meeting = f"81{1 + n % 2}"
    if n % 5 == 0:
        yield zoom("meeting.ended", meeting, {})
        return
    who = {"user_id": str(n), "user_name": f"Learner {n}", "participant_uuid": f"p{n}"}
    who["email"] = "" if n % 7 == 0 else address(n)
    joined = SESSION + draw.randrange(10) * MINUTE
    yield zoom("meeting.participant_joined", meeting, {**who, "join_time": to_text(joined)})
    if n % 6:
        yield zoom("meeting.participant_left", meeting, {**who, "leave_time": to_text(joined + 50 * MINUTE)})


def zoom(name: str, meeting: str, participant: Request) -> Request:
    about = {"id": meeting, "uuid": f"u{meeting}", "start_time": to_text(SESSION), "end_time": to_text(SESSION + HOUR)}
    payload = {"account_id": "a", "object": {**about, **({"participant": participant} if participant else {})}}
    return webhook("zoom", SECRET, SESSION + HOUR, {"event": name, "event_ts": SESSION + HOUR, "payload": payload})


def send_until_acknowledged(served: Served, request: Request, client: httpx.Client) -> None:
    """Do what real senders do: the same again, until somebody says that it is kept."""
    while True:
        try:
            answer = client.request(**{**request, "url": served.address() + request["url"]}, timeout=30)
        except httpx.HTTPError:
            time.sleep(0.02)
            continue
        if answer.status_code != 503:
            assert answer.is_success, (answer.status_code, answer.text, request)
            return


def load(served: Served, waiting: "queue.SimpleQueue[Request]", broken: list[BaseException]) -> None:
    try:
        with httpx.Client() as client:
            while True:
                send_until_acknowledged(served, waiting.get_nowait(), client)
    except queue.Empty:
        return
    except BaseException as error:
        broken.append(error)


def tick_now_and_then(served: Served, ended: Event, broken: list[BaseException]) -> None:
    at = SESSION + 2 * HOUR
    try:
        while not ended.wait(0.2):
            at += MINUTE
            try:
                served.set_clock(at)
            except httpx.HTTPError:
                continue
    except BaseException as error:
        broken.append(error)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_acknowledged_outlives_being_killed_at_any_moment(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    with Served(tmp_path, "--clock", "manual") as served:
        every = requests(set_up(served), draw)
        served.start()
        served.set_clock(SESSION + 2 * HOUR)
        send_and_kill(served, every, draw)
        served.set_clock(END)
        served.kill()

    database = Database(tmp_path / "milepost.db")
    assert_nothing_is_missing(database, every)
    assert_nothing_was_concluded_twice(database)
    assert_shown_is_what_the_pure_fold_shows(database)
    database.close()


def set_up(served: Served) -> dict[str, str]:
    """Add the sources and publish the program; return the keys."""
    at = ["--at", to_text(BEGIN - 30 * DAY)]
    (served.folder / "secret").write_text(SECRET)
    served.milepost("program", "publish", "lockout-tagout", *at)
    return {
        "lms": served.milepost("source", "add", "lms", "--kind", "xapi", *at),
        "office": served.milepost("source", "add", "office", "--kind", "office", *at),
        "zoom": served.milepost("source", "add", "zoom", "--kind", "zoom", "--secret-file", "secret", *at),
    }


def send_and_kill(served: Served, every: list[Request], draw: random.Random) -> None:
    """Have several senders send everything, while the process is killed several times and its clock moves."""
    waiting: queue.SimpleQueue[Request] = queue.SimpleQueue()
    for request in every:
        waiting.put(request)
    broken: list[BaseException] = []
    ended = Event()
    ticker = Thread(target=tick_now_and_then, args=(served, ended, broken))
    senders = [Thread(target=load, args=(served, waiting, broken)) for _ in range(SENDERS)]
    for thread in (*senders, ticker):
        thread.start()
    for _ in range(KILLS):
        time.sleep(draw.uniform(0.05, 0.6))
        assert not waiting.empty()
        served.kill()
        served.start()
    for thread in senders:
        thread.join()
    ended.set()
    ticker.join()
    assert broken == []


def assert_nothing_is_missing(database: Database, every: list[Request]) -> None:
    with database.reading() as connection:
        ids = set(connection.execute(select(accepted.statements.c.statement_id)).scalars())
        bodies = set(connection.execute(select(accepted.raw_messages.c.body)).scalars())
        assert recording.position(connection) == log.end(connection)
        assert dead_letters.count(connection) == 0
        filed = set(connection.execute(select(kept.facts.c.fact_id)).scalars())
    messages = everything_logged(database)
    for request in every:
        if request["url"] == "/xapi/statements":
            assert ids >= {statement["id"] for statement in request["json"]}
        elif "content" in request:
            assert request["content"].encode() in bodies
    told = {message.fact.fact_id for message in messages if hasattr(message, "fact")}
    assert filed >= told


def assert_nothing_was_concluded_twice(database: Database) -> None:
    sequences: dict[str, list[str]] = defaultdict(list)
    with database.reading() as connection:
        rows = connection.execute(select(shown.changes).order_by(shown.changes.c.number)).mappings().all()
    for row in rows:
        if row["gap_id"] and "severity" not in row["type"]:
            sequences[row["gap_id"]].append(row["type"])
    assert sequences
    for told in sequences.values():
        assert all(one != other for one, other in pairwise(told)), told


def assert_shown_is_what_the_pure_fold_shows(database: Database) -> None:
    keep = MemoryKeep(tracking_from=BEGIN - 30 * DAY)
    cascade = Cascade(keep)
    cascade.take(everything_logged(database))
    cascade.tick("default", END)

    learners = [row for row in keep.rows.values() if isinstance(row, LearnerProjected)]
    offerings = [row for row in keep.rows.values() if isinstance(row, OfferingProjected)]
    assert len(learners) >= LEARNERS
    assert rows(database, shown.journeys) == comparable(row for one in learners for row in journey_rows(one))
    assert rows(database, shown.seats) == comparable(row for one in learners for row in seat_rows(one))
    assert rows(database, shown.sessions) == comparable(row for one in offerings for row in session_rows(one))
    assert rows(database, shown.participants) == comparable(row for one in offerings for row in participant_rows(one))
    standing = [gap for gap in rows(database, shown.gaps) if gap["state"] in ("open", "mitigated")]
    projected: list[Projected] = [*learners, *offerings]
    expected = comparable(row for one in projected for row in gap_rows(one))
    assert standing == [gap for gap in expected if gap["state"] in ("open", "mitigated")]
    assert standing


def everything_logged(database: Database) -> list[Any]:
    with database.reading() as connection:
        return [decode(entry.body.encode()) for entry in log.read(connection, 0, limit=1_000_000)]


TOLD = ("opened_at", "changed_at", "as_of", "version", "told", "severity", "urgency", "shown_by")
"""What depends on when something was told, and not on what is true."""


def rows(database: Database, table: Any) -> list[Any]:
    with database.reading() as connection:
        return comparable(connection.execute(select(table)).mappings().all())


def comparable(found: Any) -> list[Any]:
    """Return rows in one order, opened up, without what depends on when it was told."""
    opened = []
    for row in found:
        whole = {name: value for name, value in dict(row).items() if name not in ("row", "tenant")}
        whole |= msgspec.json.decode(row["row"]) if "row" in row else {}
        opened.append({name: value for name, value in whole.items() if name not in TOLD})
    return sorted(opened, key=repr)
