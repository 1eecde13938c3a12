"""How soon a worker that holds 100,000 learners is back: seconds until it takes in the next fact, and its memory.

The records are made by the processor of learners from facts of the shipped program, whose learners stand at every point
of it, with what they owe; each is written to the changelog under many keys, so that there are as many as asked for. A
worker of all processors is then started as a process of its own, which has to read them all before it takes in
a fact that waits. The same with no record at all says what is due to the records. Run it from the root of the
repository:

    python -m benchmarks.restart --learners 100000
"""

import argparse
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from confluent_kafka import Producer

from benchmarks.processor_time import processor_seconds
from benchmarks.servers import running_kafka
from milepost.broker import topics
from milepost.broker.partitioning import partition_of
from milepost.broker.progress import Progress
from milepost.core.processors import PROCESSORS
from milepost.programs.loader import load_program
from milepost.programs.shipped import shipped_program
from milepost.settings import Settings
from milepost.tracker import stored
from milepost.tracker.catalogs import Catalogs
from milepost.tracker.station import Arrived, Station
from milepost_schemas.facts import ActivityReported, LearnerEnrolled, ObservationSignedOff
from milepost_schemas.instants import DAY, HOUR, MINUTE, from_text
from milepost_schemas.messages import AboutLearner, Owner, ProgramPublished, SeatStated, SessionSeat, TenantOpened
from milepost_schemas.topics import CatalogMessage, Message, Topic, address, encode

TENANT = "default"
PROGRAM = "lockout-tagout"
PARTITIONS = 12
LEARNERS_MADE = 2_000
BEGAN = from_text("2026-09-07T06:00:00Z")
LIMIT_SECONDS = 300
LMS = "https://lms.example.com"
STEPS: Sequence[tuple[str, tuple[Any, ...]]] = (
    (f"{LMS}/mod/scorm/view.php?id=101#sco", ("opened", "attempted", "completed")),
    (f"{LMS}/mod/quiz/view.php?id=102", ("attempted", "failed", "passed")),
    (f"{LMS}/mod/resource/view.php?id=104", ("opened",)),
    (f"{LMS}/mod/quiz/view.php?id=103", ("attempted", "passed")),
    *((f"{LMS}/cards/lockout-tagout/{n}", ("opened", "answered")) for n in (1, 2, 3)),
)

Records = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Restart:
    """What a restart took; memory is bytes."""

    seconds: float
    processor_seconds: float
    peak: int


def main() -> None:
    asked = _asked()
    records = make_records(min(asked.learners, LEARNERS_MADE))
    size = statistics.mean(len(value) for _, value in records)
    print(f"{asked.learners:,} records of {size / 1000:.1f} kB on average, on {os.cpu_count()} cores with the broker")
    with running_kafka() as bootstrap:
        empty = restart(bootstrap, records, 0)
        full = restart(bootstrap, records, asked.learners)
    _tell("without any record", empty)
    _tell(f"with {asked.learners:,} learners", full)
    print(f"a learner: {(full.peak - empty.peak) / asked.learners / 1000:.1f} kB")


def _tell(which: str, taken: Restart) -> None:
    print(
        f"{which}: the next fact after {taken.seconds:.1f} s, {taken.processor_seconds:.1f} s of processor time;",
        end="",
    )
    print(f" {taken.peak / 1e6:.0f} MB at the peak")


# --- the records -----------------------------------------------------------------------------------------------------


def make_records(learners: int) -> Records:
    """Return the records of learners at all points of the program, as a worker stores them."""
    catalogs = Catalogs()
    for message in catalog():
        catalogs.learn(message)
    station = Station(PROCESSORS[Topic.LEARNERS], catalogs, lambda key: partition_of(key, PARTITIONS), partitions=1)
    station.assign(0, ())
    offsets = count()
    made: dict[bytes, bytes] = {}
    for number in range(learners):
        life = [_arrived(message, next(offsets)) for message in _life(f"learner-{number:06}", number)]
        for messages in (life[:-1], life[-1:]):  # what a record owes is what its last message made it say
            for step in station.take(0, messages):
                made.update(step.stored)
    return [(key, _untold(value)) for key, value in made.items()]


def catalog() -> Iterator[CatalogMessage]:
    definition = load_program(shipped_program(PROGRAM))
    version = definition["version"]
    yield TenantOpened(tenant=TENANT, tracking_from=0)
    yield ProgramPublished(tenant=TENANT, program=PROGRAM, version=version, published_at=0, definition=definition)


def _arrived(message: Message, offset: int) -> Arrived:
    return Arrived(offset, address(message).key.encode(), encode(message), BEGAN)


def _untold(value: bytes) -> bytes:
    """Return a record as one that has read nothing of the topic, which begins anew."""
    return stored.write(-1, stored.read(value))


