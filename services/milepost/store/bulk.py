"""Many rows at once: one statement over arrays where the database is PostgreSQL, one row after the other in SQLite.

PostgreSQL takes several times as long for a statement as for a row of it; SQLite is called, not asked over a wire.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.sql.schema import Column, Table

from milepost.store.arrays import Flags, Numbers, Octets, Texts

Rows = Sequence[Mapping[str, Any]]

Statement = Callable[[tuple[str, ...]], str]
"""Gives the SQL for values of columns of these names."""

TYPES: Mapping[type, tuple[str, type[list[Any]]]] = {
    str: ("text", Texts),
    int: ("bigint", Numbers),
    bool: ("boolean", Flags),
    bytes: ("bytea", Octets),
}
"""What the values of a column are called in PostgreSQL, and what an array of them is here."""


def append(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows that are not there yet, numbered in this order."""
    _write(connection, table, rows, "")


def append_numbered(connection: Connection, table: Table, rows: Rows) -> Sequence[int]:
    """Insert rows that are not there yet; return the number that each was given, in this order."""
    if not rows:
        return []
    if connection.dialect.name != "postgresql":
        append(connection, table, rows)  # nobody else writes meanwhile, so that the numbers follow each other
        last = connection.exec_driver_sql("SELECT last_insert_rowid()").scalar_one()
        return range(last - len(rows) + 1, last + 1)
    names = tuple(rows[0])
    [number] = table.primary_key
    given = connection.exec_driver_sql(
        f'{_of_many(table, names)} RETURNING "{number.name}"', _arrays(table, names, rows)
    )
    return sorted(given.scalars())


def add_missing(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows; one that is there already, by any of its keys, stays as it is."""
    _write(connection, table, rows, "ON CONFLICT DO NOTHING")


def add_or_raise(connection: Connection, table: Table, rows: Rows, *, keys: Sequence[str], flag: str) -> None:
    """Insert rows, no two with the same keys; of one that is there already nothing but the flag may rise."""
    raised = f'"{flag}" = true WHERE excluded."{flag}" AND NOT "{table.name}"."{flag}"'
    _write(connection, table, rows, f"ON CONFLICT ({_quoted(keys)}) DO UPDATE SET {raised}")


def replace(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows in place of those with the same primary key, which no two of them share."""
    _write(connection, table, rows, _replacing(table))


def remove(connection: Connection, table: Table, rows: Rows) -> None:
    """Delete the rows that have these values, of columns that are never empty; where there is none, nothing is done."""
    _do(connection, table, rows, of_each=partial(_removal_of_each, table), of_many=partial(_removal_of_many, table))


def _write(connection: Connection, table: Table, rows: Rows, clause: str) -> None:
    _do(
        connection,
        table,
        rows,
        of_each=lambda names: f"{_of_each(table, names)} {clause}",
        of_many=lambda names: f"{_of_many(table, names)} {clause}",
    )


def _do(connection: Connection, table: Table, rows: Rows, *, of_each: Statement, of_many: Statement) -> None:
    """Hand over the values as they are: SQLAlchemy takes longer for a row than SQLite does."""
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(of_many(names), _arrays(table, names, rows))
    else:
        connection.exec_driver_sql(of_each(names), [tuple([row[name] for name in names]) for row in rows])


def _arrays(table: Table, names: Sequence[str], rows: Rows) -> tuple[list[Any], ...]:
    return tuple(_type(table.c[name])[1]([row[name] for row in rows]) for name in names)


@cache
def _of_each(table: Table, names: tuple[str, ...]) -> str:
    """Return the insert of one row."""
    places = ", ".join("?" * len(names))
    return f'INSERT INTO "{table.name}" ({_quoted(names)}) VALUES ({places})'  # noqa: S608 - names from our tables


@cache
def _of_many(table: Table, names: tuple[str, ...]) -> str:
    """Return the insert of as many rows as its arrays are long; the numbers of rows are drawn in the order of these."""
    columns = _quoted(names)
    rows = f"SELECT {columns} FROM unnest({_places(table, names)}) WITH ORDINALITY AS given ({columns}, place_given)"  # noqa: S608 - names from our tables
    return f'INSERT INTO "{table.name}" ({columns}) {rows} ORDER BY place_given'


@cache
def _removal_of_each(table: Table, names: tuple[str, ...]) -> str:
    named = " AND ".join(f'"{name}" = ?' for name in names)
    return f'DELETE FROM "{table.name}" WHERE {named}'  # noqa: S608 - names from our tables


@cache
def _removal_of_many(table: Table, names: tuple[str, ...]) -> str:
    named = " AND ".join(f'"{table.name}"."{name}" = given."{name}"' for name in names)
    given = f"unnest({_places(table, names)}) AS given ({_quoted(names)})"
    return f'DELETE FROM "{table.name}" USING {given} WHERE {named}'  # noqa: S608 - names from our tables


@cache
def _replacing(table: Table) -> str:
    keys = [column.name for column in table.primary_key]
    rest = ", ".join(f'"{each.name}" = excluded."{each.name}"' for each in table.c if each.name not in keys)
    return f"ON CONFLICT ({_quoted(keys)}) DO UPDATE SET {rest}"


def _places(table: Table, names: Sequence[str]) -> str:
    return ", ".join(f"%b::{_type(table.c[name])[0]}[]" for name in names)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _type(column: Column[Any]) -> tuple[str, type[list[Any]]]:
    return TYPES[column.type.python_type]
