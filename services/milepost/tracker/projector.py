"""The projector: what records show of themselves goes into the tables that pages read, batch by batch.

Whole rows are replaced where they are newer, so that whoever projects twice, or late, changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import partial

from sqlalchemy import Connection, delete

from milepost.broker.inbox import Received
from milepost.store import people, positions, projecting
from milepost.store.database import Database, Turn
from milepost.store.tables import shown
from milepost.tracker.exactly_once import Work
from milepost.tracker.setting_aside import NotExpected
from milepost_schemas.messages import Owner, OwnerStated
from milepost_schemas.projections import Projected
from milepost_schemas.topics import Projection, Topic, decode

REBUILT = (
    *(shown.learners, shown.journeys, shown.steps, shown.seats),
    *(shown.offerings, shown.sessions, shown.participants),
    *(shown.source_standings, shown.gaps),
)
"""What is made of records alone. What was told (changes), and what people did, is not: it stays in a rebuild."""

Read = Projection | None


def projecting_work(done: Callable[[Counter[str]], None]) -> Work[Read]:
    """Return the work of the topic of projections."""
    return Work(topic=Topic.PROJECTIONS, read=read_projection, do=project, done=done)


def writing_shown(database: Database) -> Callable[[], AbstractContextManager[Connection]]:
    """Return what begins a transaction that does not wait for who appends to the log."""
    return partial(database.writing, Turn.SHOWN)


def read_projection(value: bytes) -> Read:
    """Return what a record shows, None for a key that was deleted; raise ValueError for anything else."""
    if not value:
        return None
    message = decode(value)
    if not isinstance(message, Projection):
        raise NotExpected(f"{type(message).__name__} is nothing that a record shows")
    return message


def project(connection: Connection, messages: Sequence[tuple[Received, Read]]) -> Counter[str]:
    """Write what records show, and who identifiers are."""
    rows = [message for _, message in messages if isinstance(message, Projected)]
    projecting.project(connection, rows)
    stated = [message for _, message in messages if isinstance(message, OwnerStated)]
    for tenant in {message.tenant for message in stated}:
        people.own(connection, tenant, _latest(message.owner for message in stated if message.tenant == tenant))
    return Counter(projected=len(rows), owners=len(stated))


def empty(connection: Connection) -> None:
    """Empty what pages show, and have every partition read again from its beginning, by whoever projects it."""
    positions.forget_topic(connection, Topic.PROJECTIONS)
    for table in REBUILT:
        connection.execute(delete(table))


def _latest(owners: Iterable[Owner]) -> list[Owner]:
    """Return each identifier's owner of the highest version."""
    latest: dict[str, Owner] = {}
    for owner in owners:
        earlier = latest.get(owner.identifier)
        if earlier is None or owner.version >= earlier.version:
            latest[owner.identifier] = owner
    return list(latest.values())
