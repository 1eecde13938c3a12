from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copyfile
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from milepost.runtimes.gateway import build_app, running
from milepost.runtimes.local.kafka import LocalKafka
from milepost.runtimes.local.postgres import LocalPostgres
from milepost.settings import Settings
from milepost.store import positions, sources
from milepost.store.database import Database
from milepost.store.migrate import migrate
from milepost_schemas.messages import IdentityDecided
from tests.gateway.kafka_world import NOW, KafkaWorld, kafka_world
from tests.gateway.raw import kafka_settings, make_topic, read_all
from tests.gateway.senders import Http, statement, zoom_message
from tests.services.brokers import Kafka
from tests.services.waiting import wait_until
from tests.sources.test_office import ANA, item

PATH = "/xapi/statements"
ID = "9e13cefd-53d3-4eac-b5ed-2cf6693903bb"
STATE = "/xapi/activities/state?" + urlencode(
    {"activityId": "https://content.example.net/1", "agent": '{"mbox":"mailto:ana@example.net"}', "stateId": "bookmark"}
)
OTHER = {"id": "https://content.example.net/other"}


@pytest.fixture
def place(tmp_path: Path, empty: Path) -> str:
    return str(copyfile(empty, tmp_path / "milepost.db"))


@pytest.fixture
def kafka_site(kafka: Kafka, kafka_prefix: str, place: str) -> Settings:
    settings = kafka_settings(kafka.bootstrap, kafka_prefix, database=place)
    make_topic(settings)
    return settings


@pytest.fixture
def on_kafka(kafka_site: Settings) -> Iterator[KafkaWorld]:
    with kafka_world(kafka_site) as world:
        wait_until(lambda: world.zoom(zoom_message("meeting.ended")).status_code == 204)
        yield world


def sent(world: KafkaWorld) -> list[str]:
    """Return the ids of statements in the topic."""
    return [each.statement_id for submission in world.raw() for each in submission.statements]


# --- Kafka is there --------------------------------------------------------------------------------------------------


@pytest.mark.kafka
def test_every_kind_of_sender_is_answered_once_its_request_lies_in_kafka(on_kafka: KafkaWorld) -> None:
    posted = on_kafka.post("player", [statement(id=ID), statement()])
    put = on_kafka.send("PUT", "player", statement(), path=f"{PATH}?statementId={ID.replace('9', '8')}")
    facts = on_kafka.post_facts([item("import_began"), item("learner_enrolled", id="e-1")])

    assert (posted.status_code, put.status_code, facts.status_code) == (200, 204, 200)
    assert set(posted.json()) <= set(sent(on_kafka))
    assert [each.source for each in on_kafka.raw() if each.source != "zoom-emea"].count("player") == 2
    assert facts.json()["accepted"] == 2
    assert "position" not in facts.json()


@pytest.mark.kafka
def test_a_refused_request_is_kept_for_its_source_as_well(on_kafka: KafkaWorld) -> None:
    assert on_kafka.post("player", b"{").status_code == 400

    (refusal,) = [each.message for each in read_all(on_kafka.services.settings) if each.message.source == "player"]
    assert refusal.type == "milepost.submission.refused.v1"


@pytest.mark.kafka
def test_a_statement_is_given_back_once_the_archive_has_it(on_kafka: KafkaWorld) -> None:
    on_kafka.post("player", statement(id=ID))
    before = on_kafka.get("player", f"{PATH}?statementId={ID}")
    on_kafka.archive()
    after = on_kafka.get("player", f"{PATH}?statementId={ID}")

    assert (before.status_code, after.status_code) == (404, 200)
    assert after.json()["id"] == ID


@pytest.mark.kafka
def test_consistent_through_is_what_the_archive_has_reached_and_nothing_before_it_has(on_kafka: KafkaWorld) -> None:
    before = on_kafka.post("player", statement())
    with on_kafka.services.database.writing() as connection:
        positions.raise_to(connection, positions.ARCHIVED_UNTIL, NOW - 1500)
    on_kafka.gateway.glimpse.look()
    after = on_kafka.post("player", statement())

    header = "X-Experience-API-Consistent-Through"
    assert before.headers[header] == "1970-01-01T00:00:00.000Z"
    assert after.headers[header] == "2026-09-07T09:59:58.500Z"


@pytest.mark.kafka
def test_another_meaning_under_an_id_is_refused_where_the_archive_has_the_first(on_kafka: KafkaWorld) -> None:
    on_kafka.post("player", statement(id=ID))
    on_kafka.archive()
    wait_until(lambda: on_kafka.post("player", statement(id=ID, object=OTHER)).status_code == 409)

    assert on_kafka.post("player", statement(id=ID)).status_code == 200


@pytest.mark.kafka
def test_identities_of_a_person_who_is_on_the_way_are_accepted_and_linked_by_the_archive(on_kafka: KafkaWorld) -> None:
    known = {**ANA, "identities": [{"id": "4711"}]}
    on_kafka.post_facts(item("learner_enrolled"))
    answer = on_kafka.post_facts(item("person_described", person=known))
    on_kafka.archive()

    assert answer.status_code == 200
    assert len([each for each in on_kafka.logged() if isinstance(each, IdentityDecided)]) == 1


