"""How far each reader has come, stored in the transaction of what it did: so that all of it is done exactly once.

A reader of Kafka has one position per partition, `raw-messages/3`: the offset that it reads next. A reader of the log
has one, `relay`: the last position that it has read. A clock has one that is a moment (`sent_ticks`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Select, delete, select, update

from milepost.store.database import insert
from milepost.store.tables.kept import positions
from milepost_schemas.topics import Topic

RELAY = "relay"

ARCHIVED_UNTIL = "archived-until"
"""Not a position but an instant: whatever the gateway stamped before it is accepted, and can be read."""

MOVE_MANY = (
    "UPDATE positions SET position = given.reached FROM unnest(%b::text[], %b::bigint[], %b::bigint[]) "
    "AS given (reader, since, reached) WHERE positions.reader = given.reader AND positions.position = given.since "
    "RETURNING positions.reader"
)


class Move(NamedTuple):
    """A reader that moves on from where it stood when its work began, None where it never moved."""

    reader: str
    since: int | None
    to: int


class Overtaken(RuntimeError):
    """Somebody else has moved this reader on; nothing was kept, begin again from where it stands."""


def of_partition(topic: Topic, partition: int) -> str:
    """Return the name of the reader of a partition."""
    return f"{topic.value}/{partition}"


def find(connection: Connection, reader: str) -> int | None:
    """Return where a reader stands, None where it never moved."""
    return connection.execute(_where(reader)).scalar()


def reached(connection: Connection, reader: str) -> int:
    """Return how far a reader has come, 0 where it never moved."""
    return find(connection, reader) or 0


def passed(connection: Connection, ends: Mapping[tuple[Topic, int], int]) -> bool:
    """Say whether the readers of these partitions are past these offsets."""
    standing = {topic: of_topic(connection, topic) for topic in {topic for topic, _ in ends}}
    return all(standing[topic].get(partition, 0) >= end for (topic, partition), end in ends.items())


def of_topic(connection: Connection, topic: Topic) -> Mapping[int, int]:
    """Return the offset that is read next in each partition of a topic from which anything was read."""
    mine = positions.c.reader.startswith(f"{topic.value}/", autoescape=True)
    rows = connection.execute(select(positions.c.reader, positions.c.position).where(mine))
    return {int(reader.rpartition("/")[2]): position for reader, position in rows}


def move(connection: Connection, reader: str, *, since: int | None, to: int) -> None:
    """Move one reader on, as `move_all` does."""
    move_all(connection, [Move(reader, since, to)])


def move_all(connection: Connection, moves: Iterable[Move]) -> None:
    """Move readers on, all or none.

    Call it first in a transaction: a second process that does the same work waits here, and then raises Overtaken.
    """
    asked = list(moves)
    moved = {each.reader for each in asked if each.since is None and _begins(connection, each)}
    moved |= _going_on(connection, [each for each in asked if each.since is not None])
    for each in asked:
        if each.reader not in moved:
            raise Overtaken(f"{each.reader} no longer stands at {each.since}")


def raise_to(connection: Connection, reader: str, reached: int) -> None:
    """Note that a reader has come so far; where it has come further already, that stays."""
    statement = insert(connection, positions)
    higher = statement.excluded.position
    statement = statement.on_conflict_do_update(
        index_elements=["reader"], set_={"position": higher}, where=positions.c.position < higher
    )
    connection.execute(statement, {"reader": reader, "position": reached})


def forget_topic(connection: Connection, topic: Topic) -> None:
    """Have every partition of a topic read again from its beginning."""
    connection.execute(delete(positions).where(positions.c.reader.startswith(f"{topic.value}/", autoescape=True)))


def _begins(connection: Connection, move: Move) -> bool:
    first = insert(connection, positions).on_conflict_do_nothing().returning(positions.c.reader)
    return connection.execute(first, {"reader": move.reader, "position": move.to}).first() is not None


def _going_on(connection: Connection, moves: Sequence[Move]) -> set[str]:
    """Move readers that stand where they are thought to stand; return these."""
    if connection.dialect.name == "postgresql":
        moved = connection.exec_driver_sql(MOVE_MANY, ([each.reader for each in moves], [each.since for each in moves],
                                                       [each.to for each in moves]))  # fmt: skip
        return set(moved.scalars())
    return {each.reader for each in moves if _goes_on(connection, each)}


def _goes_on(connection: Connection, move: Move) -> bool:
    mine = (positions.c.reader == move.reader) & (positions.c.position == move.since)
    return connection.execute(update(positions).where(mine).values(position=move.to)).rowcount == 1


def _where(reader: str) -> Select[int]:
    return select(positions.c.position).where(positions.c.reader == reader)
