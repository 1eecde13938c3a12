"""Topics are made and checked by commands that say in a sentence each what is not as it should be."""

import pytest

from milepost.cli import main
from tests.services.brokers import Kafka

Capture = pytest.CaptureFixture[str]


def run(capture: Capture, *arguments: str) -> tuple[int, list[str], list[str]]:
    """Run a command; return its exit code, and what it says on standard output and error."""
    capture.readouterr()
    code = main(["topics", *arguments])
    out, err = capture.readouterr()
    return code, out.splitlines(), err.splitlines()


@pytest.mark.kafka
def test_topics_are_missing_then_made_then_there(capsys: Capture, kafka: Kafka, kafka_prefix: str) -> None:
    there = ("--kafka", kafka.bootstrap, "--topic-prefix", kafka_prefix, "--partitions", "2")

    missing = run(capsys, "check", *there)
    made = run(capsys, "create", *there)
    again = run(capsys, "create", *there)
    checked = run(capsys, "check", *there)

    assert missing[0] == 1
    assert f"{kafka_prefix}actors is missing; `milepost topics create` makes it" in missing[2]
    assert made[0] == 0
    assert f"{kafka_prefix}learners-records is made." in made[1]
    assert again == checked == (0, ["Every topic is there and as it should be."], [])


@pytest.mark.kafka
def test_another_number_of_partitions_is_told_by_both_commands(
    capsys: Capture, kafka: Kafka, kafka_prefix: str
) -> None:
    there = ("--kafka", kafka.bootstrap, "--topic-prefix", kafka_prefix)
    run(capsys, "create", *there, "--partitions", "2")

    created = run(capsys, "create", *there, "--partitions", "4")
    checked = run(capsys, "check", *there, "--partitions", "4")

    assert created == checked
    assert created[0] == 1
    assert all("has 2 partitions where 4 are needed; set MILEPOST_PARTITIONS=2" in line for line in created[2])


def test_a_broker_that_does_not_answer_is_one_sentence_with_its_address(capsys: Capture) -> None:
    code, out, err = run(capsys, "check", "--kafka", "127.0.0.1:1")

    assert (code, out) == (1, [])
    (sentence,) = err
    assert sentence.startswith("milepost: Kafka at 127.0.0.1:1 does not answer")


def test_without_an_address_it_is_said_where_to_name_it(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MILEPOST_KAFKA", raising=False)

    code, _, err = run(capsys, "check")

    assert code == 1
    assert "MILEPOST_KAFKA" in err[0]
