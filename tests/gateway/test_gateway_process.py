import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from uuid import uuid4

import httpx
import pytest

from milepost.broker import topics
from milepost.runtimes.bootstrap import vault_of
from milepost.settings import Settings
from milepost.store import sources
from milepost.store.database import Database
from milepost_schemas.submissions import Submission
from tests.gateway.conftest import NOW
from tests.gateway.raw import PARTITIONS, kafka_settings, read_all
from tests.gateway.senders import declared, statement
from tests.gateway.test_kafka_acceptance import PATIENCE
from tests.services.brokers import Kafka
from tests.services.waiting import wait_until
from tests.store.builders import make_tenant

ENDS_WITHIN = 10
"""Seconds that a supervisor gives a process to end in order."""


@pytest.fixture
def site(kafka: Kafka, kafka_prefix: str, postgres_url: str) -> Settings:
    return kafka_settings(kafka.bootstrap, kafka_prefix, database=postgres_url, port=0)


@contextmanager
def running_gateway(settings: Settings) -> Iterator["subprocess.Popen[str]"]:
    assert settings.kafka is not None
    assert settings.server_key is not None
    environment = {
        **os.environ,
        "MILEPOST_KAFKA": settings.kafka,
        "MILEPOST_TOPIC_PREFIX": settings.topic_prefix,
        "MILEPOST_PARTITIONS": str(PARTITIONS),
        "MILEPOST_DATABASE": settings.database,
        "MILEPOST_SERVER_KEY": settings.server_key.get_secret_value(),
    }
    command = [sys.executable, "-m", "milepost", "gateway", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def add_source(settings: Settings) -> str:
    database = Database(settings.database)
    with database.writing() as connection:
        make_tenant(connection, "default", at=NOW)
        key = sources.add(connection, vault_of(settings), declared("player", "xapi", NOW))
    database.close()
    return key


class Sender:
    """Sends statement after statement, and remembers which of them were promised to be kept."""

    def __init__(self, address: str, key: str) -> None:
        self.promised: list[str] = []
        self.other: list[int] = []
        self._address = address
        self._headers = {"Authorization": f"Bearer {key}", "X-Experience-API-Version": "1.0.3"}
        self._ending = Event()
        self._thread = Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(base_url=self._address, headers=self._headers, timeout=PATIENCE) as client:
            while not self._ending.is_set():
                try:
                    self._note(id := str(uuid4()), client.post("/xapi/statements", json=statement(id=id)))
                except httpx.TransportError:
                    return  # the gateway has ended

    def _note(self, id: str, answer: httpx.Response) -> None:
        if answer.status_code == 200:
            self.promised.append(id)
        else:
            self.other.append(answer.status_code)


@pytest.mark.kafka
def test_a_gateway_that_ends_under_load_answers_what_is_under_way_and_loses_nothing(site: Settings) -> None:
    topics.create(site)
    key = add_source(site)

    with running_gateway(site) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        wait_until(lambda: httpx.get(f"{address}/health/ready").status_code == 200)
        senders = [Sender(address, key) for _ in range(6)]
        wait_until(lambda: sum(len(sender.promised) for sender in senders) > 100)
        metrics = httpx.get(f"{address}/metrics").text
        process.send_signal(signal.SIGTERM)
        code = process.wait(ENDS_WITHIN)
        for sender in senders:
            sender.stop()

    promised = {id for sender in senders for id in sender.promised}
    kept = {
        new.statement_id
        for raw in read_all(site)
        if isinstance(raw.message, Submission)
        for new in raw.message.statements
    }
    assert code == 0
    assert len(promised) > 100
    assert promised <= kept
    assert "milepost_raw_messages_acknowledged_total" in metrics


@pytest.mark.kafka
def test_a_gateway_does_not_start_without_its_topics(site: Settings) -> None:
    with running_gateway(site) as process:
        _, said = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert f"{site.topic_prefix}raw-messages" in said


def test_a_gateway_does_not_start_without_a_kafka() -> None:
    command = [sys.executable, "-m", "milepost", "gateway"]
    environment = {name: value for name, value in os.environ.items() if name != "MILEPOST_KAFKA"}

    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)

    assert ended.returncode == 1
    assert "MILEPOST_KAFKA" in ended.stderr
