"""The records of a site made anew from the facts: whatever was wrong, all is as it was, and nothing told twice.

Each test plays the same traffic, breaks something, and rebuilds; then time goes on to its end, and the site has to show
what the pure fold of its log shows.
"""

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer
from kafka import KafkaAdminClient
from kafka.structs import TopicPartition
from sqlalchemy import select

from milepost.broker import topics
from milepost.broker.progress import Progress
from milepost.settings import Settings
from milepost.store import positions, sent_ticks
from milepost.store.database import Database
from milepost.store.tables import accepted, shown
from milepost.tracker import stored
from milepost.tracker.projector import REBUILT
from milepost_schemas.instants import HOUR, to_text
from milepost_schemas.streams import PROCESSOR_TOPICS
from milepost_schemas.topics import Topic
from tests.runtimes.oracle import (
    assert_evidence_is_that_of_the_pure_fold,
    assert_nothing_was_concluded_twice,
    assert_shown_is_what_the_pure_fold_shows,
)
from tests.runtimes.tracked import opened
from tests.runtimes.traffic import END, SESSION, requests, send_until_acknowledged, set_up
from tests.services.brokers import Kafka
from tests.services.waiting import wait_until
from tests.site.changelog import read_records
from tests.site.processes import Site

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.postgres]

DYING = Path(__file__).parent / "dying_rebuild.py"
WORKERS = ("worker-1", "worker-2")
REBUILD_SECONDS = 200
MEANWHILE = SESSION + 6 * HOUR


class Played:
    """A site on which everything was sent and some gaps were told, and what is seen of it."""

    def __init__(self, site: Site, database: Database, settings: Settings) -> None:
        self.site = site
        self.database = database
        self.settings = settings

    def address(self) -> str:
        return self.site.gateway

    def shown(self) -> dict[str, list[Any]]:
        """Return all that pages show and that was ever told, without when a record was looked at."""
        with self.database.reading() as connection:
            found = {
                table.name: sorted(map(opened, connection.execute(select(table)).mappings()), key=repr)
                for table in (*REBUILT, accepted.identifiers)
            }
            return found | {"changes": list(connection.execute(select(shown.changes).order_by(shown.changes.c.number)))}

    def records(self, topic: Topic) -> dict[str, bytes]:
        return read_records(self.settings.kafka or "", topics.records_name_of(self.settings, topic))

    def write(self, topic: Topic, records: dict[str, bytes | None]) -> None:
        """Write records into a changelog, past everybody."""
        producer = Producer({"bootstrap.servers": self.settings.kafka or "", "partitioner": "murmur2_random"})
        for key, value in records.items():
            producer.produce(topics.records_name_of(self.settings, topic), value, key.encode())
        assert producer.flush(30) == 0

    def rebuild(self) -> str:
        return self.site.milepost("rebuild", "--records", seconds=REBUILD_SECONDS)

    def assert_all_is_well(self) -> None:
        """Let time go to its end, and compare."""
        self.site.wait_until_ready(WORKERS)
        self.site.set_clock(to_text(END))
        assert_nothing_was_concluded_twice(self.database)
        assert_shown_is_what_the_pure_fold_shows(self.database)
        assert_evidence_is_that_of_the_pure_fold(self.database, self.records(Topic.ACTORS))


@pytest.fixture
def played(kafka: Kafka, kafka_prefix: str, postgres_url: str, tmp_path: Path) -> Iterator[Played]:
    clock_at = to_text(SESSION + 2 * HOUR)
    running = Site(tmp_path, kafka=kafka.bootstrap, prefix=kafka_prefix, database=postgres_url, clock_at=clock_at)
    settings = Settings(kafka=kafka.bootstrap, topic_prefix=kafka_prefix, partitions=4, database=postgres_url)
    with running as site:
        site.milepost("topics", "create")
        keys = set_up(site)
        site.start("archive", "projector", "ticker", "gateway", *WORKERS)
        database = Database(postgres_url)
        played = Played(site, database, settings)
        with httpx.Client() as client:
            for request in requests(keys, random.Random(7)):
                send_until_acknowledged(played, request, client)
        site.set_clock(to_text(MEANWHILE))
        with database.reading() as connection:
            assert positions.find(connection, f"{sent_ticks.READER}default") == MEANWHILE
        yield played
        database.close()


