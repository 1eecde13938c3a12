"""Dead letters: messages of the log that the tracker could not take in, set aside with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from milepost.store import log
from milepost.store.database import upsert
from milepost.store.log import Entry
from milepost.store.tables.kept import dead_letters


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was set aside; what somebody sent stands in `body`, and in a `reason` of an earlier release."""

    position: int
    tenant: str
    at: int
    reason: str
    body: str


def set_aside(connection: Connection, entry: Entry, reason: str, *, at: int) -> None:
    """Keep a message and why it could not be taken in."""
    said = reason.replace("\0", "\N{REPLACEMENT CHARACTER}")  # it may repeat what no text column of PostgreSQL takes
    row = {"position": entry.position, "tenant": entry.tenant, "at": at, "reason": said, "body": entry.body}
    connection.execute(upsert(connection, dead_letters), row)


def every(connection: Connection, *, limit: int = 100) -> Sequence[DeadLetter]:
    """Return the last ones, the newest first."""
    rows = select(dead_letters).order_by(dead_letters.c.position.desc()).limit(limit)
    return [DeadLetter(**row) for row in connection.execute(rows).mappings()]


def count(connection: Connection) -> int:
    """Return how many there are."""
    return connection.execute(select(func.count()).select_from(dead_letters)).scalar_one()


def find(connection: Connection, position: int) -> DeadLetter | None:
    """Return the one of a position, if it is there."""
    row = connection.execute(select(dead_letters).where(dead_letters.c.position == position)).mappings().first()
    return None if row is None else DeadLetter(**row)


def replay(connection: Connection, letter: DeadLetter, *, at: int) -> None:
    """Append the message to the log again, as received now, and forget that it was set aside."""
    log.append_again(connection, Entry(letter.position, letter.tenant, at, letter.body))
    drop(connection, letter.position)


def drop(connection: Connection, position: int) -> None:
    """Forget a message that was set aside; the log keeps it where it stands."""
    connection.execute(delete(dead_letters).where(dead_letters.c.position == position))