def _life(learner: str, number: int) -> list[Message]:
    """Return what one learner has done until now: the longer, the higher the remainder of their number."""
    at = BEGAN + number * MINUTE
    owner = Owner(identifier=f"identifier-{number}", learner=learner, standing="known", version=1)

    def stamp(what: str, after: int) -> dict[str, Any]:
        when = at + after * DAY
        moments = dict.fromkeys(("occurred_at", "recorded_at", "received_at"), when)
        return {"tenant": TENANT, "fact_id": f"{uuid5(NAMESPACE_URL, learner + what)}", "source": "lms", **moments}

    enrolled = LearnerEnrolled(**stamp("enrolled", 0), program=PROGRAM, cohort="autumn", zone="Europe/Berlin")
    life: list[Message] = [AboutLearner(owner=owner, fact=enrolled), _seat(learner, at)]
    for day, (activity, claims) in enumerate(STEPS, start=1):
        for claim in claims:
            fact = ActivityReported(**stamp(f"{activity} {claim}", day), activity=activity, claims=(claim,))
            life.append(AboutLearner(owner=owner, fact=fact))
    for occurrence in range(3):
        signed = stamp(f"signed {occurrence}", 10 + occurrence)
        fact_of = ObservationSignedOff(**signed, program=PROGRAM, step="on-the-job", role="supervisor")
        life.append(AboutLearner(owner=owner, fact=fact_of))
    return life[: 3 + number % len(life)]


def _seat(learner: str, at: int) -> SeatStated:
    start, offering = at + 20 * DAY, "practice-berlin"
    session = SessionSeat(
        session="1", part=1, start_at=start, end_at=start + 4 * HOUR, known_at=at, recorded_at=at, zone="Europe/Berlin"
    )
    return SeatStated(
        tenant=TENANT,
        learner=learner,
        offering=offering,
        course="LOTO-PRACTICE",
        version=1,
        title="Practice on the board",
        state="booked",
        state_at=at,
        booked_at=at,
        known_at=at,
        sessions=(session,),
    )


# --- the restart -----------------------------------------------------------------------------------------------------


def restart(bootstrap: str, records: Records, learners: int) -> Restart:
    """Start a worker on so many records, with a fact that waits for it; return what that took."""
    with tempfile.TemporaryDirectory() as folder:
        prefix = f"bench-{secrets.token_hex(4)}."
        settings = Settings(kafka=bootstrap, topic_prefix=prefix, partitions=PARTITIONS, data_dir=Path(folder))
        topics.create(settings)
        _fill(settings, records, learners)
        begun = time.monotonic()
        with _worker(settings) as worker:
            _await_a_projection(settings, worker)
            seconds = time.monotonic() - begun
            return Restart(seconds, processor_seconds(worker.pid), _peak(worker.pid))


def _fill(settings: Settings, records: Records, learners: int) -> None:
    """Write the catalog, the changelog, and one fact about somebody new."""
    producer = Producer({"bootstrap.servers": str(settings.kafka), "queue.buffering.max.kbytes": 1_000_000})
    for message in catalog():
        producer.produce(topics.name_of(settings, Topic.CATALOG), encode(message), address(message).key.encode(), 0)
    changelog = topics.records_name_of(settings, Topic.LEARNERS)
    for number in range(learners):
        key, value = f"{TENANT}/learner-{number:08}".encode(), records[number % len(records)][1]
        producer.produce(changelog, value, key, partition_of(key, PARTITIONS))
        producer.poll(0)
    fact = _life("somebody-new", 0)[0]
    key = address(fact).key.encode()
    producer.produce(topics.name_of(settings, Topic.LEARNERS), encode(fact), key, partition_of(key, PARTITIONS))
    if producer.flush(LIMIT_SECONDS):
        raise TimeoutError("the broker did not take all records")


@contextmanager
def _worker(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a worker."""
    named = {
        "KAFKA": settings.kafka,
        "TOPIC_PREFIX": settings.topic_prefix,
        "PARTITIONS": settings.partitions,
        "DATA_DIR": settings.data_dir,
        "PORT": 0,
        "LOG_LEVEL": "error",
    }
    environment = {**os.environ, **{f"MILEPOST_{name}": str(value) for name, value in named.items()}}
    worker = subprocess.Popen(
        [sys.executable, "-m", "milepost", "worker"],
        env=environment,
        cwd=settings.data_dir,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield worker
    finally:
        worker.terminate()
        worker.wait(60)


def _await_a_projection(settings: Settings, worker: "subprocess.Popen[bytes]") -> None:
    progress, until = Progress(settings), time.monotonic() + LIMIT_SECONDS
    while not any(progress.ends([Topic.PROJECTIONS]).values()):
        if worker.poll() is not None or time.monotonic() > until:
            raise RuntimeError("the worker took nothing in")
        time.sleep(0.02)
    progress.close()


def _peak(pid: int) -> int:
    """Return how many bytes of memory a process has held at most."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found.group(1)) * 1024


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learners", type=int, default=100_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
