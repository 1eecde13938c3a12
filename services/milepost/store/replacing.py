"""Replace the rows of some owners by others, and touch only those that differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection
from sqlalchemy.sql.schema import Column

from milepost.store import bulk
from milepost.store.among import rows_among

Values = Mapping[str, Any]

Key = tuple[Any, ...]
"""Values of a row, or of its primary key without the tenant."""

TELLING = ("row", "cohort")
"""What tells a row from another of the same key: the whole of it, and the one column that another row may decide."""


@dataclass(frozen=True, slots=True)
class Owned:
    """The rows of a tenant in a table that belong to these owners, who stand in one column."""

    tenant: str
    column: Column[Any]
    owners: Sequence[str]
    where: tuple[ColumnElement[bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Replaced:
    """What became of rows: the wholes, as JSON, of those that are gone or have changed, and the keys that were written.

    The keys are without the tenant.
    """

    earlier: Mapping[Key, str]
    written: frozenset[Key]


def replace_rows(connection: Connection, owned: Owned, rows: Iterable[Values]) -> Replaced:
    """Make these the only rows of their owners, in a table that holds the whole of each in `row`.

    Every other column follows from that, and is not read to be compared.
    """
    table = owned.column.table
    keys = [each.name for each in table.primary_key if each.name != "tenant"]
    telling = [name for name in TELLING if name in table.c]
    earlier = _earlier(connection, owned, keys, telling)
    wanted = {_key(keys, row): row for row in rows}
    different = {key: row for key, row in wanted.items() if earlier.get(key) != _key(telling, row)}
    gone = [key for key in earlier if key not in wanted]
    _write(connection, owned, gone=_rows(keys, gone), rows=different.values())
    return Replaced(
        {key: earlier[key][0] for key in (*gone, *different) if key in earlier},
        frozenset(different),
    )


def write_difference(
    connection: Connection, owned: Owned, names: Sequence[str], earlier: Sequence[Key], wanted: Sequence[Key]
) -> None:
    """Bring rows whose earlier values are known to what is wanted; the names of the key's columns come first."""
    long = len(owned.column.table.primary_key) - 1  # without the tenant
    before = set(earlier)
    different = [row for row in wanted if row not in before]
    past = {row[:long] for row in before.difference(wanted)}
    gone = past.difference(row[:long] for row in different)
    _write(connection, owned, gone=_rows(names[:long], gone), rows=_rows(names, different))


def _rows(names: Sequence[str], values: Iterable[Key]) -> list[Values]:
    return [dict(zip(names, each, strict=True)) for each in values]


def _earlier(
    connection: Connection, owned: Owned, keys: Sequence[str], telling: Sequence[str]
) -> dict[Key, tuple[Any, ...]]:
    columns = [owned.column.table.c[name] for name in (*keys, *telling)]
    found = rows_among(connection, owned.tenant, owned.column, owned.owners, columns, where=owned.where)
    return {row[: len(keys)]: row[len(keys) :] for row in found}


def _write(connection: Connection, owned: Owned, *, gone: Iterable[Values], rows: Iterable[Values]) -> None:
    table = owned.column.table
    bulk.remove(connection, table, [{"tenant": owned.tenant, **row} for row in gone])
    bulk.replace(connection, table, [{"tenant": owned.tenant, **row} for row in rows])


def _key(names: Sequence[str], row: Values) -> Key:
    return tuple([row[name] for name in names])
