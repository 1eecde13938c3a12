"""One database: SQLite in a file, or PostgreSQL by URL; who reads gets a snapshot, who writes waits for their turn."""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from enum import Flag, auto
from pathlib import Path
from threading import Lock
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql.schema import Table

from milepost.store.arrays import know_arrays

Insert = sqlite.Insert | postgresql.Insert
"""An insert that knows what to do where the row is there already."""

PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # a commit is on the disk before anybody hears of it
    "foreign_keys = ON",
    "busy_timeout = 30000",
    "cache_size = -16384",  # KiB, for each connection
    # After so many pages of 4 KiB the log is written into the file: of a page that changes all the time only the last
    # state is, so seldom is less work. Who commits then waits for it, so it is not too seldom.
    "wal_autocheckpoint = 4000",
)

NAMELESS = "sqlite:///file:?uri=true"
"""The place of a database that is on the disk without a name, and gone with its one connection, however that ends.

It lies where SQLite finds room for what passes: in `SQLITE_TMPDIR`, `TMPDIR`, `/var/tmp` or `/tmp`.
"""

POSTGRES_SETTINGS = {
    "application_name": "milepost",
    "jit": "off",  # it takes longer to compile our queries than to run them
    "statement_timeout": "60s",
    "lock_timeout": "30s",
    # Whoever was stopped in the middle of a transaction holds up all others no longer than this, and loses it.
    "idle_in_transaction_session_timeout": "60s",
}

POSTGRES_ADDRESSING = {
    "connect_timeout": 5,
    # A server that is gone without a word is noticed within these, in seconds, and a write to it in milliseconds.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

TURNS = 0x4D696C65
"""Under this number the turns are kept among the advisory locks of a PostgreSQL database."""

AWAY = ("08", "53", "55P03", "57P", "57014", "25006", "25P03", "25P04", "40")
"""How the codes of errors begin that pass: connections lost or refused, a server going down, waits that were ended; a
disk, a memory or a number of connections that is full; a server that takes no writes, as a standby does."""

SHUT = ("SQLITE_BUSY", "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR_SHMSIZE")
"""How the names of SQLite's errors begin that pass: by themselves, or once somebody has made room or given rights.

A disk is full by the last name where the index of the write-ahead log finds no room.
"""

LIMITS = "54"
"""How the codes of errors begin where something is larger than the server can hold."""


class Turn(Flag):
    """Whose turn it is to write. Where a database has several writers, different turns do not wait for each other."""

    LOG = auto()
    """Who appends to the log, or must know that nobody does."""

    SHOWN = auto()
    """Who writes nothing but what pages show."""

    TAKEN = auto()
    """Who takes in what the log has, and moves on in it."""

    EVERY = LOG | SHOWN | TAKEN


class Database:
    """The engine, and the order in which is written."""

    def __init__(self, place: str | Path) -> None:
        """Open a SQLite file by its path, or any database by its URL."""
        self.engine = _build_engine(place)
        self._lines = {turn: _Line() for turn in Turn}

    @property
    def is_postgres(self) -> bool:
        """Whether this is PostgreSQL, which has one turn for each kind of writer."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of everything, and writes nothing."""
        with self.engine.connect() as connection:
            if self.is_postgres:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    @contextmanager
    def writing(self, turn: Turn = Turn.LOG) -> Iterator[Connection]:
        """Give a connection in a transaction that is committed at the end, or rolled back by an error.

        Threads of this process come in turns, other processes are waited for. SQLite has one writer and one turn.
        Within a turn positions are committed in their order, so that who reads past one never skips another.
        """
        turn = turn if self.is_postgres else Turn.EVERY
        with ExitStack() as waiting:
            for each in turn:
                waiting.enter_context(self._lines[each].my_turn())
            connection = waiting.enter_context(self.engine.connect()).execution_options(writes=True)
            with connection.begin():
                if self.is_postgres:
                    _await_turn(connection, turn)
                yield connection

    @contextmanager
    def writing_at(self, place: str) -> Iterator[Connection]:
        """Give a connection in such a transaction, in which nobody else writes at this place; a place is any text.

        Who writes elsewhere is not waited for, where a database has several writers.
        """
        with self.writing(Turn(0)) as connection:
            if self.is_postgres:
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (place,))
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