def test_records_that_are_spoiled_are_put_right_while_the_workers_die_of_them(played: Played) -> None:
    was = played.shown()
    assert was["gaps"]
    assert was["changes"]
    learners = played.records(Topic.LEARNERS)
    one, other, third, fourth = sorted(learners)[:4]
    for worker in WORKERS:
        played.site.remove(worker)
    far = 2**40
    played.write(Topic.LEARNERS, {one: b"spoiled", other: stored.write(far, stored.Stored(learners[third], (), ()))})
    played.write(
        Topic.LEARNERS, {third: None, "default/nobody": stored.write(9, stored.Stored(learners[fourth], (), ()))}
    )
    played.write(Topic.ACTORS, dict.fromkeys(sorted(played.records(Topic.ACTORS))[::2]))
    played.site.start_soon(*WORKERS)
    wait_until(
        lambda: any(played.site.parts[worker].starts > 1 for worker in WORKERS),
        "a worker dies of a record that it cannot read",
    )

    said = played.rebuild()

    assert "The workers go on" in said
    assert played.shown() == was
    played.assert_all_is_well()


def test_records_whose_changelogs_and_messages_are_lost_come_back(played: Played) -> None:
    was = played.shown()
    for worker in WORKERS:
        played.site.remove(worker)
    forget_messages(played)
    lose_changelogs(played)
    played.site.milepost("topics", "create")
    played.site.start_soon(*WORKERS)

    played.rebuild()

    assert played.shown() == was
    played.assert_all_is_well()


def test_a_site_that_lost_its_kafka_begins_on_new_topics_with_what_its_database_holds(played: Played) -> None:
    was = played.shown()
    everybody = tuple(played.site.parts)
    for part in everybody:
        played.site.remove(part)
    prefix = f"{played.settings.topic_prefix}again."
    played.settings = played.settings.model_copy(update={"topic_prefix": prefix})
    played.site.environment["MILEPOST_TOPIC_PREFIX"] = prefix

    refused = played.site.milepost("site", "prepare", code=1)
    played.site.milepost("site", "prepare", "--from-database")
    played.site.start_soon(*everybody)
    wait_until(lambda: "are being made anew" in readiness(played, "worker-1"), "a worker waits")
    played.rebuild()

    assert "Kafka was made anew" in refused
    assert "--from-database" in refused
    assert played.shown() == was
    played.assert_all_is_well()


@pytest.mark.parametrize(("what", "number"), [("records", 40), ("outputs", 30)])
def test_a_rebuild_that_dies_in_the_middle_is_said_again_and_no_worker_goes_on_before(
    what: str, number: int, played: Played
) -> None:
    was = played.shown()
    for worker in WORKERS:
        played.site.remove(worker)
    learners = sorted(played.records(Topic.LEARNERS))
    played.write(Topic.LEARNERS, dict.fromkeys(learners[::2]))

    died = subprocess.run(
        [sys.executable, str(DYING), what, str(number)],
        cwd=played.site.folder,
        env=played.site.environment,
        check=False,
    )
    played.site.start_soon(*WORKERS)

    assert died.returncode == -SIGKILL
    wait_until(lambda: "are being made anew" in readiness(played, "worker-1"), "a worker waits")
    assert Progress(played.settings).is_empty("tracker")

    played.rebuild()

    assert played.shown() == was
    played.assert_all_is_well()


def readiness(played: Played, part: str) -> str:
    return httpx.get(f"{played.site.parts[part].address}/health/ready", timeout=5).text


def forget_messages(played: Played) -> None:
    """Delete every message of the processors' inputs, as their retention does in a week."""
    progress = Progress(played.settings)
    ends = progress.ends(PROCESSOR_TOPICS)
    progress.close()
    admin = KafkaAdminClient(bootstrap_servers=played.settings.kafka)
    admin.delete_records(
        {
            TopicPartition(topics.name_of(played.settings, topic), number): end
            for (topic, number), end in ends.items()
            if end
        }
    )
    admin.close()


def lose_changelogs(played: Played) -> None:
    names = [topics.records_name_of(played.settings, topic) for topic in PROCESSOR_TOPICS]
    admin = KafkaAdminClient(bootstrap_servers=played.settings.kafka)
    admin.delete_topics(names)
    wait_until(lambda: not set(names) & set(admin.list_topics()), "the changelogs are gone")
    admin.close()
