"""The process of a worker: how it begins, what it says of itself, and how it ends."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from milepost.broker import topics
from milepost.runtimes.kafka.quiet import Seldom
from milepost.runtimes.kafka.worker import Looking
from milepost.settings import Settings
from tests.runtimes.kafka.scripted import app_of
from tests.services.brokers import Kafka


def worker_on(kafka: Kafka, prefix: str, folder: Path, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "milepost", "worker", "--port", "0"],
        cwd=folder,
        env={
            **os.environ,
            "MILEPOST_KAFKA": kafka.bootstrap,
            "MILEPOST_TOPIC_PREFIX": prefix,
            "MILEPOST_PARTITIONS": "2",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.kafka
def test_without_its_topics_a_worker_says_which_are_missing(kafka: Kafka, kafka_prefix: str, tmp_path: Path) -> None:
    worker = worker_on(kafka, kafka_prefix, tmp_path)

    _, said = worker.communicate(timeout=60)

    assert worker.returncode == 1
    assert f"{kafka_prefix}learners is missing" in said


@pytest.mark.kafka
def test_a_worker_of_all_processors_begins_and_ends_in_order(kafka: Kafka, kafka_prefix: str, tmp_path: Path) -> None:
    topics.create(Settings(kafka=kafka.bootstrap, topic_prefix=kafka_prefix, partitions=2))
    log = tmp_path / "log"
    with log.open("w") as errors:
        worker = worker_on(kafka, kafka_prefix, tmp_path)
        assert worker.stdout is not None
        assert worker.stderr is not None
        said = worker.stdout.readline()
        while line := worker.stderr.readline():
            errors.write(line)
            if "worker_started" in line:
                break
        worker.send_signal(signal.SIGTERM)
        _, rest = worker.communicate(timeout=60)

    assert said.startswith("A worker of Milepost answers")
    assert "http://127.0.0.1:" in said
    assert worker.returncode == 0
    assert "worker_stopped" in rest


# --- what it says of itself ------------------------------------------------------------------------------------------


class Parts:
    """An app of which nothing runs, and what stands around it."""

    def __init__(self, folder: Path) -> None:
        self.app = app_of(folder)
        self.committed = 0
        self.held_back = 0
        completed = asyncio.Event()
        self.recovery: Any = SimpleNamespace(started=True, completed=completed, active_offsets={})
        consumer = SimpleNamespace(lag=lambda: self.held_back)
        self.app._consumer = cast(Any, consumer)
        cast(Any, self.app.tables)._recovery = self.recovery
        self.consumer: Any = consumer
        consumer.committed = {}


def looking_at(folder: Path, change: Callable[[Parts], None]) -> tuple[str | None, str | None]:
    """Return what is wrong with a worker's life and with its readiness."""

    async def look() -> tuple[str | None, str | None]:
        parts = Parts(folder)
        change(parts)
        looking = Looking(parts.app)
        looking._look()
        looking._moving._limit = -1
        before = looking._moving._last
        looking._look()
        moved = looking._moving._last > before
        return (None if moved else "stuck"), looking._waiting_for

    return asyncio.run(look())


def recovered(parts: Parts) -> None:
    parts.recovery.completed.set()


def test_a_worker_that_has_nothing_to_do_is_alive_and_ready(tmp_path: Path) -> None:
    assert looking_at(tmp_path, recovered) == (None, None)


def test_a_worker_whose_messages_wait_while_nothing_is_committed_is_stuck(tmp_path: Path) -> None:
    def waiting(parts: Parts) -> None:
        recovered(parts)
        parts.held_back = 5

    assert looking_at(tmp_path, waiting) == ("stuck", None)


def test_a_worker_is_not_ready_before_its_records_are_recovered(tmp_path: Path) -> None:
    assert looking_at(tmp_path, lambda parts: None)[1] == "starting"


def test_a_worker_is_not_ready_while_partitions_are_given_out(tmp_path: Path) -> None:
    def rebalancing(parts: Parts) -> None:
        recovered(parts)
        parts.app.rebalancing = True

    assert looking_at(tmp_path, rebalancing)[1] == "partitions are being given out"


def test_a_library_says_the_same_thing_once_a_second() -> None:
    seldom = Seldom()
    record = logging.makeLogRecord({"name": "aiokafka.conn", "msg": "cannot connect to %s", "levelno": logging.ERROR})
    other = logging.makeLogRecord({"name": "aiokafka.conn", "msg": "connected to %s", "levelno": logging.WARNING})

    assert [seldom.filter(one) for one in (record, record, other)] == [True, False, True]


def test_who_asks_for_the_health_of_a_worker_makes_none_of_its_parts(tmp_path: Path) -> None:
    async def ask() -> tuple[str | None, Any, Any]:
        app = app_of(tmp_path)
        looking = Looking(app)
        looking._look()
        return looking.not_ready(), app._consumer, cast(Any, app.tables)._recovery

    assert asyncio.run(ask()) == ("starting", None, None)
