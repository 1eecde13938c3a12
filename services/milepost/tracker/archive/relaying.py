"""Relaying: every message of the log goes to its topic, in the order of the log, at least once.

A batch is sent and acknowledged before the position is stored; after an error in between it is sent again, whole. Facts
that are about no person are filed when the position is stored, as nobody else files them. That somebody is erased
begins a batch: all that the log said of them before is filed by then, and is deleted once it is sent.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Protocol

from milepost.ports import Filed
from milepost.store import catalog, filing, forgetting, log, positions, recording
from milepost.store.database import Database
from milepost.store.log import Entry
from milepost.tracker.outgoing import Partitioner, place_of
from milepost.tracker.setting_aside import InARow, NotExpected, dead_letter
from milepost_schemas.facts import Fact
from milepost_schemas.messages import ActorErased, ProgramKnown, ProgramPublished
from milepost_schemas.streams import STREAMS
from milepost_schemas.submissions import LogMessage
from milepost_schemas.topics import BROADCAST_TO, Message, Topic, address, decode_logged, encode

MOST_AT_ONCE = 1_000

ENVELOPE_BYTES = 1_024
"""What a message takes in its topic beside its key and its value, at most."""

THE_LOG = "log"
"""Where a message lay that cannot be read, and so has no topic."""

ERASES = str(ActorErased.__dataclass_fields__["type"].default)
"""What stands in the log where somebody is erased."""


class Outbox(Protocol):
    """What sends messages to topics, each partition's in the order in which they were given."""

    def send(self, topic: Topic, partition: int, key: bytes | None, value: bytes) -> None:
        """Send a message soon."""
        ...

    def settle(self) -> None:
        """Return once everything that was sent is acknowledged; raise NotDelivered."""
        ...


class Relaying:
    """Reads the log and sends what stands there. For one thread."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        partition_of: Partitioner,
        *,
        partitions: int,
        done: Callable[[Counter[str]], None],
    ) -> None:
        """Begin where the last one stopped; `partition_of` says in which of so many partitions a key lies."""
        self._database = database
        self._outbox = outbox
        self._partition_of = partition_of
        self._partitions = partitions
        self._done = done
        self._dead = InARow(THE_LOG)
        with database.reading() as connection:
            self._position = positions.find(connection, positions.RELAY)

    def state_catalog(self) -> None:
        """Say what the catalog has to know of tenants and programs, which a topic that was made anew has forgotten."""
        with self._database.reading() as connection:
            known = catalog.known(connection)
        for message in known:
            self._send(message, encode(message))
        self._outbox.settle()

    def relay(self) -> int:
        """Send the next messages of the log; return how many they were.

        Raise NotDelivered, Overtaken where another process relays as well, and TooManyDeadLetters.
        """
        with self._database.reading() as connection:
            entries = _until_somebody_is_erased(log.read(connection, self._position or 0, limit=MOST_AT_ONCE))
        if entries:
            self._relay(entries)
        return len(entries)

    def _relay(self, entries: Sequence[Entry]) -> None:
        counted: Counter[str] = Counter()
        sent: list[tuple[int, LogMessage]] = []
        for entry in entries:
            message = self._hand_over(entry)
            if message is None:
                counted["dead"] += 1
            else:
                counted[address(message).topic.value] += 1
                sent.append((entry.position, message))
        self._outbox.settle()
        self._move_to(entries[-1].position, sent)
        self._done(counted)

    def _hand_over(self, entry: Entry) -> LogMessage | None:
        """Send a message; return it, or None where it had to be set aside."""
        body = entry.body.encode()
        try:
            message = decode_logged(body)
        except ValueError as error:
            self._set_aside(entry, error, topic=THE_LOG, partition=0, key=None)
            return None
        to = address(message)
        key = to.key.encode()
        if len(key) + len(body) + ENVELOPE_BYTES > STREAMS[to.topic].most_bytes:
            too_large = NotExpected(f"{len(body)} bytes are more than the topic {to.topic} takes")
            self._set_aside(
                entry, too_large, topic=to.topic.value, partition=place_of(to.topic, key, self._partition_of), key=key
            )
            return None
        if isinstance(message, ProgramPublished):
            self._publish(message, body)
        else:
            self._send(message, body)
        self._dead.end()
        return message

    def _set_aside(self, entry: Entry, error: Exception, *, topic: str, partition: int, key: bytes | None) -> None:
        """Send a message to the dead letters in place of where it belongs; raise TooManyDeadLetters."""
        self._dead.add(f"{partition}/{entry.position}", error)
        body = entry.body.encode()
        letter = dead_letter(topic, partition, entry.position, key, body, at=entry.received_at, error=error)
        self._send(letter, encode(letter))

    def _publish(self, program: ProgramPublished, body: bytes) -> None:
        """Make a program known: first where it is looked up, then in the catalog, then to whom it concerns."""
        with self._database.writing() as connection:
            recording.publish(connection, program)
        self._send(program, body)
        self._outbox.settle()
        known = encode(ProgramKnown(tenant=program.tenant, program=program.program, version=program.version))
        for topic in BROADCAST_TO[ProgramKnown]:
            for partition in range(self._partitions):
                self._outbox.send(topic, partition, None, known)

    def _send(self, message: Message, body: bytes) -> None:
        to = address(message)
        key = to.key.encode()
        self._outbox.send(to.topic, place_of(to.topic, key, self._partition_of), key, body)

    def _move_to(self, reached: int, sent: Sequence[tuple[int, LogMessage]]) -> None:
        with self._database.writing() as connection:
            positions.move(connection, positions.RELAY, since=self._position, to=reached)
            filing.file(connection, [filed for _, message in sent for filed in _about_no_person(message)])
            for position, message in sent:
                if isinstance(message, ActorErased):
                    forgetting.forget_logged(connection, message, at=position, last=reached)
        self._position = reached


def _until_somebody_is_erased(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return the entries up to where the next batch has to begin."""
    return [*entries[:1], *takewhile(lambda entry: ERASES not in entry.body, entries[1:])]


def _about_no_person(message: LogMessage) -> Iterator[Filed]:
    """Yield the fact that nobody else files: of a meeting, an offering, a source, or who an actor is."""
    if isinstance(message, Fact):
        yield Filed(message.tenant, address(message).key, message)
