"""Replace the rows of some owners by others, and touch only those that differ."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.sql.schema import Table

from milepost.store.chunks import chunks
from milepost.store.database import upsert

Values = Mapping[str, Any]


def replace_rows(
    connection: Connection, table: Table, within: Values, column: str, owners: Sequence[str], rows: Iterable[Values]
) -> None:
    """Make these the only rows of the owners, which stand in one column.

    `within` holds the columns that all rows share, e.g. the tenant.
    """
    keys = [each.name for each in table.primary_key]
    earlier = {_key(keys, row): row for row in _rows_of(connection, table, within, column, owners)}
    wanted = {_key(keys, row): row for row in ({**within, **row} for row in rows)}
    gone = [row for key, row in earlier.items() if key not in wanted]
    different = [row for key, row in wanted.items() if earlier.get(key) != row]
    if gone:
        connection.execute(_deletion(table, keys), [{f"of_{name}": row[name] for name in keys} for row in gone])
    if different:
        connection.execute(upsert(connection, table), different)


def _rows_of(
    connection: Connection, table: Table, within: Values, column: str, owners: Sequence[str]
) -> Iterable[Values]:
    shared = [table.c[name] == value for name, value in within.items()]
    for some in chunks(owners):
        found = connection.execute(select(table).where(*shared, table.c[column].in_(some)))
        yield from (dict(row) for row in found.mappings())


def _key(names: Sequence[str], row: Values) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def _deletion(table: Table, keys: Sequence[str]) -> Any:
    return delete(table).where(*(table.c[name] == bindparam(f"of_{name}") for name in keys))
