"""Messages that were set aside in Kafka: what they are, and what somebody decides about them.

A dead letter's number is its offset in the topic of dead letters. A decision is a message behind it in the same
partition: it is as durable as the letter, it can be about one in the middle, and reading the topic once tells what is
undecided. (A group's committed offset could not skip one in the middle, and is forgotten when the group is not there
for a week.) After each decision, what lies before the first undecided letter is removed from the topic: dead letters
hold personal data, and nothing else would ever remove them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.structs import TopicPartition
from pydantic import ValidationError

from milepost.broker.administration import SECONDS_TO_ANSWER, administering
from milepost.broker.client import addresses_of, for_kafka_python
from milepost.broker.failing import BrokerAway, BrokerError
from milepost.broker.topics import name_of, partitions_of
from milepost.settings import Settings
from milepost_schemas.messages import DeadLetter, DeadLetterDecided
from milepost_schemas.streams import STREAMS
from milepost_schemas.topics import Broadcast, Message, Topic, address, decode, encode

REQUEST_BYTES = 2 * STREAMS[Topic.DEAD_LETTERS].most_bytes
SECONDS_TO_SEND = 60.0
MILLISECONDS = int(SECONDS_TO_ANSWER * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A dead letter that nobody has decided about, without its body; an old `reason` may repeat that."""

    number: int
    topic: str
    partition: int
    offset: int
    reason: str
    code: str
    at: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something among the dead letters that this version cannot read: of a newer one, perhaps."""

    number: int


Undecided = Waiting | Unreadable
Origin = tuple[str, int, int]


class NotAmongThem(BrokerError):
    """No undecided dead letter has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"no dead letter {number} waits for a decision; `milepost dead-letters list` shows which do")


class NoWayBack(BrokerError):
    """A dead letter cannot be put back to where it came from."""


class DeadLetters:
    """The dead letters of a site. For one thread."""

    def __init__(
        self, settings: Settings, admin: KafkaAdminClient, consumer: KafkaConsumer, producer: KafkaProducer
    ) -> None:
        """Work with clients that whoever made them closes."""
        self._settings = settings
        self._admin = admin
        self._consumer = consumer
        self._producer = producer
        self._there = TopicPartition(name_of(settings, Topic.DEAD_LETTERS), 0)
        consumer.assign([self._there])

    def undecided(self) -> list[Undecided]:
        """Return what nobody has decided about, the oldest first; what was set aside twice is there once."""
        return list(_read_whole(self._records()).undecided.values())

    def get(self, number: int) -> DeadLetter:
        """Return a dead letter whole; raise NotAmongThem, or NoWayBack where it cannot be read."""
        self._require_undecided([number])
        return self._letter(number)

    def replay(self, numbers: Sequence[int], *, at: int) -> None:
        """Append the original bytes under the original key to where they came from; then note that it was done.

        One that is interrupted in between is appended again the next time: every input may come twice.
        """
        self._require_undecided(numbers)
        for number in numbers:
            self._put_back(number, self._letter(number))
            self._decide(DeadLetterDecided(number=number, decision="replayed", at=at))
        self._tidy()

    def drop(self, numbers: Sequence[int], *, at: int) -> None:
        """Note that nobody wants these."""
        self._require_undecided(numbers)
        for number in numbers:
            self._decide(DeadLetterDecided(number=number, decision="dropped", at=at))
        self._tidy()

    def forget(self, is_theirs: Callable[[bytes], bool]) -> int:
        """Remove every dead letter that is about somebody, decided or not; return how many they were.

        From the middle of a topic nothing can be removed. Those before the last of theirs that still wait are appended
        once more, with new numbers, and all up to there is cut off; begun again in between, each still waits once.
        """
        waiting = _read_whole(self._records()).undecided
        theirs = {record.offset for record in self._records() if _names(record, is_theirs)}
        if not theirs:
            return 0
        last = max(theirs)
        for record in self._records():
            if record.offset < last and record.offset in waiting and record.offset not in theirs:
                self._send(Topic.DEAD_LETTERS, 0, record.key, record.value)
        self._admin.delete_records({self._there: last + 1})
        return len(theirs)

    def _require_undecided(self, numbers: Sequence[int]) -> None:
        waiting = _read_whole(self._records()).undecided
        for number in numbers:
            if number not in waiting:
                raise NotAmongThem(number)

    def _letter(self, number: int) -> DeadLetter:
        letter = _decoded(next(self._records(number)).value)
        if not isinstance(letter, DeadLetter):
            raise NoWayBack(f"dead letter {number} cannot be read by this version; a newer one may have written it")
        return letter

    def _put_back(self, number: int, letter: DeadLetter) -> None:
        topic = _topic_of(number, letter)
        if letter.partition >= partitions_of(self._settings, topic):
            raise NoWayBack(f"dead letter {number} came from partition {letter.partition} of {topic}, which is no more")
        self._send(topic, letter.partition, letter.key, letter.body)

    def _decide(self, decided: DeadLetterDecided) -> None:
        self._send(Topic.DEAD_LETTERS, 0, address(decided).key.encode(), encode(decided))

    def _send(self, topic: Topic, partition: int, key: bytes | None, value: bytes) -> None:
        sent = self._producer.send(name_of(self._settings, topic), value, key=key, partition=partition)
        sent.get(SECONDS_TO_SEND)

    def _tidy(self) -> None:
        """Remove what lies before the first undecided one; what came since we read lies behind it."""
        found = _read_whole(self._records())
        self._admin.delete_records({self._there: min(found.undecided, default=found.end)})

    def _records(self, first: int | None = None) -> Iterator[Any]:
        """Yield what lies in the topic now, from its beginning or from one offset on."""
        beginning = self._consumer.beginning_offsets([self._there])[self._there]
        end = self._consumer.end_offsets([self._there])[self._there]
        self._consumer.seek(self._there, beginning if first is None else first)
        while self._consumer.position(self._there) < end:
            found = self._consumer.poll(timeout_ms=MILLISECONDS).get(self._there, [])
            if not found:
                raise BrokerAway(", ".join(addresses_of(self._settings)))
            yield from found


