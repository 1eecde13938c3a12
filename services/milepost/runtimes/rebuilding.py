"""Making anew what one process keeps: what pages show from its records, or records and pages from the facts table.

Records are drafted in memory while the server goes on; what was filed meanwhile follows in the transaction in which
they take their place. A rebuild that is interrupted has changed nothing.
"""

from collections.abc import Mapping, Sequence
from itertools import islice

from sqlalchemy import Connection, delete, select

from milepost.core.processors import PROCESSORS
from milepost.runtimes.drafting import AT_ONCE, Say, basis_of, fold
from milepost.store import people, projecting, recording, sent_ticks, told, withholding
from milepost.store.database import Database, writing_at_length
from milepost.store.tables.kept import records, waits
from milepost.tracker import projector
from milepost.tracker.draft import LOOKING, Draft
from milepost_schemas.topics import Topic


class RebuildFailed(RuntimeError):
    """Not everything was made anew; the message says what to do."""


def rebuild_shown(database: Database) -> int:
    """Empty what pages show, and have every record show itself again; return how many do."""
    with writing_at_length(database) as connection:
        draft = Draft(basis_of(connection))
        for topic in LOOKING:
            for row in connection.execute(
                select(records.c.key, records.c.record).where(records.c.topic == topic.value)
            ):
                draft.put(topic, row.key, row.record)
        draft.forget_shown()
        draft.look(sent_ticks.latest(connection))
        projector.empty(connection)
        return _keep(connection, draft, LOOKING)


def rebuild_records(database: Database, *, said: Say = lambda _, __: None) -> int:
    """Make every record anew from the facts table, and have it show itself; return how many do.

    What was told stays told: gaps keep their ids and the moment at which they were opened, and only what differs from
    what was told is told.

    Raise RebuildFailed where programs changed meanwhile, and NewerFact of `milepost.store.retelling`.
    """
    with database.reading() as connection:
        draft = Draft(basis_of(connection))
        filed = fold(connection, draft, after=0, said=said)
    with writing_at_length(database) as connection:
        if basis_of(connection) != draft.basis:
            raise RebuildFailed("a program was published or a tenant added meanwhile; nothing was changed: begin again")
        fold(connection, draft, after=filed, said=said)
        return _take_their_place(connection, draft)


def _take_their_place(connection: Connection, draft: Draft) -> int:
    draft.give_back(told.everything(connection), withholding.everybody_erased(connection))
    draft.look(sent_ticks.latest(connection))
    connection.execute(delete(records))
    connection.execute(delete(waits))
    _own(connection, draft)
    return _keep(connection, draft, PROCESSORS)


def _own(connection: Connection, draft: Draft) -> None:
    for tenant in draft.basis.tracking_from:
        mine = f"{tenant}/"
        people.own(connection, tenant, [owner for key, owner in draft.owners.items() if key.startswith(mine)])


def _keep(connection: Connection, draft: Draft, topics: Sequence[Topic] | Mapping[Topic, object]) -> int:
    for topic in topics:
        kept = iter(draft.records(topic).items())
        while some := dict(islice(kept, AT_ONCE)):
            recording.save(connection, topic, some)
    shown = iter(draft.shown.values())
    while rows := list(islice(shown, AT_ONCE)):
        projecting.project(connection, rows)
    return len(draft.shown)
