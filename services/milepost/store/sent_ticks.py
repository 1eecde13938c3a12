"""The last tick that any record of a tenant may have been looked at with: noted before it is sent.

That every record has taken in a tick, and pages show it, is noted later (`recording.note_tick`). In between some have
concluded what others have not.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from milepost.store import positions
from milepost.store.tables import kept

READER = "tick/"
"""How the readers are called whose position is such a moment: by their tenant."""


def note(connection: Connection, tenant: str, at: int) -> None:
    """Note that a tick is about to be sent; where a later one was, that stays."""
    positions.raise_to(connection, f"{READER}{tenant}", at)


def latest(connection: Connection) -> Mapping[str, int]:
    """Return for each tenant that was ever ticked the latest moment, whether or not every record has taken it in."""
    found: dict[str, int] = {row.tenant: row.at for row in connection.execute(select(kept.ticks))}
    reader = kept.positions.c.reader
    rows = connection.execute(select(kept.positions).where(reader.startswith(READER, autoescape=True)))
    for row in rows:
        tenant = row.reader.removeprefix(READER)
        found[tenant] = max(row.position, found.get(tenant, 0))
    return found
