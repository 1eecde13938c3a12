"""The archive on a real Kafka and a real PostgreSQL, as the process that it is."""

import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest
from sqlalchemy import insert

from milepost.broker import topics
from milepost.runtimes.local.kafka import LocalKafka
from milepost.runtimes.local.postgres import LocalPostgres
from milepost.settings import Settings
from milepost.store import log, positions, tenants
from milepost.store.accepting import accept
from milepost.store.database import Database
from milepost.store.migrate import migrate
from milepost.store.tables import accepted
from milepost_schemas.facts import SourceHeard
from milepost_schemas.instants import SECOND
from milepost_schemas.messages import AboutActor, DeadLetter, TenantOpened
from milepost_schemas.submissions import LogMessage, Submission
from milepost_schemas.topics import Topic, decode_logged, encode
from tests.archive.topics import place_of, put, put_bytes, read, said
from tests.services.brokers import Kafka
from tests.services.waiting import wait_until
from tests.store.builders import NOON, about, activity, statement, submission

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

SOURCES = ("lms", "zoom", "office")


class Running:
    """A process of the archive."""

    def __init__(self, site: Settings, log_file: Path) -> None:
        self._said = log_file.open("ab")
        given = {name: value for name, value in site.model_dump(exclude_none=True).items() if name in SAID}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "milepost", "archive", "--port", "0"],
            env={**os.environ, **{f"MILEPOST_{name.upper()}": str(value) for name, value in given.items()}},
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "answers on" in line, log_file.read_text()
        self.address = line.split()[-1]

    def end(self, number: int) -> int:
        """End it by a signal; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._said.close()
        return code


SAID = ("kafka", "topic_prefix", "partitions", "database")


@contextmanager
def running(site: Settings, folder: Path) -> Iterator[Running]:
    """Run an archive, and end it gracefully."""
    archive = Running(site, folder / "archive.log")
    try:
        yield archive
    except BaseException:
        archive.end(signal.SIGKILL)
        raise
    assert archive.end(signal.SIGTERM) == 0


@contextmanager
def killed(site: Settings, folder: Path) -> Iterator[Running]:
    """Run an archive that does not live to see the end."""
    archive = Running(site, folder / "killed.log")
    try:
        yield archive
    finally:
        archive.end(signal.SIGKILL)


def logged(database: Database) -> list[LogMessage]:
    with database.reading() as connection:
        return [decode_logged(entry.body) for entry in log.read(connection, 0, limit=100_000)]


def end_of_log(database: Database) -> int:
    with database.reading() as connection:
        return log.end(connection)


def relayed(database: Database) -> int:
    with database.reading() as connection:
        return positions.find(connection, positions.RELAY) or 0


def declare_sources(database: Database) -> None:
    with database.writing() as connection:
        tenants.open_tenant(connection, "default", at=NOON)
        rows = [{"tenant": "default", "name": name, "kind": "moodle", "created_at": NOON} for name in SOURCES]
        connection.execute(insert(accepted.sources), rows)


def traffic(count: int, *, start: int = 0) -> list[Submission]:
    """Requests of three sources by turns; every tenth statement comes twice."""
    return [_request(n - 3 if n % 10 == 3 else n, SOURCES[n % 3]) for n in range(start, start + count)]


def _request(n: int, source: str) -> Submission:
    fact = activity(f"{source}-{n}", source=source, received_at=NOON + n * SECOND)
    id = str(uuid5(NAMESPACE_URL, fact.fact_id))
    return submission(statement(id, about(f"actor-{n % 7}", fact)), source=source, received_at=NOON + n * SECOND)


def by_source(messages: Sequence[LogMessage]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = defaultdict(list)
    for message in messages:
        match message:
            case AboutActor():
                found[message.fact.source].append(encode(message))
            case SourceHeard():
                found[message.source].append(encode(message))
            case _:
                pass
    return dict(found)


def accepted_alone(folder: Path, requests: Sequence[Submission]) -> dict[str, list[bytes]]:
    """Return what one process without Kafka logs of these, by source."""
    database = Database(folder / "alone.db")
    migrate(database)
    declare_sources(database)
    with database.writing() as connection:
        for request in requests:
            accept(connection, request)
    found = by_source(logged(database))
    database.close()
    return found


def assert_relayed_in_order(site: Settings, messages: Sequence[LogMessage]) -> None:
    """Every message lies in its partition at least once, and came first in the order of the log."""
    expected: dict[tuple[Topic, int], list[bytes]] = defaultdict(list)
    for message in messages:
        topic, partition, _ = place_of(site, message)
        expected[topic, partition].append(encode(message))
    for topic in {topic for topic, _ in expected}:
        found: dict[int, list[bytes]] = defaultdict(list)
        for one in read(site, topic):
            found[one.partition].append(one.value)
        for partition, values in found.items():
            assert list(dict.fromkeys(values)) == list(dict.fromkeys(expected[topic, partition])), (topic, partition)


def test_what_the_gateway_acknowledged_reaches_the_log_and_from_there_the_workers(
    site: Settings, site_database: Database, tmp_path: Path
) -> None:
    facts = [about(f"actor-{n % 5}", activity(f"f{n}")) for n in range(20)]

    with running(site, tmp_path) as archive:
        put(site, [submission(statement(None, fact)) for fact in facts])
        wait_until(lambda: relayed(site_database) == 21)
        assert httpx.get(f"{archive.address}/health/live").status_code == 200
        assert httpx.get(f"{archive.address}/health/ready").json() == {"status": "ok"}
        metrics = httpx.get(f"{archive.address}/metrics").text

    assert 'milepost_archive_requests_total{outcome="accepted"} 20.0' in metrics
    assert 'milepost_archive_relayed_messages_total{topic="actors"} 20.0' in metrics
    assert "milepost_archive_active 1.0" in metrics
    assert isinstance(logged(site_database)[0], TenantOpened)
    assert {type(one) for one in said(site, Topic.CATALOG)} == {TenantOpened}
    assert_relayed_in_order(site, logged(site_database))


def test_an_archive_that_is_killed_under_load_doubles_nothing_loses_nothing_and_keeps_the_order(
    site: Settings, site_database: Database, tmp_path: Path
) -> None:
    declare_sources(site_database)
    requests = traffic(600)
    put(site, requests[:300])
    draw = random.Random(20260907)

    for count in range(4):
        at = end_of_log(site_database) + draw.randrange(1, 60)
        with killed(site, tmp_path):
            wait_until(lambda at=at: end_of_log(site_database) >= at)  # type: ignore[misc]
        put(site, requests[300 + 75 * count : 375 + 75 * count])
    expected = accepted_alone(tmp_path, requests)
    count = 1 + sum(len(messages) for messages in expected.values())
    with running(site, tmp_path):
        wait_until(lambda: relayed(site_database) >= count)

    assert by_source(logged(site_database)) == expected
    assert_relayed_in_order(site, logged(site_database))


def test_of_two_archives_one_is_active_and_the_other_takes_over(
    site: Settings, site_database: Database, tmp_path: Path
) -> None:
    def is_active(archive: Running) -> bool:
        return "milepost_archive_active 1.0" in httpx.get(f"{archive.address}/metrics").text

    with ExitStack() as both:
        first = both.enter_context(killed(site, tmp_path))
        wait_until(lambda: is_active(first))
        second = both.enter_context(running(site, tmp_path))
        put(site, traffic(20))
        wait_until(lambda: relayed(site_database) == 19)
        assert not is_active(second)
        assert httpx.get(f"{second.address}/health/ready").status_code == 200

        first.end(signal.SIGKILL)
        put(site, traffic(20, start=20))
        wait_until(lambda: is_active(second))
        wait_until(lambda: relayed(site_database) == end_of_log(site_database) > 36)

    assert len([m for m in logged(site_database) if isinstance(m, AboutActor)]) == 36


def test_everything_that_was_stamped_before_a_noted_instant_can_be_read(
    site: Settings, site_database: Database, tmp_path: Path
) -> None:
    def until() -> int:
        with site_database.reading() as connection:
            return positions.find(connection, positions.ARCHIVED_UNTIL) or 0

    with running(site, tmp_path):
        wait_until(until)
        noted = until()
        put(site, traffic(200))
        wait_until(lambda: until() > noted)

    assert len([m for m in logged(site_database) if isinstance(m, AboutActor)]) == 180


def test_poison_on_the_topic_is_set_aside_and_what_comes_after_it_is_accepted(
    site: Settings, site_database: Database, tmp_path: Path
) -> None:
    request = traffic(1)[0]
    _, partition, _ = place_of(site, request)
    poison = [b"\xff\xfe", b'{"a":' * 1000, b"NaN", b'"\\u0000"', b"x" * 5_000_000, encode(about())]
    put_bytes(site, Topic.RAW_MESSAGES, partition, *poison)
    put(site, [request])

    with running(site, tmp_path):
        wait_until(lambda: relayed(site_database) == 2)

    letters = [letter for letter in said(site, Topic.DEAD_LETTERS) if isinstance(letter, DeadLetter)]
    assert [letter.body for letter in letters] == poison
    assert {(letter.topic, letter.partition, letter.key) for letter in letters} == {
        ("raw-messages", partition, b"poison")
    }


def test_an_archive_outlives_its_database_being_away(
    kafka: Kafka, kafka_prefix: str, own_postgres: Callable[[], LocalPostgres], tmp_path: Path
) -> None:
    server = own_postgres()
    site = Settings(kafka=kafka.bootstrap, topic_prefix=kafka_prefix, partitions=3, database=server.url())
    topics.create(site)
    database = Database(site.database)
    migrate(database)
    declare_sources(database)
    requests = traffic(300)

    with running(site, tmp_path) as archive:
        put(site, requests[:150])
        wait_until(lambda: end_of_log(database) > 50)
        server.kill()
        put(site, requests[150:])
        wait_until(lambda: httpx.get(f"{archive.address}/health/ready").status_code == 503)
        assert httpx.get(f"{archive.address}/health/live").status_code == 200
        server.start()
        expected = accepted_alone(tmp_path, requests)
        count = 1 + sum(len(messages) for messages in expected.values())
        wait_until(lambda: relayed(database) >= count)

    assert by_source(logged(database)) == expected
    assert_relayed_in_order(site, logged(database))
    database.close()


def test_an_archive_outlives_kafka_being_away(
    own_kafka: Callable[[], LocalKafka], postgres_url: str, tmp_path: Path
) -> None:
    broker = own_kafka()
    site = Settings(kafka=broker.bootstrap, partitions=3, database=postgres_url)
    topics.create(site)
    database = Database(postgres_url)
    declare_sources(database)
    requests = traffic(300)

    with running(site, tmp_path) as archive:
        put(site, requests[:150])
        wait_until(lambda: relayed(database) > 50)
        broker.kill()
        Event().wait(2)
        assert httpx.get(f"{archive.address}/health/live").status_code == 200
        broker.start()
        put(site, requests[150:])
        expected = accepted_alone(tmp_path, requests)
        count = 1 + sum(len(messages) for messages in expected.values())
        wait_until(lambda: relayed(database) >= count, seconds=60)

    assert by_source(logged(database)) == expected
    assert_relayed_in_order(site, logged(database))
    database.close()
