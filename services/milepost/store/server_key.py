"""Which server key a database was written under: with another one it knows no sender and nobody whom it met before."""

from sqlalchemy import Connection, delete, select, update
from sqlalchemy import insert as plain_insert

from milepost.store.database import insert
from milepost.store.tables.accepted import server_keys, source_keys, sources
from milepost.store.vault import Vault


class OtherServerKey(ValueError):
    """The database was written under another server key; the message says what to do."""


def require(connection: Connection, vault: Vault, *, at: int) -> None:
    """Take note of the first server key that a database meets; raise OtherServerKey for any other."""
    if not is_known(connection):
        row = {"fingerprint": vault.fingerprint(), "since": at}
        connection.execute(insert(connection, server_keys).on_conflict_do_nothing(), row)
    elif not fits(connection, vault):
        raise OtherServerKey(
            "this database was written under another server key: put that one back where this one is. If it is lost, "
            "`milepost key replace` begins with this one; every source then needs a new key"
        )


def is_known(connection: Connection) -> bool:
    """Say whether the database has met a server key."""
    return connection.execute(select(server_keys.c.fingerprint)).first() is not None


def fits(connection: Connection, vault: Vault) -> bool:
    """Say whether this is the server key that the database was written under."""
    mine = server_keys.c.fingerprint == vault.fingerprint()
    return connection.execute(select(server_keys.c.since).where(mine)).first() is not None


def replace(connection: Connection, vault: Vault, *, at: int) -> None:
    """Go on under another server key: no access key and no webhook secret of before works any more."""
    connection.execute(update(source_keys).where(source_keys.c.revoked_at.is_(None)).values(revoked_at=at))
    connection.execute(update(sources).values(secret=None, former_secret=None))
    connection.execute(delete(server_keys))
    connection.execute(plain_insert(server_keys), {"fingerprint": vault.fingerprint(), "since": at})
