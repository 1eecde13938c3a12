"""How many facts a second one worker takes in: a stock Faust agent with a table and a topic, beside Milepost's pump.

Both do the same for each fact: change a record of 1 kB, say one thing. They run one after the other, in turns, as
processes of their own on this machine, on topics of their own that hold all facts before they start. What counts is
facts for each second from the first output to the last, and for each second of processor time that the worker took
meanwhile: the broker runs on the same cores. The stock agent loses facts when it is killed, the pump does not. Run it
from the root of the repository:

    python -m benchmarks.worker --facts 12000
"""

import argparse
import asyncio
import os
import secrets
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from benchmarks.processor_time import processor_seconds
from benchmarks.servers import running_kafka
from milepost.broker.partitioning import partition_of
from milepost.broker.progress import Progress
from milepost.runtimes.kafka.quiet import quiet_libraries
from milepost.runtimes.kafka.worker import run_stations
from milepost.runtimes.logs import set_up_logs
from milepost.settings import Settings
from milepost.tracker.outgoing import Output
from milepost.tracker.station import Arrived, Step
from milepost_schemas.topics import Topic

ROOT = Path(__file__).resolve().parent.parent
PARTITIONS = 4
KEYS = 8_000
RECORD = b"r" * 1_000
FACT = b"f" * 400
ROUNDS = 3
LIMIT_SECONDS = 180
SHARES = {"stock": 1, "pump": 4}
"""The pump gets more facts: what it does with as many is over before it can be measured."""

INPUT, OUTPUT = Topic.LEARNERS, Topic.CHANGES


class PaddedStation:
    """Keeps 1 kB for each key, and says one thing for each fact; whole state with a watermark, as a station does."""

    topic = INPUT

    def __init__(self) -> None:
        self._partitions: dict[int, dict[bytes, bytes]] = {}

    def assign(self, partition: int, items: Iterable[tuple[bytes, bytes]]) -> None:
        self._partitions[partition] = dict(items)

    def revoke(self, partition: int) -> None:
        del self._partitions[partition]

    def needs(self, arrived: Sequence[Arrived]) -> Sequence[Any]:  # noqa: ARG002 - it needs nothing
        return ()

    def take(self, partition: int, arrived: Sequence[Arrived]) -> Iterator[Step]:
        stored = {one.key: struct.pack(">q", one.offset) + RECORD for one in arrived if one.key is not None}
        self._partitions[partition].update(stored)
        yield Step(stored, [Output(OUTPUT, partition, one.key, one.value) for one in arrived])


def settings_of(bootstrap: str, prefix: str) -> Settings:
    return Settings(kafka=bootstrap, topic_prefix=prefix, partitions=PARTITIONS, port=0, data_dir=Path("milepost-data"))


def run_pump(bootstrap: str, prefix: str) -> None:
    async def nothing_to_learn(needed: Sequence[Any]) -> None:
        assert not needed

    import uvloop  # noqa: PLC0415

    set_up_logs("warning")
    quiet_libraries()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(
            run_stations(
                settings_of(bootstrap, prefix),
                [PaddedStation()],
                learned=nothing_to_learn,
                listening=lambda _: None,
            )
        )


def run_stock(bootstrap: str, prefix: str) -> None:
    import faust  # noqa: PLC0415 - the other side of the comparison

    app = faust.App(
        f"{prefix}stock",
        broker=f"kafka://{bootstrap}",
        store="memory://",
        datadir=Path("milepost-data"),
        web_enabled=False,
        topic_disable_leader=True,
        topic_partitions=PARTITIONS,
        table_standby_replicas=0,
        broker_commit_every=10_000,
    )
    raw: Any = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    facts = app.topic(f"{prefix}{INPUT}", **raw)
    outputs = app.topic(f"{prefix}{OUTPUT}", **raw)
    records = app.Table("records", key_type=bytes, value_type=bytes, partitions=PARTITIONS)

    async def take(stream: Any) -> None:
        async for key, value in stream.items():
            records[key] = RECORD
            await outputs.send(key=key, value=value)

    app.agent(facts)(take)
    app.Worker(loglevel="warn").execute_from_commandline()


