"""Tenants: each organization that is tracked, and since when."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from milepost.store import log
from milepost.store.database import insert
from milepost.store.tables.accepted import tenants
from milepost.store.tables.kept import ticks
from milepost_schemas.messages import TenantOpened

DEFAULT = "default"


def open_tenant(connection: Connection, name: str, *, at: int) -> None:
    """Make a tenant that is tracked from this moment on, and say so in the log; one that is there stays as it is."""
    new = insert(connection, tenants).on_conflict_do_nothing().returning(tenants.c.name)
    if connection.execute(new, {"name": name, "created_at": at}).first() is not None:
        log.append(connection, log.Origin(tenant=name, received_at=at), [TenantOpened(tenant=name, tracking_from=at)])


class TenantUnknown(ValueError):
    """There is no tenant of this name; the message says which there are."""


def require(connection: Connection, name: str) -> None:
    """Raise TenantUnknown where nobody has made this tenant."""
    known = every(connection)
    if name not in known:
        raise TenantUnknown(
            f"there is no tenant {name!r}; there are: {', '.join(known)}. `milepost tenant add {name}` makes it"
        )


def every(connection: Connection) -> Sequence[str]:
    """Return the names of all tenants."""
    return list(connection.execute(select(tenants.c.name).order_by(tenants.c.name)).scalars())


def tracking_from(connection: Connection, name: str) -> int:
    """Return the instant from which a tenant is tracked; 0 for a tenant that nobody made."""
    return connection.execute(select(tenants.c.created_at).where(tenants.c.name == name)).scalar() or 0


def latest_moment(connection: Connection) -> int:
    """Return the latest moment that this database has seen: no clock may start before it."""
    ticked = connection.execute(select(func.max(ticks.c.at))).scalar() or 0
    made = connection.execute(select(func.max(tenants.c.created_at))).scalar() or 0
    return max(ticked, made, log.latest_receipt(connection))