# --- who may send ----------------------------------------------------------------------------------------------------


@pytest.mark.kafka
def test_a_new_key_works_at_once_and_a_revoked_one_ends_with_the_next_look(on_kafka: KafkaWorld) -> None:
    services = on_kafka.services
    with services.database.writing() as connection:
        second = sources.rotate(connection, services.vault, "default", "player", at=NOW)
        sources.revoke(connection, "default", "player", on_kafka.keys["player"][:10], at=NOW)
    remembered = on_kafka.post("player", statement())
    on_kafka.gateway.glimpse.look()
    forgotten = on_kafka.post("player", statement())
    on_kafka.keys["player"] = second

    assert (remembered.status_code, forgotten.status_code) == (200, 401)
    assert on_kafka.post("player", statement()).status_code == 200


# --- the database is away --------------------------------------------------------------------------------------------


@pytest.mark.kafka
def test_while_the_database_is_away_known_senders_are_accepted_and_reads_wait(
    kafka: Kafka, kafka_prefix: str, own_postgres: Callable[[], LocalPostgres]
) -> None:
    server = own_postgres()
    server.ensure_database("milepost")
    settings = kafka_settings(kafka.bootstrap, kafka_prefix, database=server.url("milepost"))
    make_topic(settings)
    database = Database(settings.database)
    migrate(database)
    database.close()
    known = {**ANA, "identities": [{"id": "4711"}]}

    with kafka_world(settings) as world:
        server.stop()
        wait_until(lambda: world.post("player", statement(id=ID)).status_code == 200)
        webhook = world.zoom(zoom_message("meeting.ended"))
        facts = world.post_facts(item("learner_enrolled", person=known))
        read = world.get("player", f"{PATH}?statementId={ID}")
        of_content = [world.send(method, "player", b"{}", path=STATE) for method in ("GET", "PUT", "POST", "DELETE")]
        unknown = world.post("player", statement(), Authorization="Bearer mp_somebody")
        ready = world.http.request("GET", "/health/ready")
        server.start()
        wait_until(lambda: world.get("player", f"{PATH}?statementId={ID}").status_code == 404)

    assert (webhook.status_code, facts.status_code) == (204, 200)
    assert (read.status_code, unknown.status_code, ready.status_code) == (503, 503, 200)
    assert [each.status_code for each in of_content] == [503] * 4
    assert {each.headers["Retry-After"] for each in (read, *of_content)} == {"10"}


@pytest.mark.kafka
def test_a_document_is_there_at_once_without_a_way_through_kafka(on_kafka: KafkaWorld) -> None:
    put = on_kafka.send("PUT", "player", b'{"page":7}', path=STATE)
    posted = on_kafka.send("POST", "player", b'{"sound":true}', path=STATE)

    assert (put.status_code, posted.status_code) == (204, 204)
    assert on_kafka.get("player", STATE).json() == {"page": 7, "sound": True}
    assert on_kafka.raw() == [each for each in on_kafka.raw() if each.source == "zoom-emea"]


@pytest.mark.kafka
def test_a_gateway_that_never_saw_the_database_knows_nobody_and_is_not_ready(kafka: Kafka, kafka_prefix: str) -> None:
    settings = kafka_settings(kafka.bootstrap, kafka_prefix, database="postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    make_topic(settings)

    with running(settings) as gateway:
        http = Http(build_app(gateway))
        ready, live = http.request("GET", "/health/ready"), http.request("GET", "/health/live")
        answer = http.request("POST", PATH, content=b"{}", headers={"Authorization": "Bearer mp_somebody"})

    assert (ready.status_code, live.status_code, answer.status_code) == (503, 200, 503)
    assert "who may send is not known" in ready.text


# --- Kafka is away ---------------------------------------------------------------------------------------------------


def test_while_kafka_is_away_senders_are_asked_to_come_again_and_then_all_goes_on(
    own_kafka: Callable[[], LocalKafka], place: str
) -> None:
    broker = own_kafka()
    settings = kafka_settings(broker.bootstrap, "t.", kafka_seconds=1.0, database=place)
    make_topic(settings)

    def status(answer: httpx.Response) -> Any:
        return answer.status_code, answer.headers.get("Retry-After")

    with kafka_world(settings) as world:
        wait_until(lambda: world.post("player", statement(id=ID)).status_code == 200)
        broker.kill()
        away = [world.post("player", statement()), world.post_facts(item("import_began"))]
        webhook = world.zoom(zoom_message("meeting.ended"))
        ready, live = (world.http.request("GET", f"/health/{each}") for each in ("ready", "live"))
        broker.start()
        wait_until(lambda: world.post("player", statement()).status_code == 200)
        again = world.http.request("GET", "/health/ready")
        metrics = world.http.request("GET", "/metrics").text
        kept = sent(world)

    assert [status(answer) for answer in (*away, webhook)] == [(503, "10")] * 3
    assert (ready.status_code, live.status_code, again.status_code) == (503, 200, 200)
    assert ID in kept
    assert 'milepost_raw_messages_failed_total{reason="not_acknowledged"} 0.0' not in metrics
    assert "milepost_raw_messages_under_way 0.0" in metrics
