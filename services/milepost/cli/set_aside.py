"""Where the commands find dead letters: in the topic of a site on Kafka, or in the table of one process."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from milepost.broker.dead_letters import DeadLetters, Unreadable, Waiting, dead_letters_of
from milepost.broker.failing import BrokerError
from milepost.cli.telling import NotDone, database_of_one_process, moment_of, settings_of
from milepost.store import dead_letters
from milepost.store.database import Database
from milepost_schemas.instants import to_text

MOST_LISTED = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One of the list; `came_from` is topic, partition and offset, or a position of the log."""

    number: int
    came_from: str
    at: str
    code: str
    reason: str


class SetAside(Protocol):
    """Where dead letters lie, whatever it is."""

    def lines(self) -> Sequence[Line]:
        """Return those that nobody has decided about, the oldest first."""
        ...

    def body(self, number: int) -> bytes:
        """Return the message as it came."""
        ...

    def replay(self, numbers: Sequence[int]) -> None:
        """Put messages back to where they came from."""
        ...

    def drop(self, numbers: Sequence[int]) -> None:
        """Put messages away for good."""
        ...


@contextmanager
def set_aside_of(chosen: argparse.Namespace) -> Iterator[SetAside]:
    """Give the dead letters of the site or the process that was named; raise NotDone."""
    settings = settings_of(chosen)
    if settings.kafka is None:
        with database_of_one_process(chosen) as database:
            yield _InTable(database, moment_of(chosen))
        return
    try:
        with dead_letters_of(settings) as letters:
            yield _InKafka(letters, moment_of(chosen))
    except BrokerError as error:
        raise NotDone(str(error)) from error


class _InKafka:
    """The dead letters of a site on Kafka."""

    def __init__(self, letters: DeadLetters, at: int) -> None:
        self._letters = letters
        self._at = at

    def lines(self) -> Sequence[Line]:
        """Return those that nobody has decided about."""
        return [_line(each) for each in self._letters.undecided()]

    def body(self, number: int) -> bytes:
        """Return the message as it came."""
        return self._letters.get(number).body

    def replay(self, numbers: Sequence[int]) -> None:
        """Append them to where they came from."""
        self._letters.replay(numbers, at=self._at)

    def drop(self, numbers: Sequence[int]) -> None:
        """Note that nobody wants them."""
        self._letters.drop(numbers, at=self._at)


class _InTable:
    """The dead letters of a database."""

    def __init__(self, database: Database, at: int) -> None:
        self._database = database
        self._at = at

    def lines(self) -> Sequence[Line]:
        """Return all that are there."""
        with self._database.reading() as connection:
            newest_first = dead_letters.every(connection, limit=MOST_LISTED)
        return [
            Line(each.position, f"log/{each.position}", to_text(each.at), "-", each.reason)
            for each in reversed(newest_first)
        ]

    def body(self, number: int) -> bytes:
        """Return the message as it came."""
        with self._database.reading() as connection:
            return _get(dead_letters.find(connection, number), number).body.encode()

    def replay(self, numbers: Sequence[int]) -> None:
        """Append them to the log again."""
        with self._database.writing() as connection:
            for number in numbers:
                dead_letters.replay(connection, _get(dead_letters.find(connection, number), number), at=self._at)

    def drop(self, numbers: Sequence[int]) -> None:
        """Forget them."""
        with self._database.writing() as connection:
            for number in numbers:
                dead_letters.drop(connection, _get(dead_letters.find(connection, number), number).position)


def _get(letter: dead_letters.DeadLetter | None, number: int) -> dead_letters.DeadLetter:
    if letter is None:
        raise NotDone(f"no dead letter {number} waits for a decision; `milepost dead-letters list` shows which do")
    return letter


def _line(each: Waiting | Unreadable) -> Line:
    if isinstance(each, Unreadable):
        return Line(each.number, "-", "-", "-", "this version cannot read it")
    came_from = f"{each.topic}/{each.partition}/{each.offset}"
    return Line(each.number, came_from, to_text(each.at), each.code, each.reason)
