"""What the catalog of a site says of tenants and programs, as the database has it: it can be said again at any time."""

from collections.abc import Sequence

from sqlalchemy import Connection

from milepost.store import recording, tenants
from milepost_schemas.messages import ProgramPublished, TenantOpened


def known(connection: Connection) -> Sequence[TenantOpened | ProgramPublished]:
    """Return since when each tenant is tracked, and every version of its programs; told again, they change nothing."""
    names = tenants.every(connection)
    opened = [TenantOpened(tenant=name, tracking_from=tenants.tracking_from(connection, name)) for name in names]
    return [*opened, *(program for name in names for program in recording.programs_of(connection, name))]
