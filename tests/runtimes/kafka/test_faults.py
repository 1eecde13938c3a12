"""Workers are killed, ended, paused, join and leave under load; what is known and what was said stay exact.

Each test draws its moments from a seed, which it shows when it fails; `TOY_SEED` takes another one.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from confluent_kafka import Producer

from milepost.broker import topics
from milepost.runtimes.local.kafka import LocalKafka
from milepost_schemas.topics import Topic
from tests.runtimes.kafka.crew import Crew, Worker, expected_outputs, expected_records
from tests.runtimes.kafka.crew import crew as crew_of
from tests.runtimes.kafka.toy import packed
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

KEYS = 300
OUTAGE_SECONDS = 8.0
"""Longer than the session of a worker."""

MOST_PORTIONS = 100
NewCrew = Callable[..., Crew]


@pytest.fixture
def random() -> Random:
    seed = int(os.environ.get("TOY_SEED", "4"))
    print(f"TOY_SEED={seed}")  # noqa: T201 - shown where the test fails
    return Random(seed)


@contextmanager
def load(crew: Crew, random: Random) -> Iterator[None]:
    """Send on from a thread while the faults happen; afterwards everything is sent."""
    over = threading.Event()

    def send() -> None:
        for _ in range(MOST_PORTIONS):
            crew.send(300, random=random, keys=KEYS)
            if over.wait(0.4):
                return

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield
    finally:
        over.set()
        sending.join()


def hire(crew: Crew, count: int) -> list[Worker]:
    """Start workers and wait until each takes messages in."""
    workers = [crew.hire() for _ in range(count)]
    wait_until(lambda: all(worker.is_ready() for worker in workers))
    return workers


def busy(crew: Crew) -> None:
    """Wait until there is something to take in: a fault in an idle crew proves nothing."""
    wait_until(lambda: crew.lag() > 0)


def assert_exact(crew: Crew) -> None:
    crew.await_end()
    assert crew.records(Topic.LEARNERS) == expected_records(crew.sent)
    assert crew.last_records(Topic.LEARNERS) == expected_records(crew.sent), "compaction would keep a stale record"
    assert crew.outputs(Topic.CHANGES) == expected_outputs(crew.sent)


def test_workers_that_are_killed_under_load_lose_and_double_nothing(new_crew: NewCrew, random: Random) -> None:
    crew = new_crew()
    crew.send(2_000, random=random, keys=KEYS)
    workers = hire(crew, 2)

    with load(crew, random):
        for _ in range(4):
            busy(crew)
            victim = random.choice(workers)
            assert victim.end(signal.SIGKILL) == -signal.SIGKILL
            victim.start()

    assert_exact(crew)


def test_workers_that_join_and_leave_under_load_lose_and_double_nothing(new_crew: NewCrew, random: Random) -> None:
    crew = new_crew()
    (first,) = hire(crew, 1)

    with load(crew, random):
        (second,) = hire(crew, 1)
        busy(crew)
        hire(crew, 1)
        assert second.end(signal.SIGTERM) == 0
        busy(crew)
        second.start()
        assert first.end(signal.SIGTERM) == 0

    first.start()
    assert_exact(crew)


def test_a_worker_that_is_ended_in_order_has_committed_all_that_it_did(new_crew: NewCrew, random: Random) -> None:
    crew = new_crew()
    crew.send(2_000, random=random, keys=KEYS)
    (worker,) = hire(crew, 1)
    wait_until(lambda: crew.lag() == 0)
    crew.send(2_000, random=random, keys=KEYS)

    began = time.monotonic()
    code = worker.end(signal.SIGTERM)

    assert code == 0
    assert time.monotonic() - began < 15
    done = sum(len(ids) for ids in crew.sent.values()) - crew.lag()
    taken = crew.records(Topic.LEARNERS)
    prefixes = {key: [list(dict.fromkeys(ids[:end])) for end in range(len(ids) + 1)] for key, ids in crew.sent.items()}
    assert all(ids in prefixes[key] for key, ids in taken.items())
    assert done >= 2_000
    worker.start()
    assert_exact(crew)


def test_a_worker_that_was_paused_beyond_its_session_gives_up_and_changes_nothing(
    new_crew: NewCrew, random: Random
) -> None:
    crew = new_crew()
    paused, other = hire(crew, 2)

    with load(crew, random):
        busy(crew)
        rebalances = other.log.count("rebalancing")
        paused.send(signal.SIGSTOP)
        wait_until(lambda: other.log.count("rebalancing") > rebalances)
        wait_until(other.is_ready)
        paused.send(signal.SIGCONT)
        assert paused.wait() == 70

    assert "stood still" in paused.log
    paused.start()
    assert_exact(crew)


def test_what_two_processors_tell_each_other_arrives_once_whoever_is_killed(new_crew: NewCrew, random: Random) -> None:
    crew = new_crew(chain=True)
    crew.send(1_000, random=random, keys=KEYS)
    workers = hire(crew, 2)

    with load(crew, random):
        for _ in range(3):
            busy(crew)
            victim = random.choice(workers)
            victim.end(random.choice([signal.SIGKILL, signal.SIGTERM]))
            victim.start()

    crew.await_end()
    said = expected_outputs(crew.sent)
    assert crew.outputs(Topic.LEARNERS) == said
    assert crew.records(Topic.LEARNERS) == expected_records(said)
    assert crew.outputs(Topic.CHANGES) == expected_outputs(said)


def test_a_stale_record_that_lies_behind_a_good_one_is_written_over_when_a_worker_starts(
    new_crew: NewCrew, random: Random
) -> None:
    crew = new_crew()
    crew.send(500, random=random, keys=20)
    (worker,) = hire(crew, 1)
    crew.await_end()
    worker.end(signal.SIGTERM)
    name = topics.records_name_of(crew.settings, Topic.LEARNERS)
    ghost = Producer({"bootstrap.servers": crew.settings.kafka or "", "partitioner": "murmur2_random"})
    for key in crew.sent:
        ghost.produce(name, packed(0, ["stale"], []), key)
    assert ghost.flush(30) == 0
    assert crew.last_records(Topic.LEARNERS) != expected_records(crew.sent)

    worker.start()
    wait_until(worker.is_ready)

    crew.send(200, random=random, keys=20)
    assert_exact(crew)


def test_a_worker_recovers_twenty_thousand_records(new_crew: NewCrew, random: Random) -> None:
    crew = new_crew()
    name = topics.records_name_of(crew.settings, Topic.LEARNERS)
    before = Producer(
        {"bootstrap.servers": crew.settings.kafka or "", "partitioner": "murmur2_random", "linger.ms": 20}
    )
    for number in range(20_000):
        before.produce(name, packed(-1, [f"earlier-{number}"], []) + b" " * 1_000, f"key-{number}".encode())
        before.poll(0)
    assert before.flush(30) == 0

    (worker,) = hire(crew, 1)

    wait_until(lambda: 'milepost_worker_records{topic="learners"} 20000.0' in worker.ask("/metrics")[1])
    crew.send(50, random=random, keys=20_000)
    crew.await_end()
    known = crew.records(Topic.LEARNERS)
    assert all(known[key] == [f"earlier-{key.decode().removeprefix('key-')}", *ids] for key, ids in crew.sent.items())


def test_a_worker_answers_whether_it_is_alive_and_what_it_did(new_crew: NewCrew, random: Random) -> None:
    crew = new_crew()
    crew.send(100, random=random, keys=KEYS)

    (worker,) = hire(crew, 1)
    crew.await_end()

    assert worker.ask("/health/live")[0] == 200
    written = worker.ask("/metrics")[1]
    assert 'milepost_worker_messages_total{topic="learners"} 100.0' in written
    assert 'milepost_worker_partitions{topic="learners"} 4.0' in written
    assert "milepost_worker_rebalances_total 1.0" in written


def test_a_broker_that_is_killed_and_comes_back_costs_nothing(
    own_kafka: Callable[[], LocalKafka], tmp_path: Path, random: Random
) -> None:
    broker = own_kafka()
    with crew_of(broker.bootstrap, "own.", tmp_path) as crew:
        crew.send(2_000, random=random, keys=KEYS)
        hire(crew, 2)
        crew.send(6_000, random=random, keys=KEYS)
        busy(crew)

        broker.kill()
        time.sleep(OUTAGE_SECONDS)
        broker.start()

        assert_exact(crew)
