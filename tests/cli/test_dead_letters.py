"""What could not be taken in is decided about by commands, the same for one process and for a site on Kafka."""

from pathlib import Path

import pytest
from kafka import KafkaProducer

from milepost.broker import topics
from milepost.broker.client import for_kafka_python
from milepost.cli import main
from milepost.settings import Settings
from milepost.store import dead_letters, log
from milepost.store.database import Database
from milepost.store.log import Entry
from milepost_schemas.instants import from_text
from milepost_schemas.messages import DeadLetter
from milepost_schemas.topics import Topic, address, encode
from tests.services.brokers import Kafka

Capture = pytest.CaptureFixture[str]

NOON = from_text("2026-09-07T12:00:00Z")
REASON = "ValidationError: 1 problem\n  input: \x1b[2Jana@example.org"
BODY = '{"type": "milepost.actor.\x1b]0;gone"}'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, and nothing said in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("MILEPOST_KAFKA", "MILEPOST_TOPIC_PREFIX", "MILEPOST_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def said(capture: Capture, *arguments: str, code: int = 0) -> str:
    """Run a command; return what it says to people or, where it was not done, why."""
    capture.readouterr()
    assert main(["dead-letters", *arguments]) == code
    out, err = capture.readouterr()
    return (err if code else out).strip()


def bodies_of_log(folder: Path) -> list[tuple[int, str]]:
    """Return when each message of the log was received, and what it is, without what the commands log themselves."""
    database = Database(folder / "milepost.db")
    with database.reading() as connection:
        found = [(entry.received_at, entry.body) for entry in log.read(connection, 0, limit=99)]
    database.close()
    return [(at, body) for at, body in found if "tenant.opened" not in body]


@pytest.fixture
def table(folder: Path, capsys: Capture) -> None:
    """Two dead letters in the database of one process."""
    said(capsys, "list")
    database = Database(folder / "milepost.db")
    with database.writing() as connection:
        for position in (41, 42):
            dead_letters.set_aside(connection, Entry(position, "default", NOON, BODY), REASON, at=NOON)
    database.close()


@pytest.mark.usefixtures("table")
def test_in_one_process_they_are_listed_without_what_somebody_sent(capsys: Capture) -> None:
    listed = said(capsys, "list")

    assert [line.split()[:2] for line in listed.splitlines()[1:]] == [["41", "log/41"], ["42", "log/42"]]
    assert "ValidationError: 1 problem" in listed
    assert "ana@example.org" not in listed


@pytest.mark.usefixtures("table")
def test_one_is_shown_whole_and_tells_the_terminal_nothing(capsys: Capture) -> None:
    shown = said(capsys, "show", "42")

    assert "ana@example.org" in shown
    assert r"\x1b]0;gone" in shown
    assert "\x1b" not in shown


@pytest.mark.usefixtures("table")
def test_in_one_process_a_message_is_appended_to_the_log_again(capsys: Capture, folder: Path) -> None:
    answer = said(capsys, "replay", "42", "--at", "2026-09-08T12:00:00Z")

    assert answer == "1 message is put back to where it came from."
    assert bodies_of_log(folder) == [(from_text("2026-09-08T12:00:00Z"), BODY)]
    assert "log/42" not in said(capsys, "list")
    assert "no dead letter 42 waits" in said(capsys, "replay", "42", code=1)


@pytest.mark.usefixtures("table")
def test_in_one_process_all_can_be_dropped(capsys: Capture, folder: Path) -> None:
    assert said(capsys, "drop", "--all") == "2 messages are dropped."
    assert said(capsys, "list") == "No dead letter waits for a decision."
    assert not bodies_of_log(folder)


def test_one_or_all_has_to_be_said(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["dead-letters", "drop"])

    assert "required" in capsys.readouterr().err


@pytest.mark.kafka
def test_on_kafka_the_commands_work_on_the_topic(capsys: Capture, kafka: Kafka, kafka_prefix: str) -> None:
    site = Settings(kafka=kafka.bootstrap, topic_prefix=kafka_prefix)
    topics.create(site)
    producer = KafkaProducer(**for_kafka_python(site, "test"))
    for offset in range(3):
        letter = DeadLetter(
            topic="actors", partition=4, offset=offset, reason=REASON, code="0.1.0", at=NOON, body=BODY.encode()
        )
        name = topics.name_of(site, Topic.DEAD_LETTERS)
        producer.send(name, encode(letter), key=address(letter).key.encode(), partition=0).get(20)
    producer.close()
    there = ("--kafka", kafka.bootstrap, "--topic-prefix", kafka_prefix)

    listed = said(capsys, "list", *there)
    shown = said(capsys, "show", "1", *there)
    replayed = said(capsys, "replay", "1", *there)
    dropped = said(capsys, "drop", "--all", *there)

    assert [line.split()[1] for line in listed.splitlines()[1:]] == ["actors/4/0", "actors/4/1", "actors/4/2"]
    assert "actors/4/1  2026-09-07T12:00:00.000Z  0.1.0" in shown
    assert replayed == "1 message is put back to where it came from."
    assert dropped == "2 messages are dropped."
    assert said(capsys, "list", *there) == "No dead letter waits for a decision."
    assert "no dead letter 1 waits" in said(capsys, "show", "1", *there, code=1)


def test_a_site_that_does_not_answer_is_named(capsys: Capture) -> None:
    assert "Kafka at 127.0.0.1:1 does not answer" in said(capsys, "list", "--kafka", "127.0.0.1:1", code=1)
