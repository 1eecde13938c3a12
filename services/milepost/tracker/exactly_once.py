"""What comes by a topic, done to the database exactly once: the offset to read next is stored together with it.

A message that cannot be read, or that alone cannot be taken in, is set aside as a dead letter, and the partition moves
on.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from milepost.broker.inbox import Received
from milepost.store import positions
from milepost.store.positions import Move, Overtaken
from milepost.tracker.setting_aside import UNAVAILABLE, InARow, dead_letter
from milepost_schemas.messages import DeadLetter
from milepost_schemas.topics import Topic

M = TypeVar("M")

Writing = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Work(Generic[M]):
    """What is done with the messages of a topic: read each, then do all of them in one transaction.

    `do` returns what it did, counted by a word; it is told to `done` after the commit.
    """

    topic: Topic
    read: Callable[[bytes], M]
    do: Callable[[Connection, Sequence[tuple[Received, M]]], Counter[str]]
    done: Callable[[Counter[str]], None]


class ExactlyOnce(Generic[M]):
    """Does the work of a topic. For one thread."""

    def __init__(self, work: Work[M], writing: Writing, set_aside: Callable[[DeadLetter], None]) -> None:
        """Write in the transactions of `writing`; `set_aside` returns once a dead letter is durable."""
        self._work = work
        self._writing = writing
        self._set_aside = set_aside
        self._dead = InARow(work.topic.value)
        self._next: dict[int, int] = {}

    @property
    def positions(self) -> Mapping[int, int]:
        """The offset that is read next in each partition of which anything was read."""
        return self._next

    def begin(self, connection: Connection, partitions: Collection[int]) -> Mapping[int, int]:
        """Begin with these partitions where the database says; return the offset to read next in each that has one."""
        stored = positions.of_topic(connection, self._work.topic)
        self._next = {partition: stored[partition] for partition in partitions if partition in stored}
        return self._next

    def take(self, received: Sequence[Received]) -> None:
        """Do the work of these messages, each partition's in its order.

        Raise Overtaken where another process has done some of it already, and TooManyDeadLetters.
        """
        fresh = [one for one in received if one.offset >= self._next.get(one.partition, 0)]
        if not fresh:
            return
        readable = self._readable(fresh)
        try:
            self._do(fresh, readable)
        except Exception as error:
            if not _is_its_own_fault(error):
                raise
            self._take_one_by_one(fresh, readable)

    def _readable(self, received: Sequence[Received]) -> list[tuple[Received, M]]:
        """Return what can be read, and set aside the rest."""
        before = self._dead.count
        readable: list[tuple[Received, M]] = []
        for one in received:
            try:
                readable.append((one, self._work.read(one.value)))
            except (ValueError, RecursionError) as error:
                self._bury(one, error)
            else:
                self._dead.count = before  # what was before this batch is forgotten once something is done
        return readable

    def _take_one_by_one(self, received: Sequence[Received], readable: Sequence[tuple[Received, M]]) -> None:
        messages = {(one.partition, one.offset): message for one, message in readable}
        for one in received:
            self._take_alone(one, messages.get((one.partition, one.offset)))

    def _take_alone(self, one: Received, message: M | None) -> None:
        try:
            self._do([one], [] if message is None else [(one, message)])
        except Exception as error:
            if not _is_its_own_fault(error):
                raise
            self._bury(one, error)
            self._do([one], [])

    def _do(self, fresh: Sequence[Received], readable: Sequence[tuple[Received, M]]) -> None:
        """Do what can be done, and move past all of it, in one transaction."""
        reached = {one.partition: one.offset + 1 for one in fresh}
        with self._writing() as connection:
            positions.move_all(connection, self._moves(reached))
            counted = self._work.do(connection, readable)
        self._next = {**self._next, **reached}
        if readable:
            self._dead.end()
        self._work.done(counted)

    def _moves(self, reached: Mapping[int, int]) -> list[Move]:
        return [
            Move(positions.of_partition(self._work.topic, partition), self._next.get(partition), to)
            for partition, to in reached.items()
        ]

    def _bury(self, one: Received, error: Exception) -> None:
        self._dead.add(f"{one.partition}/{one.offset}", error)
        self._set_aside(
            dead_letter(one.topic.value, one.partition, one.offset, one.key, one.value, at=one.timestamp, error=error)
        )
        self._work.done(Counter(dead=1))


def _is_its_own_fault(error: Exception) -> bool:
    """Say whether an error is about the messages, and not about the database or who else writes to it."""
    if isinstance(error, DataError | IntegrityError):
        return True
    return not isinstance(error, (SQLAlchemyError, Overtaken, *UNAVAILABLE))
