"""Rows of a tenant whose column holds one of many values: one array in PostgreSQL, one array of JSON in SQLite."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from msgspec.json import encode
from sqlalchemy import Column, ColumnElement, Connection, Dialect, Select, any_, bindparam, func, select
from sqlalchemy.types import UserDefinedType

from milepost.store.arrays import Texts
from milepost.store.tables.columns import TEXT

Row = tuple[Any, ...]


def rows_among(
    connection: Connection,
    tenant: str,
    column: Column[Any],
    values: Sequence[str],
    columns: Sequence[Column[Any]],
    *,
    where: tuple[ColumnElement[bool], ...] = (),
) -> Iterator[Row]:
    """Yield these columns of the tenant's rows in which a column of text holds one of the values.

    `where` holds further conditions; statements are remembered by them, so they are the same objects each time.
    """
    if not values:
        return
    found = _select(connection.dialect.name, column, tuple(columns), where)
    for row in connection.execute(found, {"of_tenant": tenant, **among(connection, values)}):
        yield tuple(row)


def among(connection: Connection, values: Sequence[str]) -> Mapping[str, Any]:
    """Return the values as `is_among` asks for them."""
    return {"among": values if connection.dialect.name == "postgresql" else encode(list(values)).decode()}


def is_among(dialect: str, column: Column[Any]) -> ColumnElement[bool]:
    """Return that a column of text holds one of many values, which are one parameter however many they are.

    For a list of parameters a statement would be written anew each time.
    """
    if dialect == "postgresql":
        return column == any_(bindparam("among", type_=_TextArray()))
    return column.in_(select(func.json_each(bindparam("among", type_=TEXT)).table_valued("value").c.value))


class _TextArray(UserDefinedType[Sequence[str]]):
    """An array of texts, handed to psycopg as one."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return what PostgreSQL calls it."""
        return "TEXT[]"

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Texts]:
        """Return what makes an array of values."""
        del dialect
        return Texts


# Statements of the database are built once: for short ones, building takes longer than running.


@cache
def _select(
    dialect: str, column: Column[Any], columns: tuple[Column[Any], ...], where: tuple[ColumnElement[bool], ...]
) -> Select[Any]:
    mine = column.table.c.tenant == bindparam("of_tenant")
    return select(*columns).where(mine, is_among(dialect, column), *where)
