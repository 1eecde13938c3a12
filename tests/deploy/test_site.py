"""The whole site as plain processes: one that is started, watched, hurt, killed, started again and ended."""

import os
import signal
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from milepost.runtimes.local.kafka import LocalKafka
from milepost.runtimes.local.postgres import LocalPostgres
from milepost.runtimes.site.servers import servers
from milepost.settings import Settings
from tests.deploy.prometheus import promtool
from tests.deploy.site import Site, running, until
from tests.services.brokers import Kafka, remove_topics
from tests.services.databases import Server, own_folder
from tests.services.waiting import is_alive

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.slow]

OURS = {"gateway", "console", "archive", "projector", "ticker", "worker-1", "worker-2"}


@pytest.fixture(scope="module")
def site(kafka: Kafka, postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a site with two workers and a Prometheus. Tests leave it running."""
    prefix = f"site-{uuid4().hex[:8]}."
    environment = {"MILEPOST_TOPIC_PREFIX": prefix, "MILEPOST_PARTITIONS": "4"}
    folder = tmp_path_factory.mktemp("site") / "data"
    with postgres.empty_database() as url:
        options = ["--kafka", kafka.bootstrap, "--database", url, "--workers", "2", "--prometheus"]
        with running(Site(folder, environment, *options)) as made:
            yield made
    remove_topics(kafka.bootstrap, prefix)


@pytest.fixture(scope="module")
def key(site: Site) -> str:
    """Give the key of a source, once a program is published."""
    site.milepost("program", "publish", "lockout-tagout")
    return site.milepost("source", "add", "office", "--kind", "office").split()[-1]


def enrolled(name: str) -> dict[str, Any]:
    person = {"mail": f"{uuid4().hex}@example.org", "name": name}
    return {
        "type": "learner_enrolled", "id": uuid4().hex, "person": person, "program": "lockout-tagout",
        "occurred_at": "2026-09-04T12:00:00Z",
    }  # fmt: skip


def test_what_a_sender_says_is_on_the_pages(site: Site, key: str) -> None:
    site.send(key, enrolled("Ana Alvarez"))

    until(lambda: site.shows("Ana Alvarez"), say=site.said)


@pytest.mark.usefixtures("key")
def test_a_list_that_somebody_takes_in_on_the_pages_is_on_the_pages(site: Site) -> None:
    console = site.processes()["console"]["address"]
    rows = b"E-mail;Name;Program\nben.berger@example.org;Ben Berger;lockout-tagout\n"

    taken = httpx.post(
        f"{console}/lists",
        data={"type": "learner_enrolled", "source": "office"},
        files={"file": ("enrolled.csv", rows, "text/csv")},
        timeout=60,
    )

    assert "1 fact is taken in" in taken.text
    until(lambda: site.shows("Ben Berger"), say=site.said)


def test_prometheus_finds_every_process_up_and_no_alert_fires(site: Site) -> None:
    prometheus = site.processes()["prometheus"]["address"]

    def up() -> set[str]:
        targets = httpx.get(f"{prometheus}/api/v1/targets", timeout=10).json()["data"]["activeTargets"]
        return {target["labels"]["instance"] for target in targets if target["health"] == "up"}

    until(lambda: up() == OURS, say=lambda: str(up()))
    rules = httpx.get(f"{prometheus}/api/v1/rules", timeout=10).json()["data"]["groups"]
    assert {rule["health"] for group in rules for rule in group["rules"]} <= {"ok", "unknown"}
    alerts = httpx.get(f"{prometheus}/api/v1/alerts", timeout=10).json()["data"]["alerts"]
    assert not [alert for alert in alerts if alert["state"] == "firing"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_promtool_has_nothing_to_say_about_the_metrics_of_a_process(site: Site, name: str) -> None:
    metrics = httpx.get(site.processes()[name]["address"] + "/metrics", timeout=30).content

    assert b"milepost_" in metrics
    assert promtool("check", "metrics", typed=metrics) == ""


def test_the_status_says_of_every_process_how_it_is(site: Site) -> None:
    until(lambda: site.milepost("site", "status", "--data", str(site.folder)).count(" ready ") == len(OURS) + 1)


@pytest.mark.parametrize("name", sorted(OURS))
def test_any_process_may_be_killed_and_nothing_is_missing(site: Site, key: str, name: str) -> None:
    before = site.processes()[name]
    learner = f"Learner after {name}"
    if name != "gateway":
        os.kill(before["pid"], signal.SIGKILL)
        site.send(key, enrolled(learner))
    else:
        site.send(key, enrolled(learner))
        os.kill(before["pid"], signal.SIGKILL)

    until(lambda: site.processes()[name]["starts"] == before["starts"] + 1, say=site.said)
    until(lambda: site.shows(learner), say=site.said)
    assert "by SIGKILL" in site.said()


def test_no_second_site_runs_in_one_folder(site: Site) -> None:
    with pytest.raises(AssertionError, match="runs in"):
        site.milepost("site", "up", "--data", str(site.folder), "--port", "0")


def test_killed_itself_it_leaves_nobody_behind_and_goes_on_where_it_was(site: Site, key: str) -> None:
    pids = [row["pid"] for row in site.processes().values()]
    site.send(key, enrolled("Before the crash"))

    site.kill()
    until(lambda: not any(is_alive(pid) for pid in pids))
    site.start()
    site.send(key, enrolled("After the crash"))

    until(lambda: site.shows("Before the crash") and site.shows("After the crash"), say=site.said)


def test_it_ends_within_seconds_and_in_order(site: Site) -> None:
    pids = [row["pid"] for row in site.processes().values()]

    assert site.stop() == 0
    assert not any(is_alive(pid) for pid in pids)
    assert not (site.folder / "site.json").exists()
    site.start()


def test_a_site_that_is_given_none_has_a_kafka_and_a_postgresql_of_its_own() -> None:
    told: list[str] = []

    def tell(name: str, said: str) -> None:
        told.append(f"{name} {said}")

    with own_folder() as folder, servers(Settings(), folder, tell) as own:
        assert own.settings.kafka
        assert own.settings.database.startswith("postgresql+psycopg://")
        for server in own.own.values():
            assert isinstance(server, LocalKafka | LocalPostgres)
            server.kill()
        own.look_after(tell)
        pids = [server.pid for server in own.own.values()]

    assert told == [
        "kafka is started",
        "postgresql is started",
        "kafka has ended; it is started again",
        "postgresql has ended; it is started again",
    ]
    assert all(pid is not None and not is_alive(pid) for pid in pids)