@contextmanager
def dead_letters_of(settings: Settings) -> Iterator[DeadLetters]:
    """Give the dead letters of a site; raise a BrokerError where Kafka is away or refuses."""
    with administering(settings) as admin:
        options = for_kafka_python(settings, "dead-letters") | {"request_timeout_ms": MILLISECONDS}
        with (
            closing(KafkaConsumer(**options, enable_auto_commit=False, auto_offset_reset="earliest")) as consumer,
            closing(KafkaProducer(**options, acks="all", max_request_size=REQUEST_BYTES)) as producer,
        ):
            yield DeadLetters(settings, admin, consumer, producer)


@dataclass(slots=True)
class _Found:
    """What a reading of the whole topic has found: what is undecided by number, and where the reading ended."""

    undecided: dict[int, Undecided]
    end: int


def _read_whole(records: Iterable[Any]) -> _Found:
    found = _Found({}, 0)
    waiting: dict[Origin, int] = {}
    for record in records:
        found.end = record.offset + 1
        match _decoded(record.value):
            case DeadLetter() as letter:
                # A worker that was killed in between sets the same message aside again: the last one stands for all.
                origin = (letter.topic, letter.partition, letter.offset)
                found.undecided.pop(waiting.get(origin, -1), None)
                waiting[origin] = record.offset
                found.undecided[record.offset] = _waiting(record.offset, letter)
            case DeadLetterDecided() as decided:
                found.undecided.pop(decided.number, None)
            case _:
                found.undecided[record.offset] = Unreadable(record.offset)
    return found


def _names(record: Any, is_theirs: Callable[[bytes], bool]) -> bool:
    letter = _decoded(record.value)
    return isinstance(letter, DeadLetter) and (is_theirs(letter.body) or is_theirs(letter.key or b""))


def _waiting(number: int, letter: DeadLetter) -> Waiting:
    return Waiting(
        number=number,
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        reason=letter.reason,
        code=letter.code,
        at=letter.at,
    )


def _decoded(value: bytes | None) -> Message | Broadcast | None:
    try:
        return None if value is None else decode(value)
    except ValidationError:
        return None


def _topic_of(number: int, letter: DeadLetter) -> Topic:
    try:
        return Topic(letter.topic)
    except ValueError:
        raise NoWayBack(f"dead letter {number} came from {letter.topic}, which this version does not know") from None
