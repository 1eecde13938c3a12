"""What is deleted after some time: what no record, no statement and no page needs any more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, false, func, select
from sqlalchemy.sql.schema import Column, Table

from milepost.store import log, positions, recording
from milepost.store.database import Database
from milepost.store.tables.accepted import documents, raw_messages
from milepost.store.tables.accepted import log as logged
from milepost.store.tables.kept import dead_letters, facts
from milepost.store.tables.used import audit
from milepost_schemas.instants import DAY

AT_ONCE = 2_000
"""So many rows one transaction deletes, that nobody who sends has to wait for it."""

LOG_KEPT = 1_000
"""So many messages of the log stay in any case: by them a clock knows how late it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """For how many days each kind is kept; 0 is for good."""

    raw: int = 0
    log: int = 0
    unknown: int = 0
    dead_letters: int = 0
    documents: int = 0
    audit: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of what is kept for a time: what it is, for how many days, and its rows that are past that."""

    name: str
    days: int
    table: Table
    number: Column[int]
    past: Sequence[ColumnElement[bool]]


def kinds(connection: Connection, periods: Periods, *, at: int) -> Sequence[Kind]:
    """Return each kind that is not kept for good, as of a moment."""
    return list(_kinds(connection, periods, at))


def count(connection: Connection, kind: Kind) -> int:
    """Return how many rows of a kind are past their time."""
    return connection.execute(select(func.count()).select_from(kind.table).where(*kind.past)).scalar_one()


def forget(database: Database, kind: Kind) -> int:
    """Delete the rows of a kind that are past their time, some at once; return how many they were."""
    forgotten = 0
    while True:
        with database.writing() as connection:
            some = select(kind.number).where(*kind.past).order_by(kind.number).limit(AT_ONCE)
            numbers = connection.execute(some).scalars().all()
            connection.execute(delete(kind.table).where(kind.number.in_(numbers)))
        forgotten += len(numbers)
        if len(numbers) < AT_ONCE:
            return forgotten


def _kinds(connection: Connection, periods: Periods, at: int) -> Iterator[Kind]:
    if periods.raw:
        past = raw_messages.c.received_at < at - periods.raw * DAY
        yield Kind("requests as they came", periods.raw, raw_messages, raw_messages.c.number, [past])
    if periods.log:
        past = logged.c.received_at < at - periods.log * DAY
        read = logged.c.position <= _read_by_all(connection)
        yield Kind("messages of the log that were taken in", periods.log, logged, logged.c.position, [past, read])
    if periods.unknown:
        past = facts.c.received_at < at - periods.unknown * DAY
        yield Kind("activities of no program", periods.unknown, facts, facts.c.filed, [past, facts.c.known == false()])
    if periods.dead_letters:
        past = dead_letters.c.at < at - periods.dead_letters * DAY
        yield Kind("dead letters", periods.dead_letters, dead_letters, dead_letters.c.position, [past])
    if periods.documents:
        past = documents.c.changed_at < at - periods.documents * DAY
        yield Kind("documents of content", periods.documents, documents, documents.c.number, [past])
    if periods.audit:
        past = audit.c.at < at - periods.audit * DAY
        yield Kind("lines of the audit log", periods.audit, audit, audit.c.number, [past])


def _read_by_all(connection: Connection) -> int:
    """Return the position up to which the log was read: by the tracker, on a site by who relays it."""
    relayed = positions.find(connection, positions.RELAY)
    read = recording.position(connection) if relayed is None else relayed
    return min(read, log.end(connection) - LOG_KEPT)
