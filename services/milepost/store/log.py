"""The log: every accepted message, in one order, numbered by position."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, func, select

from milepost.store import bulk
from milepost.store.tables.accepted import log
from milepost_schemas.submissions import LogMessage
from milepost_schemas.topics import encode


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of the log as it stands there."""

    position: int
    tenant: str
    received_at: int
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose messages they are, when they were received, and the raw message that they were made from."""

    tenant: str
    received_at: int
    raw_number: int | None = None


def append(connection: Connection, origin: Origin, messages: Iterable[LogMessage]) -> int:
    """Append messages in this order; return how many they were."""
    return append_all(connection, [(origin, messages)])


def append_all(connection: Connection, told: Iterable[tuple[Origin, Iterable[LogMessage]]]) -> int:
    """Append messages of several origins in this order; return how many they were."""
    rows = [
        {
            "tenant": origin.tenant,
            "received_at": origin.received_at,
            "raw_number": origin.raw_number,
            "body": encode(message).decode(),
        }
        for origin, messages in told
        for message in messages
    ]
    bulk.append(connection, log, rows)
    return len(rows)


def append_again(connection: Connection, entry: Entry) -> None:
    """Append a message once more, as it stands at its position; what it was made from stays known."""
    made_from = connection.execute(select(log.c.raw_number).where(log.c.position == entry.position)).scalar()
    row = {"tenant": entry.tenant, "received_at": entry.received_at, "raw_number": made_from, "body": entry.body}
    bulk.append(connection, log, [row])


def end(connection: Connection) -> int:
    """Return the position of the last message, 0 where there is none."""
    return connection.execute(_end()).scalar() or 0


def holds(connection: Connection, *, after: int, received_before: int) -> bool:
    """Say whether there is a message past a position that was received before a moment."""
    found = select(log.c.position).where(log.c.position > after, log.c.received_at < received_before).limit(1)
    return connection.execute(found).first() is not None


def read(connection: Connection, after: int, *, limit: int) -> Sequence[Entry]:
    """Return the next messages past a position, at most so many."""
    found = select(log.c.position, log.c.tenant, log.c.received_at, log.c.body)
    found = found.where(log.c.position > after).order_by(log.c.position).limit(limit)
    return [Entry(*row) for row in connection.execute(found)]


@cache
def _end() -> Select[Any]:
    return select(func.max(log.c.position))


def latest_receipt(connection: Connection) -> int:
    """Return the latest `received_at` of the last thousand messages, 0 where there is none."""
    last = select(log.c.received_at).order_by(log.c.position.desc()).limit(1000).subquery()
    return connection.execute(select(func.max(last.c.received_at))).scalar() or 0
