"""The process of a worker: how it begins, and how it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from milepost.broker import topics
from milepost.settings import Settings
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
