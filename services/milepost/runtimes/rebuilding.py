"""Making anew what one process keeps: what pages show from its records, or records and pages from the facts table.

Records are drafted in memory while the server goes on; what was filed meanwhile follows in the transaction in which
they take their place. A rebuild that is interrupted has changed nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice

from sqlalchemy import Connection, delete, select

from milepost.core.processors import PROCESSORS
from milepost.store import filing, people, projecting, recording, retelling, tenants, told
from milepost.store.database import Database, writing_at_length
from milepost.store.tables.kept import records, ticks, waits
from milepost.tracker import projector
from milepost.tracker.draft import LOOKING, Basis, Draft
from milepost_schemas.topics import Topic

AT_ONCE = 500

Say = Callable[[int, int], None]
"""Hears how many facts are done, of how many."""


class RebuildFailed(RuntimeError):
    """Nothing was changed; the message says what to do."""


def rebuild_shown(database: Database) -> int:
    """Empty what pages show, and have every record show itself again; return how many do."""
    with writing_at_length(database) as connection:
        draft = Draft(_basis(connection))
        for topic in LOOKING:
            for row in connection.execute(
                select(records.c.key, records.c.record).where(records.c.topic == topic.value)
            ):
                draft.put(topic, row.key, row.record)
        draft.forget_shown()
        draft.look(_ticked_at(connection))
        projector.empty(connection)
        return _keep(connection, draft, LOOKING)


def rebuild_records(database: Database, *, said: Say = lambda _, __: None) -> int:
    """Make every record anew from the facts table, and have it show itself; return how many do.

    What was told stays told: gaps keep their ids and the moment at which they were opened, and only what differs from
    what was told is told.

    Raise RebuildFailed where programs changed meanwhile, and NewerFact of `milepost.store.retelling`.
    """
    with database.reading() as connection:
        draft = Draft(_basis(connection))
        filed = _fold(connection, draft, after=0, said=said)
    with writing_at_length(database) as connection:
        if _basis(connection) != draft.basis:
            raise RebuildFailed("a program was published or a tenant added meanwhile; nothing was changed: begin again")
        _fold(connection, draft, after=filed, said=said)
        return _take_their_place(connection, draft)


def _basis(connection: Connection) -> Basis:
    names = tenants.every(connection)
    return Basis(
        programs={name: recording.programs_of(connection, name) for name in names},
        tracking_from={name: tenants.tracking_from(connection, name) for name in names},
    )


def _ticked_at(connection: Connection) -> Mapping[str, int]:
    return {row.tenant: row.at for row in connection.execute(select(ticks))}


def _fold(connection: Connection, draft: Draft, *, after: int, said: Say) -> int:
    """Take in every fact past a number; return the number of the last."""
    total, done = retelling.count(connection), 0
    while retold := retelling.read(connection, after, limit=AT_ONCE):
        draft.fold([one.message for one in retold], partial(filing.facts_of, connection))
        after, done = retold[-1].filed, done + len(retold)
        said(done, total)
    return after


def _take_their_place(connection: Connection, draft: Draft) -> int:
    draft.give_back(told.everything(connection))
    draft.look(_ticked_at(connection))
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
