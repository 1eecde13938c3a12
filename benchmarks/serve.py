"""How much one process takes: `milepost serve` from the socket to the rows of its pages, on SQLite and on PostgreSQL.

Learners of the shipped program are enrolled first. Then an LMS sends what they do, in statements of 1.7 kB and requests
of fifty, over HTTP: each begins a module, goes on with it, completes it, tries the quiz, passes it, opens the job aid,
and so again. The clock stops when the last is shown. Then, at half that pace, one fact of each request is followed from
its answer to its row; and last, the memory of the process is looked at while it takes in more. SQLite commits with
synchronous = FULL.

The baseline, in the same run, merely keeps the same requests: a server that reads the JSON and commits a row for each
statement to a SQLite file before it answers. What says most on a machine that others use too is the processor time of
a statement, held against the baseline's. Run it from the root of the repository:

    python -m benchmarks.serve
    python -m benchmarks.serve --database sqlite --memory 300000
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import httpx
from sqlalchemy import Connection, create_engine, text

from benchmarks.learning_platform import PLATFORM, platform_statement
from benchmarks.processor_time import processor_seconds
from benchmarks.running_site import enrollment, mail
from benchmarks.servers import running_postgres

MILEPOST = [sys.executable, "-m", "milepost"]
BASELINE = [sys.executable, "-c", "from benchmarks.merely_kept import main; main()"]
PROGRAM = "lockout-tagout"
THEORY, QUIZ, AID = (
    f"{PLATFORM}/mod/scorm/view.php?id=101#sco",
    f"{PLATFORM}/mod/quiz/view.php?id=102",
    f"{PLATFORM}/mod/resource/view.php?id=104",
)
DONE = (
    (THEORY, "initialized"),
    (THEORY, "progressed"),
    (THEORY, "progressed"),
    (THEORY, "completed"),
    (QUIZ, "attempted"),
    (QUIZ, "answered"),
    (QUIZ, "passed"),
    (AID, "experienced"),
)
"""What each learner does, one after the other."""

BATCH = 50
SENDERS = 4
SHOWN = text(
    "SELECT 1 FROM people p JOIN identifiers i ON i.actor = p.actor JOIN steps s ON s.learner = i.learner "
    "WHERE p.mail = :mail AND s.state = 'done'"
)
READ = text("SELECT (SELECT max(position) FROM log) - (SELECT position FROM positions WHERE reader = 'tracker')")


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers, and its database."""

    name: str
    pid: int
    client: httpx.Client
    database: str
    office: httpx.Client | None = None


def main() -> None:
    asked = _asked()
    print(f"{os.cpu_count()} cores, {asked.learners} learners, {asked.statements} statements in requests of {BATCH}")
    with merely_kept() as server:
        baseline = throughput(server, asked, of="kept")
    for kind in ("sqlite", "postgresql") if asked.database == "both" else (asked.database,):
        with served(kind) as server:
            enroll(server, asked.learners + asked.samples)
            pace = throughput(server, asked, of="shown")
            print(f"  {pace / baseline:.2f} x of merely kept")
            latency(server, asked, pace=pace / 2)
            memory(server, asked)


def throughput(server: Served, asked: argparse.Namespace, *, of: str) -> float:
    """Print how many statements a second are taken and shown, and what the process took; return the latter pace."""
    bodies = [body(begin, asked.learners) for begin in range(0, asked.statements, BATCH)]
    used, began = processor_seconds(server.pid), time.perf_counter()
    send(server, bodies)
    accepted = time.perf_counter() - began
    settle(server)
    took, used = time.perf_counter() - began, processor_seconds(server.pid) - used
    count = int(asked.statements)
    print(
        f"{server.name:<14}{count / accepted:7,.0f} statements/s are taken, {count / took:7,.0f} {of};"
        f" {used / count * 1e6:5.0f} us of its processor time each"
    )
    return count / took


def latency(server: Served, asked: argparse.Namespace, *, pace: float) -> None:
    """Follow one statement of each request to its row, while requests come at this pace."""
    waits: list[float] = []
    with create_engine(server.database).connect() as connection:
        for marked in range(asked.learners, asked.learners + asked.samples):
            begun = time.perf_counter()
            some = [statement(number, number % asked.learners) for number in range(BATCH - 1)]
            some.append(statement(len(DONE) - 2, marked))
            server.client.post("/xapi/statements", json=some).raise_for_status()
            answered = time.perf_counter()
            while not _is_shown(connection, marked):
                time.sleep(0.002)
            waits.append(time.perf_counter() - answered)
            time.sleep(max(0.0, BATCH / pace - (time.perf_counter() - begun)))
    waits.sort()
    print(
        f"  from the answer to the row, at {pace:,.0f} statements/s: median {statistics.median(waits) * 1000:.0f} ms,"
        f" p99 {waits[int(len(waits) * 0.99)] * 1000:.0f} ms"
    )


