"""What three senders have to say about everybody in a program, and sending it until somebody says that it is kept."""

import queue
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any, Protocol
from uuid import UUID

import httpx

from milepost_schemas.instants import DAY, HOUR, MINUTE, from_text, to_text
from tests.runtimes.serving import facts, webhook, xapi

BEGIN = from_text("2026-09-07T06:00:00Z")
SESSION = BEGIN + 2 * HOUR
END = BEGIN + 45 * DAY
LEARNERS = 24
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


class Installed(Protocol):
    """A Milepost that is run by commands; it has a folder."""

    @property
    def folder(self) -> Path:
        """Return where its files are."""
        ...

    def milepost(self, *arguments: str) -> str:
        """Run a command; return what it says."""
        ...


def set_up(there: Installed) -> dict[str, str]:
    """Add the sources and publish the program; return the keys."""
    at = ["--at", to_text(BEGIN - 30 * DAY)]
    (there.folder / "secret").write_text(SECRET)
    there.milepost("program", "publish", "lockout-tagout", *at)
    return {
        "lms": there.milepost("source", "add", "lms", "--kind", "xapi", *at),
        "office": there.milepost("source", "add", "office", "--kind", "office", *at),
        "zoom": there.milepost("source", "add", "zoom", "--kind", "zoom", "--secret-file", "secret", *at),
    }


class Addressed(Protocol):
    """Where something can be sent to; it waits while there is nobody."""

    def address(self) -> str:
        """Return the address as it is now."""
        ...


def send_until_acknowledged(to: Addressed, request: Request, client: httpx.Client) -> None:
    """Do what real senders do: the same again, until somebody says that it is kept."""
    while True:
        try:
            answer = client.request(**{**request, "url": to.address() + request["url"]}, timeout=30)
        except httpx.HTTPError:
            time.sleep(0.02)
            continue
        if answer.status_code != 503:
            assert answer.is_success, (answer.status_code, answer.text, request)
            return


@dataclass
class Senders:
    """Several senders side by side: what waits is sent, at a pace at which it outlasts what happens meanwhile."""

    to: Addressed
    every: list[Request]
    lasts_seconds: float
    seed: int
    count: int = 4
    broken: list[BaseException] = field(default_factory=list)
    """What went wrong in one of them."""

    _waiting: "queue.SimpleQueue[Request]" = field(default_factory=queue.SimpleQueue)
    _hurry: Event = field(default_factory=Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Send while something happens; then send the rest as fast as it goes."""
        for request in self.every:
            self._waiting.put(request)
        threads = [Thread(target=self._send, args=(random.Random(self.seed * 100 + n),)) for n in range(self.count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._hurry.set()
            for thread in threads:
                thread.join()

    @property
    def are_done(self) -> bool:
        """Whether nothing waits any more: what happens now happens to an idle system, and shows nothing."""
        return self._waiting.empty()

    def _send(self, draw: random.Random) -> None:
        pause = self.lasts_seconds * self.count / len(self.every)
        try:
            with httpx.Client() as client:
                while True:
                    send_until_acknowledged(self.to, self._waiting.get_nowait(), client)
                    self._hurry.wait(draw.uniform(0, 2 * pause))
        except queue.Empty:
            return
        except BaseException as error:
            self.broken.append(error)
