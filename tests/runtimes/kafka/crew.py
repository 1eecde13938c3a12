"""Workers as processes against a real broker, what is sent to them, and what they made of it."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from milepost.broker import topics
from milepost.broker.partitioning import partition_of
from milepost.broker.progress import Progress
from milepost.settings import Settings
from milepost_schemas.topics import Topic
from tests.runtimes.kafka.toy import unpacked
from tests.services.waiting import wait_until

LIMIT_SECONDS = 60.0

Sent = dict[bytes, list[str]]
"""The ids that were sent under each key, in their order."""


@dataclass
class Worker:
    """One worker's process, and what starts it again."""

    name: str
    environment: Mapping[str, str]
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    exits: list[int] = field(default_factory=list)
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.runtimes.kafka.toy"], env=dict(self.environment), stderr=log, stdout=log
            )

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def end(self, number: int) -> int:
        """Send a signal and wait for the end; return the exit code."""
        self.send(number)
        return self.wait()

    def wait(self) -> int:
        assert self.process is not None
        code = self.process.wait(LIMIT_SECONDS)
        self.exits.append(code)
        return code

    def look_after(self) -> None:
        """Start it again if it has given up."""
        if self.process is not None and self.process.poll() is not None:
            self.exits.append(self.process.returncode)
            self.start()

    @property
    def log(self) -> str:
        return (self.folder / f"{self.name}.log").read_text()

    def ask(self, path: str) -> tuple[int, str]:
        """Return what it answers over HTTP, 0 if it does not."""
        address = self.folder / f"{self.name}.address"
        if not address.exists():
            return 0, ""
        try:
            with urllib.request.urlopen(f"{address.read_text()}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def is_ready(self) -> bool:
        return self.ask("/health/ready")[0] == 200


class Crew:
    """Workers of one group on topics of their own."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path, *, partitions: int = 4, chain: bool = False) -> None:
        self.settings = Settings(kafka=bootstrap, topic_prefix=prefix, partitions=partitions, session_seconds=6)
        self.folder = folder
        self.chain = chain
        self.workers: list[Worker] = []
        self.input = Topic.ACTORS if chain else Topic.LEARNERS
        self.sent: Sent = defaultdict(list)
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "linger.ms": 5, "enable.idempotence": True, "log_level": 0}
        )
        self._progress = Progress(self.settings, seconds=LIMIT_SECONDS)
        topics.create(self.settings)

    def hire(self, *, session_seconds: float = 6, padding: int = 0) -> Worker:
        """Start one more worker."""
        name = f"w{len(self.workers)}"
        environment = {
            **os.environ,
            "MILEPOST_KAFKA": self.settings.kafka or "",
            "MILEPOST_TOPIC_PREFIX": self.settings.topic_prefix,
            "MILEPOST_PARTITIONS": str(self.settings.partitions),
            "MILEPOST_SESSION_SECONDS": str(session_seconds),
            "MILEPOST_INSTANCE": name,
            "MILEPOST_DATA_DIR": str(self.folder / "data"),
            "MILEPOST_PORT": "0",
            "TOY_READY": str(self.folder / f"{name}.address"),
            "TOY_PADDING": str(padding),
            "TOY_CHAIN": "1" if self.chain else "",
            "PYTHONWARNINGS": "ignore",
        }
        worker = Worker(name, environment, self.folder)
        self.workers.append(worker)
        worker.start()
        return worker

    def dismiss(self) -> None:
        """Kill whatever still runs."""
        for worker in self.workers:
            if worker.process is not None and worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()
        self._progress.close()

    # --- what goes in ------------------------------------------------------------------------------------------------

    def send(self, count: int, *, random: Random, keys: int = 50) -> None:
        """Send so many ids, under keys at random; one in twenty is a repetition."""
        name = topics.name_of(self.settings, self.input)
        total = sum(len(ids) for ids in self.sent.values())
        for number in range(total, total + count):
            key = f"key-{random.randrange(keys)}".encode()
            earlier = self.sent[key]
            said = random.choice(earlier) if earlier and random.random() < 0.05 else f"{number}"
            earlier.append(said)
            partition = partition_of(key, self.settings.partitions)
            while True:
                try:
                    self._producer.produce(name, said.encode(), key, partition)
                    break
                except BufferError:
                    self._producer.poll(0.1)
        assert self._producer.flush(LIMIT_SECONDS) == 0

    # --- what came of it ---------------------------------------------------------------------------------------------

    def await_end(self, *, limit: float = LIMIT_SECONDS, looking: Callable[[], None] = lambda: None) -> None:
        """Wait until everything is taken in and committed; workers that give up are started again."""

        def is_done() -> bool:
            looking()
            for worker in self.workers:
                worker.look_after()
            return self.lag() == 0

        wait_until(is_done, seconds=limit)

    def _inputs(self) -> tuple[Topic, ...]:
        return (Topic.ACTORS, Topic.LEARNERS) if self.chain else (Topic.LEARNERS,)

    def lag(self) -> int:
        """Return how much is not committed yet; wait where the broker has just come back and knows no groups yet."""
        return sum(self._progress.lag("tracker", self._inputs()).values())

    def records(self, topic: Topic) -> dict[bytes, list[str]]:
        """Return what the changelog says of each key: the ids of the record that has read furthest."""
        found: dict[bytes, tuple[int, list[str]]] = {}
        for key, value in self._read(topics.records_name_of(self.settings, topic)):
            watermark = int.from_bytes(value[:8], "big", signed=True)
            if key not in found or watermark >= found[key][0]:
                found[key] = (watermark, unpacked(value)[0])
        return {key: ids for key, (_, ids) in found.items()}

    def last_records(self, topic: Topic) -> dict[bytes, list[str]]:
        """Return what the changelog says of each key last: what compaction would leave."""
        return {key: unpacked(value)[0] for key, value in self._read(topics.records_name_of(self.settings, topic))}

    def outputs(self, topic: Topic) -> dict[bytes, list[str]]:
        """Return what was said of each key, each thing once, in the order in which it was said first."""
        found: dict[bytes, dict[str, None]] = defaultdict(dict)
        for key, value in self._read(topics.name_of(self.settings, topic)):
            found[key][value.decode()] = None
        return {key: list(said) for key, said in found.items()}

    def _read(self, name: str) -> Iterator[tuple[bytes, bytes]]:
        client = Consumer({"bootstrap.servers": self.settings.kafka or "", "group.id": "reader"})
        try:
            for partition in range(self.settings.partitions):
                place = TopicPartition(name, partition, OFFSET_BEGINNING)
                end = client.get_watermark_offsets(place, timeout=10)[1]
                client.assign([place])
                while end and client.position([place])[0].offset < end:
                    for message in client.consume(1000, timeout=1):
                        assert message.error() is None, message.error()
                        key, value = message.key(), message.value()
                        assert key is not None
                        assert value is not None
                        yield bytes(key), bytes(value)
        finally:
            client.close()


def expected_records(sent: Sent) -> dict[bytes, list[str]]:
    """Return what must be known of each key in the end."""
    return {key: list(dict.fromkeys(ids)) for key, ids in sent.items()}


def expected_outputs(sent: Sent) -> dict[bytes, list[str]]:
    """Return what must have been said of each key, in order."""
    return {
        key: [f"{said}={place}" for place, said in enumerate(ids, 1)] for key, ids in expected_records(sent).items()
    }


@contextmanager
def crew(bootstrap: str, prefix: str, folder: Path, *, partitions: int = 4, chain: bool = False) -> Iterator[Crew]:
    """Give a crew that has nobody yet."""
    made = Crew(bootstrap, prefix, folder, partitions=partitions, chain=chain)
    try:
        yield made
    finally:
        made.dismiss()
