"""Records and what they wait for, programs, and how far the tracker has come."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, bindparam, case, func, literal, select

from milepost.ports import Kept
from milepost.store import bulk
from milepost.store.among import among, is_among
from milepost.store.database import insert, upsert
from milepost.store.tables.kept import positions, programs, records, ticks, waits
from milepost_schemas.messages import ProgramPublished
from milepost_schemas.topics import Topic

TRACKER = "tracker"


def load(connection: Connection, topic: Topic, keys: Sequence[str]) -> dict[str, bytes]:
    """Return the records of these keys that there are."""
    if not keys:
        return {}
    rows = connection.execute(_of_keys(connection.dialect.name), {"of_topic": topic.value, **among(connection, keys)})
    return {row.key: row.record for row in rows}


def save(connection: Connection, topic: Topic, kept: Mapping[str, Kept]) -> None:
    """Keep these records and their waits in place of earlier ones."""
    if not kept:
        return
    rows = [{"topic": topic.value, "key": key, "record": each.record} for key, each in kept.items()]
    bulk.replace(connection, records, rows)
    _save_waits(connection, topic, kept)


def due(connection: Connection, topic: Topic, tenant: str, at: int, lagging: Mapping[str, int]) -> Sequence[str]:
    """Return the keys that wait for a moment that is reached, in their order."""
    return sorted(connection.execute(_due(topic, tenant, at, lagging)).scalars())


def count_due(connection: Connection, topic: Topic, tenant: str, at: int, lagging: Mapping[str, int]) -> int:
    """Return how many keys wait for a moment that is reached."""
    waiting = _due(topic, tenant, at, lagging).subquery()
    return connection.execute(select(func.count()).select_from(waiting)).scalar_one()


def publish(connection: Connection, program: ProgramPublished) -> None:
    """Keep a program version; the same version again changes nothing."""
    row = {
        "tenant": program.tenant,
        "program": program.program,
        "version": program.version,
        "published_at": program.published_at,
        "definition": msgspec.json.encode(program.definition).decode(),
    }
    connection.execute(insert(connection, programs).on_conflict_do_nothing(), row)


def programs_of(connection: Connection, tenant: str) -> Sequence[ProgramPublished]:
    """Return every version of every program of a tenant, in the order of publishing."""
    rows = select(programs).where(programs.c.tenant == tenant).order_by(programs.c.published)
    return [
        ProgramPublished(
            tenant=row.tenant,
            program=row.program,
            version=row.version,
            published_at=row.published_at,
            definition=msgspec.json.decode(row.definition),
        )
        for row in connection.execute(rows)
    ]


def position(connection: Connection) -> int:
    """Return the position in the log up to which everything was taken in."""
    return connection.execute(select(positions.c.position).where(positions.c.reader == TRACKER)).scalar() or 0


def move_to(connection: Connection, reached: int) -> None:
    """Note that everything up to this position was taken in."""
    connection.execute(upsert(connection, positions), {"reader": TRACKER, "position": reached})


def ticked_at(connection: Connection, tenant: str) -> int | None:
    """Return the moment of the last tick of a tenant."""
    return connection.execute(select(ticks.c.at).where(ticks.c.tenant == tenant)).scalar()


def note_tick(connection: Connection, tenant: str, at: int) -> None:
    """Note that the clock of a tenant has come to this moment."""
    connection.execute(upsert(connection, ticks), {"tenant": tenant, "at": at})


def _save_waits(connection: Connection, topic: Topic, kept: Mapping[str, Kept]) -> None:
    """Write the waits that differ: most of what happens leaves a record waiting for the same."""
    mine = {"of_topic": topic.value, **among(connection, list(kept))}
    found = connection.execute(_waits_of_keys(connection.dialect.name), mine)
    earlier = {(key, source): until for key, source, until in found}
    wanted = {(key, source): until for key, each in kept.items() for source, until in each.waits}
    over = [{"topic": topic.value, "key": key, "source": source} for key, source in earlier.keys() - wanted.keys()]
    different = [
        {"topic": topic.value, "key": key, "source": source, "tenant": key.split("/", 1)[0], "until": until}
        for (key, source), until in wanted.items()
        if earlier.get((key, source)) != until
    ]
    bulk.remove(connection, waits, over)
    bulk.replace(connection, waits, different)


@cache
def _of_keys(dialect: str) -> Select[Any]:
    mine = records.c.topic == bindparam("of_topic")
    return select(records.c.key, records.c.record).where(mine, is_among(dialect, records.c.key))


@cache
def _waits_of_keys(dialect: str) -> Select[Any]:
    mine = waits.c.topic == bindparam("of_topic")
    return select(waits.c.key, waits.c.source, waits.c.until).where(mine, is_among(dialect, waits.c.key))


def _due(topic: Topic, tenant: str, at: int, lagging: Mapping[str, int]) -> Select[str]:
    """Look up each source that anything waits for by itself, so that the index ends where its moment does."""
    mine = and_(waits.c.topic == topic.value, waits.c.tenant == tenant)
    first = select(func.min(waits.c.source).label("source")).where(mine)
    names = first.cte("names", recursive=True)
    following = select(func.min(waits.c.source)).where(mine, waits.c.source > names.c.source).scalar_subquery()
    names = names.union_all(select(following).where(names.c.source.is_not(None)))
    reached = literal(at) if not lagging else case(lagging, value=names.c.source, else_=at)
    return (
        select(waits.c.key)
        .distinct()
        .select_from(names)
        .join(waits, and_(mine, waits.c.source == names.c.source, waits.c.until <= reached))
    )