def fill(bootstrap: str, prefix: str, facts: int) -> None:
    """Make the topics, and put all facts there."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    compacted = {f"{prefix}{INPUT}-records", f"{prefix}stock-records-changelog"}
    names = [f"{prefix}{INPUT}", f"{prefix}{OUTPUT}", *compacted]
    configs = {name: {"cleanup.policy": "compact" if name in compacted else "delete"} for name in names}
    made = admin.create_topics([NewTopic(name, PARTITIONS, 1, config=configs[name]) for name in names])
    for done in made.values():
        done.result(30)
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "queue.buffering.max.messages": 1_000_000})
    for number in range(facts):
        key = f"learner-{number * 7919 % KEYS}".encode()
        producer.produce(f"{prefix}{INPUT}", FACT, key, partition_of(key, PARTITIONS))
        producer.poll(0)
    producer.flush(60)


def measure(kind: str, bootstrap: str, facts: int) -> tuple[float, float]:
    """Return facts for each second, and for each second of the worker's processor time."""
    prefix = f"bench-{secrets.token_hex(4)}."
    fill(bootstrap, prefix, facts)
    progress = Progress(settings_of(bootstrap, prefix))
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.worker", "--run", kind, "--on", bootstrap, "--prefix", prefix]
        environment = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(ROOT)}
        worker = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL)
        try:
            first_at, first = _wait_for(progress, 1)
            before = processor_seconds(worker.pid)
            last_at, last = _wait_for(progress, facts)
            processor = processor_seconds(worker.pid) - before
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait(60)
            progress.close()
    AdminClient({"bootstrap.servers": bootstrap}).delete_topics(_topics(bootstrap, prefix))
    return (last - first) / (last_at - first_at), (last - first) / processor


def _topics(bootstrap: str, prefix: str) -> list[str]:
    found = AdminClient({"bootstrap.servers": bootstrap}).list_topics(timeout=10).topics
    return [name for name in found if name.startswith(prefix)]


def _wait_for(progress: Progress, outputs: int) -> tuple[float, int]:
    """Wait until so many outputs are there; return when that was, and how many there were then."""
    until, found = time.monotonic() + LIMIT_SECONDS, 0
    while time.monotonic() < until:
        found = sum(progress.ends([OUTPUT]).values())
        if found >= outputs:
            return time.monotonic(), found
        time.sleep(0.02)
    raise TimeoutError(f"only {found} of {outputs} outputs came")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--facts", type=int, default=12_000)
    parser.add_argument("--run", choices=["stock", "pump"], help=argparse.SUPPRESS)
    parser.add_argument("--on", help=argparse.SUPPRESS)
    parser.add_argument("--prefix", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.run:
        (run_stock if chosen.run == "stock" else run_pump)(chosen.on, chosen.prefix)
        return
    with running_kafka() as bootstrap:
        compare(bootstrap, chosen.facts)


def compare(bootstrap: str, facts: int) -> None:
    """Print what each takes in, and how many times as much the pump does."""
    found: dict[str, list[tuple[float, float]]] = {"stock": [], "pump": []}
    for _ in range(ROUNDS):
        for kind, measured in found.items():
            measured.append(measure(kind, bootstrap, facts * SHARES[kind]))
            print(f"{kind:6} {measured[-1][0]:8,.0f} facts/s {measured[-1][1]:8,.0f} facts/processor-s", flush=True)
    medians = {kind: [statistics.median(one) for one in zip(*rows, strict=True)] for kind, rows in found.items()}
    ratios = [mine / stock for mine, stock in zip(medians["pump"], medians["stock"], strict=True)]
    print(f"the pump takes in {ratios[0]:.1f} times as many a second, {ratios[1]:.1f} times as many a processor second")


if __name__ == "__main__":
    main()
