"""Erasing a person of one process: out of all tables and records at once, then out of the free room of the file."""

import sqlite3
import time
from contextlib import closing

from milepost.store import erasing, tracing
from milepost.store.database import Database, writing_at_length
from milepost.store.keep import SqlKeep
from milepost.store.tracing import Traces
from milepost.tracker.cascade import Cascade

BUSY_SECONDS = 60.0
PAUSE_SECONDS = 0.05


class NotCleared(RuntimeError):
    """The person is erased, but what was deleted may still lie in the free room of the file: say it again."""


def erase(database: Database, tenant: str, learner: str, *, at: int) -> Traces:
    """Erase a learner, whether or not a server runs; return what was theirs, which is nothing for nobody.

    Raise NotRead of `milepost.store.erasing`, with nothing changed.
    """
    with database.reading() as connection:
        seen = tracing.look(connection, tenant, learner)
    keep = SqlKeep()
    with writing_at_length(database) as connection, keep.on(connection):
        found = tracing.traces(connection, tenant, learner, seen=seen)
        if found.identifiers:
            Cascade(keep).take(erasing.erase_here(connection, found, at=at))
    return found


def clear_free_room(database: Database) -> None:
    """Write a SQLite file anew, so that nothing of what was deleted is left in it; raise NotCleared."""
    if database.is_postgres:
        return
    place = str(database.engine.url.database)
    with closing(sqlite3.connect(place, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        try:
            connection.execute("VACUUM")
            busy = _empty_write_ahead_log(connection)
        except sqlite3.OperationalError as error:
            raise NotCleared(f"the file could not be written anew: {error}") from error
    if busy:
        raise NotCleared("somebody was reading the file all the time")


def _empty_write_ahead_log(connection: sqlite3.Connection) -> bool:
    """Have all that was written go into the file, in a moment in which nobody reads; say whether there was none."""
    until = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > until:
            return True
        time.sleep(PAUSE_SECONDS)
    return False