class _Line:
    """Threads in a line."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._queue = Lock()

    @contextmanager
    def my_turn(self) -> Iterator[None]:
        # Who waits for the turn holds the queue, so that who has just written cannot push in before them.
        with self._queue:
            self._turn.acquire()
        try:
            yield
        finally:
            self._turn.release()


@contextmanager
def writing_at_length(database: Database, turn: Turn = Turn.EVERY) -> Iterator[Connection]:
    """Give a transaction in which nobody else writes, and which may take its time."""
    with database.writing(turn) as connection:
        if database.is_postgres:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield connection


def is_away(error: BaseException) -> bool:
    """Say whether an error means no more than that a database cannot be reached or written now, and will be again.

    A server is away, busy, full or read-only; or a SQLite file is locked, read-only, or on a full disk.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.OperationalError):
        return getattr(cause, "sqlite_errorname", "").startswith(SHUT)
    if isinstance(cause, psycopg.InterfaceError):
        return True  # the connection was closed before we used it
    if isinstance(cause, psycopg.Error) and cause.sqlstate is not None:
        return cause.sqlstate.startswith(AWAY)
    return isinstance(cause, psycopg.OperationalError)


def is_unstorable(error: BaseException) -> bool:
    """Say whether an error means that PostgreSQL never takes these values: a NUL in a text, a text too long to find."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.DataError) or (
        isinstance(cause, psycopg.OperationalError) and (cause.sqlstate or "").startswith(LIMITS)
    )


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
    if url.get_backend_name() == "postgresql":
        return _build_postgres(url)
    engine = create_engine(url, hide_parameters=True, **_pool(url))  # parameters hold personal data
    event.listen(engine, "do_connect", _make_private)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _build_postgres(url: URL) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={name: value for name, value in POSTGRES_ADDRESSING.items() if name not in url.query},
        pool_pre_ping=True,
        pool_recycle=1800,
        pool_size=5,
        max_overflow=45,
        pool_timeout=10,
        pool_use_lifo=True,
    )
    event.listen(engine, "connect", _set_up_postgres)
    return engine


def _pool(url: URL) -> dict[str, Any]:
    """Return a pool in which none of a server's threads has to wait for another; in memory there is one connection."""
    if url == make_url(NAMELESS):
        return {"poolclass": StaticPool}
    if url.database in (None, "", ":memory:"):
        return {}
    return {"pool_size": 10, "max_overflow": 40}


def _url(place: str | Path) -> URL:
    """Return the URL of a place; `postgresql://` without a driver means the one that is installed with Milepost."""
    if not isinstance(place, str) or "://" not in place:
        return URL.create("sqlite", database=str(place))
    url = make_url(place)
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def _set_up_postgres(connection: Any, _record: Any) -> None:
    know_arrays(connection)
    with connection.cursor() as cursor:
        for name, value in POSTGRES_SETTINGS.items():
            cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        # A commit is on the disk before anybody hears of it, also where the server was told not to wait for that.
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()


def _await_turn(connection: Connection, turn: Turn) -> None:
    """Wait for the turn; it ends with the transaction, after what it has written can be seen.

    Every statement that follows sees what was committed before it began: READ COMMITTED, PostgreSQL's usual level.
    """
    for each in turn:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", (TURNS, each.value))


def _make_private(_dialect: Any, _record: Any, places: Sequence[str], parameters: Mapping[str, Any]) -> None:
    """Make a new file for its owner alone: it is full of personal data. What SQLite lays beside it is the same.

    A file that is there is never opened here: to close it would end every lock that this process holds on it (POSIX),
    and another process that ends would take SQLite's write-ahead log away under us (sqlite.org/howtocorrupt.html, 2.2).
    """
    place = places[0]
    if place != ":memory:" and not parameters.get("uri"):
        with suppress(OSError):  # SQLite says itself why a file cannot be opened
            os.close(os.open(place, os.O_CREAT | os.O_EXCL, 0o600))


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: a reader that turns writer later could not wait for others.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