def memory(server: Served, asked: argparse.Namespace) -> None:
    """Print how much memory the process holds while it takes in more."""
    held = [resident(server.pid)]
    for part in range(10):
        size = asked.memory // 10
        send(server, (body(begin, asked.learners) for begin in range(part * size, (part + 1) * size, BATCH)))
        settle(server)
        held.append(resident(server.pid))
    print(f"  MB held, at first and after each tenth of {asked.memory:,}: {' '.join(f'{each:.0f}' for each in held)}")


# --- what is sent ----------------------------------------------------------------------------------------------------


def statement(number: int, learner: int) -> dict[str, object]:
    """Return a statement of about 1.7 kB, as a learning platform sends it."""
    activity, verb = DONE[number % len(DONE)]
    actor = {"name": f"Learner {learner}", "mbox": f"mailto:{mail(learner)}", "objectType": "Agent"}
    timestamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{number % 1000:03}Z"
    return platform_statement(actor, verb, activity, {"duration": f"PT{number % 59}M25S"}, timestamp)


def body(begin: int, learners: int) -> bytes:
    """Return the next fifty statements: one of each learner, then the next of each."""
    return json.dumps(
        [statement(number // learners, number % learners) for number in range(begin, begin + BATCH)]
    ).encode()


def send(server: Served, bodies: Iterable[bytes]) -> None:
    """Send requests by a few connections, each of which waits for its answers."""
    left, turn = iter(bodies), Lock()

    def sender(_: int) -> None:
        while True:
            with turn:
                each = next(left, None)
            if each is None:
                return
            server.client.post("/xapi/statements", content=each).raise_for_status()

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(sender, range(SENDERS)))


def enroll(server: Served, learners: int) -> None:
    """Enroll learners, and wait until they are shown."""
    assert server.office is not None
    people = [enrollment(number, program=PROGRAM) for number in range(learners)]
    for begin in range(0, len(people), 500):
        server.office.post("/v1/facts", json=people[begin : begin + 500]).raise_for_status()
    settle(server)


def settle(server: Served) -> None:
    """Return when everything is shown; what is merely kept is not waited for."""
    if server.office is None:
        return
    with create_engine(server.database).connect() as connection:
        while connection.execute(READ).scalar_one() > 0:
            connection.rollback()
            time.sleep(0.01)


def _is_shown(connection: Connection, number: int) -> bool:
    found = connection.execute(SHOWN, {"mail": mail(number)}).first()
    connection.rollback()
    return found is not None


# --- what is measured ------------------------------------------------------------------------------------------------


@contextmanager
def served(kind: str) -> Iterator[Served]:
    """Run a server on an empty database of this kind, with the program and two sources."""
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder, database(kind, folder) as url:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
        environment = {**clean, "MILEPOST_DATABASE": url, "MILEPOST_LOG_LEVEL": "error",
                       "MILEPOST_SERVER_KEY_FILE": f"{folder}/milepost.key"}  # fmt: skip
        keys = {
            name: _ran(environment, "source", "add", name, "--kind", of)
            for name, of in (("lms", "xapi"), ("office", "office"))
        }
        _ran(environment, "program", "publish", PROGRAM)
        with running([*MILEPOST, "serve", "--port", "0"], environment) as (pid, address):
            clients = [_client(address, keys[name]) for name in ("lms", "office")]
            with clients[0] as lms, clients[1] as office:
                yield Served(f"serve, {kind}", pid, lms, url, office)


@contextmanager
def merely_kept() -> Iterator[Served]:
    """Run the baseline."""
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
        url = f"sqlite:///{folder}/kept.db"
        with (
            running([*BASELINE, f"{folder}/kept.db"], dict(os.environ)) as (pid, address),
            _client(address, "-") as client,
        ):
            yield Served("merely kept", pid, client, url)


@contextmanager
def database(kind: str, folder: str) -> Iterator[str]:
    """Give the URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/milepost.db"
    else:
        with running_postgres() as url:
            yield url


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Run a server until the end; give its process and the address that it prints."""
    process = subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.pid, process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)


def _ran(environment: Mapping[str, str], *arguments: str) -> str:
    ran = subprocess.run([*MILEPOST, *arguments], env=dict(environment), capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def _client(address: str, key: str) -> httpx.Client:
    headers = {
        "Authorization": f"Bearer {key}",
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
    }
    return httpx.Client(base_url=address, headers=headers, timeout=60)


def resident(pid: int) -> float:
    """Return how many MB of memory a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--learners", type=int, default=1000)
    parser.add_argument("--statements", type=int, default=10_000)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--memory", type=int, default=10_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
