"""Copies of everything that a database holds, as one SQLite file, whichever database it is; and the way back.

A copy is of one moment, and is taken while others write. It has every table of its release and the numbers up to which
rows were counted, so that no number is ever used twice; the server key is not in it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.sql.schema import Table

from milepost.store import bulk
from milepost.store.database import NAMELESS, Database, writing_at_length
from milepost.store.durable import draft_of, give_name
from milepost.store.migrate import is_known, migrate, migrate_on, revision_of
from milepost.store.tables import METADATA

AT_ONCE = 1_000

BESIDE = ("", "-journal", "-wal", "-shm")
"""What SQLite calls a file, and what it lays beside it."""


class CopyRefused(ValueError):
    """Nothing was written; the message says why, and what can be done."""


def back_up(database: Database, file: Path) -> None:
    """Write a copy to a file that is not there yet, for its owner alone; it is there whole, and checked, or not at all.

    Raise CopyRefused.
    """
    _require_known(database)
    if file.exists():
        raise CopyRefused(f"{file} is there already, and a copy never replaces anything; give another name")
    draft = draft_of(file)
    try:
        draft.touch(mode=0o600, exist_ok=False)
        if database.is_postgres:
            _write_from_postgres(database, draft)
        else:
            _write_from_sqlite(database, draft)
        check(draft)
        give_name(draft, file)
    except OSError as error:
        raise CopyRefused(f"the copy cannot be written to {file}: {error.strerror}") from error
    finally:
        for beside in BESIDE:
            draft.with_name(draft.name + beside).unlink(missing_ok=True)


def _require_known(database: Database) -> None:
    """Raise CopyRefused for tables of a newer version, of which this one knows a part."""
    with database.reading() as connection:
        revision = revision_of(connection)
    if revision is not None and not is_known(revision):
        raise CopyRefused("these tables come from a newer version of Milepost: take the copy with that one")


def check(file: Path) -> None:
    """Read a copy whole; raise CopyRefused where it is none, is damaged, or comes from a newer version."""
    try:
        with closing(_read_only(file)) as copy:
            damage = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            strays = copy.execute("PRAGMA foreign_key_check").fetchone()
            revision = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise CopyRefused(f"{file} is no copy that `milepost backup` wrote, or is damaged: {error}") from error
    if damage != "ok" or strays is not None:
        raise CopyRefused(f"{file} is damaged: {damage if damage != 'ok' else 'rows refer to others that are missing'}")
    if revision is None or not is_known(revision[0]):
        raise CopyRefused(f"{file} comes from a newer version of Milepost; restore it with that one, or a later one")


def restore(file: Path, database: Database) -> None:
    """Fill an empty database from a copy, and bring it to the tables of this version.

    Raise CopyRefused where the copy is damaged, or anything is in the database.
    """
    check(file)
    require_empty(database)
    with _brought_up_to_date(file) as current:
        if database.is_postgres:
            _read_into_postgres(current, database)
        else:
            _copy_pages(current, database)


def require_empty(database: Database) -> None:
    """Raise CopyRefused where there is a table in the database already."""
    found = inspect(database.engine).get_table_names()
    if found:
        raise CopyRefused(
            f"the database is not empty: it has the table {found[0]!r}, for one. A copy is restored into an empty "
            "database; name another one"
        )


@contextmanager
def opened(file: Path) -> Iterator[Database]:
    """Give a copy, brought to the tables of this version, to read from; the file stays as it is."""
    with _brought_up_to_date(file) as current:
        yield current


# --- SQLite ----------------------------------------------------------------------------------------------------------


def _write_from_sqlite(database: Database, file: Path) -> None:
    with database.reading() as connection, closing(sqlite3.connect(file)) as target:
        source = _driven(connection)
        source.rollback()  # the copy begins a transaction of its own
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")


def _copy_pages(current: Database, database: Database) -> None:
    with current.engine.connect() as source, database.engine.connect() as target:
        into = _driven(target)
        _driven(source).backup(into)
        into.execute("PRAGMA journal_mode = WAL")


@contextmanager
def _brought_up_to_date(file: Path) -> Iterator[Database]:
    with closing(Database(NAMELESS)) as copy:
        with closing(_read_only(file)) as source, copy.engine.connect() as target:
            source.backup(_driven(target))
        migrate(copy)
        yield copy


def _driven(connection: Connection) -> sqlite3.Connection:
    """Return SQLite's own connection below this one."""
    driven = connection.connection.driver_connection
    if not isinstance(driven, sqlite3.Connection):
        raise CopyRefused("the database is not open")
    return driven


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def _write_from_postgres(database: Database, file: Path) -> None:
    copy = Database(file)
    try:
        migrate(copy)
        with database.reading() as source, copy.writing() as target:
            _take_time(source)
            _require_same_tables(source, target)
            for table in METADATA.sorted_tables:
                _copy_rows(source, target, table)
                _count_on(target, table, _counted_in_postgres(source, table))
        with copy.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()


def _read_into_postgres(current: Database, database: Database) -> None:
    """Make the tables and fill them in one transaction: a restore that is interrupted leaves the database empty."""
    with current.reading() as source, writing_at_length(database) as target:
        migrate_on(target)
        for table in METADATA.sorted_tables:
            _copy_rows(source, target, table)
            _count_on_in_postgres(target, table, _counted(source, table))


def _copy_rows(source: Connection, target: Connection, table: Table) -> None:
    found = source.execution_options(yield_per=AT_ONCE).execute(select(table)).mappings()
    for some in found.partitions(AT_ONCE):
        bulk.append(target, table, [dict(row) for row in some])


def _take_time(connection: Connection) -> None:
    for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
        connection.exec_driver_sql(f"SET LOCAL {limit} = 0")


def _require_same_tables(source: Connection, target: Connection) -> None:
    revision = text("SELECT version_num FROM alembic_version")
    if source.execute(revision).scalar() != target.execute(revision).scalar():
        raise CopyRefused("the database has the tables of another version of Milepost; copy it with that one")


# --- numbers ---------------------------------------------------------------------------------------------------------


def _counted(connection: Connection, table: Table) -> int | None:
    """Return the number up to which a table of a SQLite file has counted, None where it does not count."""
    if table.autoincrement_column is None:
        return None
    found = connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
    return found.scalar() or 0


def _count_on(connection: Connection, table: Table, reached: int | None) -> None:
    if not reached:
        return
    at = {"name": table.name, "reached": reached}
    connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), at)
    connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :reached)"), at)


def _counted_in_postgres(connection: Connection, table: Table) -> int | None:
    column = table.autoincrement_column
    if column is None:
        return None
    sequence = connection.exec_driver_sql("SELECT pg_get_serial_sequence(%s, %s)", (table.name, column.name)).scalar()
    found = connection.exec_driver_sql(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")  # noqa: S608 - a name from the database itself
    return int(found.scalar_one())


def _count_on_in_postgres(connection: Connection, table: Table, reached: int | None) -> None:
    column = table.autoincrement_column
    if not reached or column is None:
        return
    sequence = (table.name, column.name, reached)
    connection.exec_driver_sql("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", sequence)
