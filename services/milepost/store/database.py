"""One database: SQLite in a file, or PostgreSQL by URL; who reads gets a snapshot, who writes waits for their turn."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.sql.schema import Table

Insert = sqlite.Insert | postgresql.Insert
"""An insert that knows what to do where the row is there already."""

PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # a commit is on the disk before anybody hears of it
    "foreign_keys = ON",
    "busy_timeout = 30000",
    "cache_size = -16384",  # KiB, for each connection
)


class Database:
    """The engine, and the one order in which this process writes."""

    def __init__(self, place: str | Path) -> None:
        """Open a SQLite file by its path, or any database by its URL."""
        self.engine = _build_engine(place)
        self._turn = Lock()
        self._queue = Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of everything, and writes nothing."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction that is committed at the end, or rolled back by an error.

        SQLite has one writer: threads of this process come in turns, other processes are waited for.
        """
        with self._my_turn(), self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        # Who waits for the turn holds the queue, so that who has just written cannot push in before them.
        with self._queue:
            self._turn.acquire()
        try:
            yield
        finally:
            self._turn.release()


def insert(connection: Connection, table: Table) -> Insert:
    """Return an insert into a table that knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def upsert(connection: Connection, table: Table) -> Insert:
    """Return an insert that replaces every column of a row that is there already, by primary key."""
    statement = insert(connection, table)
    keys = [column.name for column in table.primary_key]
    rest = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


def _build_engine(place: str | Path) -> Engine:
    url = _url(place)
    if url.get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True)
    engine = create_engine(url, hide_parameters=True, **_pool(url))  # parameters hold personal data
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _pool(url: URL) -> dict[str, int]:
    """Return a pool in which none of a server's threads has to wait for another; in memory there is one connection."""
    if url.database in (None, "", ":memory:"):
        return {}
    return {"pool_size": 10, "max_overflow": 40}


def _url(place: str | Path) -> URL:
    if isinstance(place, str) and "://" in place:
        return make_url(place)
    return URL.create("sqlite", database=str(place))


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: a reader that turns writer later could not wait for others.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
