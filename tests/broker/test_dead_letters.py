"""What was set aside waits until somebody decides, each for itself, and is removed when it is decided."""

import base64
import json
from collections.abc import Iterator

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from milepost.broker import topics
from milepost.broker.client import for_kafka_python
from milepost.broker.dead_letters import DeadLetters, NotAmongThem, NoWayBack, Unreadable, Waiting, dead_letters_of
from milepost.settings import Settings
from milepost_schemas.instants import from_text
from milepost_schemas.messages import DeadLetter
from milepost_schemas.topics import Topic, address, encode

pytestmark = pytest.mark.kafka

NOON = from_text("2026-09-07T12:00:00Z")
POISON = b"\xff\x00{" + bytes(range(256))


@pytest.fixture
def letters(made: Settings) -> Iterator[DeadLetters]:
    """The dead letters of the site."""
    with dead_letters_of(made) as found:
        yield found


def letter(offset: int, topic: str = "learners", *, partition: int = 1, body: bytes = POISON) -> DeadLetter:
    """A message that could not be taken in."""
    return DeadLetter(
        topic=topic,
        partition=partition,
        offset=offset,
        reason=f"ValueError: {offset}",
        code="0.1.0",
        at=NOON,
        key=b"default/ana",
        body=body,
    )


def set_aside(site: Settings, *dead: DeadLetter | bytes) -> None:
    """Append to the dead letters, as a worker does."""
    producer = KafkaProducer(**for_kafka_python(site, "test"), acks="all", max_request_size=60_000_000)
    for each in dead:
        key = b"?" if isinstance(each, bytes) else address(each).key.encode()
        value = each if isinstance(each, bytes) else encode(each)
        producer.send(topics.name_of(site, Topic.DEAD_LETTERS), value, key=key, partition=0).get(20)
    producer.close()


def lying_in(site: Settings, topic: Topic, partition: int) -> list[tuple[bytes | None, bytes]]:
    """Return key and bytes of what lies in a partition."""
    there = TopicPartition(topics.name_of(site, topic), partition)
    consumer = KafkaConsumer(**for_kafka_python(site, "test"), auto_offset_reset="earliest")
    consumer.assign([there])
    end = consumer.end_offsets([there])[there]
    found: list[tuple[bytes | None, bytes]] = []
    while consumer.position(there) < end:
        for record in consumer.poll(timeout_ms=5000).get(there, []):
            found.append((record.key, record.value))
    consumer.close()
    return found


def numbers(letters: DeadLetters) -> list[int]:
    """Return the numbers of what waits."""
    return [each.number for each in letters.undecided()]


def test_what_was_set_aside_is_listed_with_where_it_came_from_and_why(made: Settings, letters: DeadLetters) -> None:
    set_aside(made, letter(7))

    assert letters.undecided() == [
        Waiting(number=0, topic="learners", partition=1, offset=7, reason="ValueError: 7", code="0.1.0", at=NOON)
    ]
    assert letters.get(0) == letter(7)


def test_the_original_bytes_and_key_go_back_to_their_partition(made: Settings, letters: DeadLetters) -> None:
    set_aside(made, letter(7), letter(8, "actors", partition=2, body=b"{}"))

    letters.replay([0, 1], at=NOON)

    assert lying_in(made, Topic.LEARNERS, 1) == [(b"default/ana", POISON)]
    assert lying_in(made, Topic.ACTORS, 2) == [(b"default/ana", b"{}")]
    assert not letters.undecided()


def test_one_in_the_middle_can_be_decided_and_the_decision_outlives_the_process(
    made: Settings, letters: DeadLetters
) -> None:
    set_aside(made, letter(7), letter(8), letter(9))

    letters.drop([1], at=NOON)

    with dead_letters_of(made) as others:
        assert numbers(others) == [0, 2]
        with pytest.raises(NotAmongThem, match="no dead letter 1 waits"):
            others.drop([1], at=NOON)
        with pytest.raises(NotAmongThem):
            others.get(1)


def test_what_is_decided_is_removed_up_to_the_first_that_is_not(made: Settings, letters: DeadLetters) -> None:
    set_aside(made, letter(7), letter(8), letter(9))

    letters.drop([1], at=NOON)
    kept = len(lying_in(made, Topic.DEAD_LETTERS, 0))
    letters.drop([0], at=NOON)
    left = lying_in(made, Topic.DEAD_LETTERS, 0)
    letters.drop([2], at=NOON)

    assert kept == 4  # three letters and a decision
    assert encode(letter(9)) == left[0][1]
    assert not lying_in(made, Topic.DEAD_LETTERS, 0)
    assert not letters.undecided()


def test_a_message_that_was_set_aside_twice_waits_once(made: Settings, letters: DeadLetters) -> None:
    set_aside(made, letter(7), letter(8), letter(7))

    before = numbers(letters)
    letters.drop([2], at=NOON)

    assert before == [1, 2]
    assert numbers(letters) == [1]


def test_a_message_that_fails_again_after_it_was_put_back_waits_again(made: Settings, letters: DeadLetters) -> None:
    set_aside(made, letter(7))
    letters.replay([0], at=NOON)

    set_aside(made, letter(7))

    assert len(numbers(letters)) == 1


def test_what_is_about_somebody_is_gone_and_everything_else_still_waits(made: Settings, letters: DeadLetters) -> None:
    set_aside(made, letter(1), letter(2, body=b'{"actor":"ana"}'), b"of a newer version", letter(3), letter(4))
    letters.drop([0], at=NOON)
    set_aside(made, letter(5, body=b'{"actor":"ana"}'), letter(6))

    assert letters.forget(lambda body: b'"ana"' in body) == 2

    waiting = letters.undecided()
    assert [each.offset if isinstance(each, Waiting) else None for each in waiting] == [6, None, 3, 4]
    assert not any(b"ana" in base64.b64decode(json.loads(v).get("body", "")) for v in decodable(made))
    assert letters.forget(lambda body: b'"ana"' in body) == 0


def decodable(made: Settings) -> list[bytes]:
    return [value for _, value in lying_in(made, Topic.DEAD_LETTERS, 0) if value.startswith(b"{")]


def test_what_this_version_cannot_read_is_listed_kept_and_can_be_dropped(made: Settings, letters: DeadLetters) -> None:
    set_aside(made, b'{"type": "milepost.message.set_aside.v9"}', letter(8))

    letters.drop([1], at=NOON)

    assert letters.undecided() == [Unreadable(0)]
    with pytest.raises(NoWayBack, match="cannot be read by this version"):
        letters.replay([0], at=NOON)
    letters.drop([0], at=NOON)
    assert not letters.undecided()


def test_a_letter_whose_topic_or_partition_is_no_more_stays_where_it_is(made: Settings, letters: DeadLetters) -> None:
    set_aside(made, letter(7, "groups"), letter(8, partition=3))

    with pytest.raises(NoWayBack, match="came from groups"):
        letters.replay([0], at=NOON)
    with pytest.raises(NoWayBack, match="partition 3 of learners"):
        letters.replay([1], at=NOON)

    assert numbers(letters) == [0, 1]


def test_the_largest_message_that_the_gateway_takes_comes_back_whole(made: Settings, letters: DeadLetters) -> None:
    largest = b"x" * (32 * 1024 * 1024 - 1000)
    set_aside(made, letter(1, "raw-messages", body=largest), letter(2))

    letters.replay([0], at=NOON)

    ((_, value),) = lying_in(made, Topic.RAW_MESSAGES, 1)
    assert value == largest
    assert numbers(letters) == [1]
