"""How many statements a second one gateway takes over HTTP: embedded beside Kafka, in batches of fifty and one by one.

Both gateways are processes of their own on this machine, sent to in turns in the same run by a few plain connections
that stay open; the database is a SQLite file for either, which on Kafka is only read from. What counts is statements
for each second of the gateway's own processor time, its threads included: the broker and the senders run on the same
cores. Medians of the rounds are compared. Run it from the root of the repository:

    python -m benchmarks.gateway_http
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from uuid import uuid4

from confluent_kafka.admin import AdminClient

from benchmarks.learning_platform import PLATFORM, platform_statement
from benchmarks.processor_time import processor_seconds
from benchmarks.servers import running_kafka, running_postgres

PYTHON = [sys.executable, "-m", "milepost"]
ROUNDS = 3
SENDERS = 8
LOADS = {"batches of 50": (50, 480), "single": (1, 6_000)}
"""How many statements a request has, and how many requests make a round."""


@dataclass(frozen=True, slots=True)
class Server:
    """A gateway that runs."""

    name: str
    port: int
    pid: int
    key: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a round took."""

    a_second: float
    a_processor_second: float
    latency_ms: float
    worst_ms: float


def statement(number: int) -> dict[str, object]:
    """Return a statement of about 1.7 kB, as a learning platform sends it."""
    learner = number % 5_000
    actor = {"name": f"Learner {learner}", "account": {"homePage": PLATFORM, "name": str(40_000 + learner)}}
    result = {"completion": True, "duration": f"PT{number % 59}M25S", "score": {"scaled": number % 100 / 100}}
    timestamp = f"2026-09-{number % 28 + 1:02}T09:{number % 60:02}:17.{number % 1000:03}+01:00"
    activity = f"{PLATFORM}/mod/lesson/view.php?id={number % 40}"
    return platform_statement(actor, "completed", activity, result, timestamp)


def request(server: Server, statements: int, first: int) -> bytes:
    """Return a request as it goes over the wire."""
    body = json.dumps([statement(first + number) for number in range(statements)]).encode()
    head = (
        f"POST /xapi/statements HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.key}\r\n"
        "X-Experience-API-Version: 1.0.3\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def first_answer(server: Server) -> None:
    """Send one request again and again until it is accepted: a broker that has just started takes its time."""
    async with asyncio.timeout(60):
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(request(server, 1, 0))
            head = await reader.readuntil(b"\r\n\r\n")
            writer.close()
            if head.startswith(b"HTTP/1.1 200"):
                return


async def measure(server: Server, requests: Sequence[bytes], statements: int) -> Taken:
    """Send these by a few connections, each of which waits for its answers."""
    left, waits = list(requests), []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        while left:
            writer.write(left.pop())
            began = perf_counter()
            await _answered(reader)
            waits.append((perf_counter() - began) * 1000)
        writer.close()

    began, processor = perf_counter(), processor_seconds(server.pid)
    await asyncio.gather(*(connection() for _ in range(SENDERS)))
    took, used = perf_counter() - began, processor_seconds(server.pid) - processor
    count = len(waits) * statements
    waits.sort()
    return Taken(count / took, count / used, statistics.median(waits), waits[int(len(waits) * 0.99)])


async def _answered(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(head.decode(errors="replace"))
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))


@contextmanager
def gateway(name: str, command: str, environment: dict[str, str]) -> Iterator[Server]:
    """Run a gateway with one source."""
    ran = subprocess.run(
        [*PYTHON, "source", "add", "player", "--kind", "xapi"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    key = next(word for word in ran.stdout.split() if word.startswith("mp_"))
    process = subprocess.Popen([*PYTHON, command, "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        address = process.stdout.readline().split()[-1]
        yield Server(name, int(address.rpartition(":")[2]), process.pid, key)
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def gateways(address: str, url: str) -> Iterator[list[Server]]:
    """Run both, the embedded one on a file, the other one on Kafka and a PostgreSQL."""
    prefix = f"benchmark-{uuid4().hex[:8]}."
    with tempfile.TemporaryDirectory() as here, tempfile.TemporaryDirectory() as there:
        common = {**os.environ, "MILEPOST_LOG_LEVEL": "error"}
        embedded = common | {"MILEPOST_DATABASE": f"{here}/milepost.db"}
        kafka = common | {"MILEPOST_DATABASE": url, "MILEPOST_SERVER_KEY_FILE": f"{there}/milepost.key"}
        kafka |= {"MILEPOST_KAFKA": address, "MILEPOST_TOPIC_PREFIX": prefix}
        subprocess.run([*PYTHON, "topics", "create"], env=kafka, check=True, capture_output=True)
        try:
            with gateway("embedded", "serve", embedded) as one, gateway("Kafka", "gateway", kafka) as other:
                yield [one, other]
        finally:
            admin = AdminClient({"bootstrap.servers": address})
            ours = [topic for topic in admin.list_topics(timeout=10).topics if topic.startswith(prefix)]
            for deleted in admin.delete_topics(ours).values():
                deleted.result()


def main() -> None:
    """Print what each takes, and the ratio to the embedded one."""
    with running_kafka() as address, running_postgres() as url, gateways(address, url) as servers:
        for server in servers:
            asyncio.run(first_answer(server))
        for name, (statements, count) in LOADS.items():
            rounds: dict[str, list[Taken]] = {server.name: [] for server in servers}
            for turn in range(ROUNDS + 1):
                for server in servers:
                    some = [request(server, statements, number * statements) for number in range(count)]
                    taken = asyncio.run(measure(server, some, statements))
                    if turn > 0:  # the first warms up
                        rounds[server.name].append(taken)
            _tell(name, rounds)


def _tell(name: str, rounds: dict[str, list[Taken]]) -> None:
    statements, _ = LOADS[name]
    sys.stdout.write(f"{name}, {SENDERS} connections\n")
    reference = statistics.median(taken.a_processor_second for taken in rounds["embedded"])
    for server, taken in rounds.items():
        cost = statistics.median(each.a_processor_second for each in taken)
        sys.stdout.write(
            f"  {server:10}{cost:9.0f} statements for a second of processor {cost / reference:5.2f} x,"
            f"{statements / cost * 1e6:8.0f} us a request,{1e6 / cost:7.1f} us a statement,"
            f"{statistics.median(each.a_second for each in taken):9.0f}/s"
            f"{statistics.median(each.latency_ms for each in taken):8.1f} ms,"
            f" 99 %{statistics.median(each.worst_ms for each in taken):8.1f} ms\n"
        )


if __name__ == "__main__":
    main()
