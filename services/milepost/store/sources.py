"""Sources and their keys: who may send, and what their webhooks are signed with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select, update
from sqlalchemy import insert as plain_insert

from milepost.store import log
from milepost.store.tables.accepted import source_keys, sources
from milepost.store.vault import Vault, new_access_key
from milepost_schemas.facts import SourceDeclared

KINDS = ("moodle", "zoom", "xapi", "office")
"""What can report: an LMS, a virtual classroom, anything that speaks xAPI, a training office or HR system."""

KEYS_AT_ONCE = 2
"""A new key works beside the old one until that is revoked."""

HINT = 10
"""How many characters of a key are kept to tell it by."""

COLUMNS = (
    sources.c.tenant,
    sources.c.name,
    sources.c.kind,
    sources.c.created_at,
    sources.c.secret,
    sources.c.devices,
    sources.c.rhythm,
    sources.c.settling,
    sources.c.lateness,
)
"""What a source is read from."""


class SourceRefused(ValueError):
    """What was asked of a source is not possible; the message says why and what is."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source that may send."""

    tenant: str
    name: str
    kind: str
    created_at: int
    has_secret: bool
    devices: tuple[str, ...] = ()
    """Names and addresses of the room devices that sit in its meetings."""

    rhythm: int | None = None
    """Its longest normal silence in minutes, as it was declared last; None: it may be silent."""

    settling: int = 90
    """How many minutes after an end marker all has come."""

    lateness: int = 240
    """How many minutes after the end of a session all has come."""


@dataclass(frozen=True, slots=True)
class SourceKey:
    """A key as people may see it."""

    hint: str
    created_at: int
    revoked_at: int | None


def find_by_key(connection: Connection, vault: Vault, key: str) -> Source | None:
    """Return the source whose key this is, unless it was revoked.

    What is compared is a keyed digest: how long that takes says nothing about the key.
    """
    found = _sources().join(
        source_keys, (source_keys.c.tenant == sources.c.tenant) & (source_keys.c.source == sources.c.name)
    )
    found = found.where(source_keys.c.digest == vault.key_digest(key), source_keys.c.revoked_at.is_(None))
    row = connection.execute(found).one_or_none()
    return None if row is None else read(row)


def find(connection: Connection, tenant: str, name: str) -> Source | None:
    """Return a source by its name."""
    row = connection.execute(_sources().where(sources.c.tenant == tenant, sources.c.name == name)).one_or_none()
    return None if row is None else read(row)


def get(connection: Connection, tenant: str, name: str) -> Source:
    """Return a source by its name; raise SourceRefused where there is none."""
    found = find(connection, tenant, name)
    if found is None:
        names = ", ".join(each.name for each in every(connection, tenant)) or "none yet"
        raise SourceRefused(f"there is no source {name!r}; there are: {names}")
    return found


def every(connection: Connection, tenant: str) -> Sequence[Source]:
    """Return the sources of a tenant by name."""
    rows = connection.execute(_sources().where(sources.c.tenant == tenant).order_by(sources.c.name))
    return [read(row) for row in rows]


def secrets(connection: Connection, vault: Vault, tenant: str, name: str) -> tuple[str, ...]:
    """Return what may sign the webhooks of a source: its secret, then the former one; raise SecretUnreadable."""
    found = select(sources.c.secret, sources.c.former_secret)
    row = connection.execute(found.where(sources.c.tenant == tenant, sources.c.name == name)).one_or_none()
    return tuple(vault.decrypt(stored) for stored in row or () if stored is not None)


def keys(connection: Connection, tenant: str, name: str) -> Sequence[SourceKey]:
    """Return the keys of a source, the oldest first."""
    found = select(source_keys.c.hint, source_keys.c.created_at, source_keys.c.revoked_at)
    found = found.where(source_keys.c.tenant == tenant, source_keys.c.source == name)
    return [SourceKey(*row) for row in connection.execute(found.order_by(source_keys.c.created_at))]


def add(connection: Connection, vault: Vault, declared: SourceDeclared) -> str:
    """Add a source with its first key, and declare it to the tracker; return the key, which is not shown again.

    Raise SourceRefused where the name is taken or the kind is none of `KINDS`.
    """
    tenant, name, at = declared.tenant, declared.source, declared.received_at
    if declared.kind not in KINDS:
        raise SourceRefused(f"there is no kind {declared.kind!r}; there are: {', '.join(KINDS)}")
    if find(connection, tenant, name) is not None:
        raise SourceRefused(f"there is a source {name!r} already; `milepost source rotate {name}` gives it a new key")
    row = {"tenant": tenant, "name": name, "kind": declared.kind, "created_at": at}
    connection.execute(plain_insert(sources), row)
    declare(connection, declared)
    return _new_key(connection, vault, tenant, name, at=at)


def declare(connection: Connection, declared: SourceDeclared) -> None:
    """Keep what an administrator says of a source, and tell the tracker."""
    mine = (sources.c.tenant == declared.tenant) & (sources.c.name == declared.source)
    habits = {"rhythm": declared.rhythm, "settling": declared.settling, "lateness": declared.lateness}
    connection.execute(update(sources).where(mine).values(habits))
    log.append(connection, log.Origin(tenant=declared.tenant, received_at=declared.received_at), [declared])


def rotate(connection: Connection, vault: Vault, tenant: str, name: str, *, at: int) -> str:
    """Return a second key; the first works until it is revoked. Raise SourceRefused where there are two already."""
    get(connection, tenant, name)
    if len(_active(connection, tenant, name)) >= KEYS_AT_ONCE:
        raise SourceRefused(
            f"source {name!r} has {KEYS_AT_ONCE} keys that work; `milepost source revoke {name} HINT` ends one of them"
        )
    return _new_key(connection, vault, tenant, name, at=at)


def revoke(connection: Connection, tenant: str, name: str, hint: str, *, at: int) -> None:
    """End the key that begins with this hint; raise SourceRefused where it is none of the source's working keys."""
    get(connection, tenant, name)
    active = _active(connection, tenant, name)
    if hint not in active:
        raise SourceRefused(f"source {name!r} has no working key {hint!r}; it has: {', '.join(active) or 'none'}")
    mine = (source_keys.c.tenant == tenant) & (source_keys.c.source == name) & (source_keys.c.hint == hint)
    connection.execute(update(source_keys).where(mine, source_keys.c.revoked_at.is_(None)).values(revoked_at=at))


def set_secret(connection: Connection, vault: Vault, tenant: str, name: str, secret: str) -> None:
    """Keep what signs the webhooks of a source, encrypted; what signed them before counts until it is ended."""
    get(connection, tenant, name)
    mine = (sources.c.tenant == tenant) & (sources.c.name == name)
    former = func.coalesce(sources.c.secret, sources.c.former_secret)
    connection.execute(update(sources).where(mine).values(secret=vault.encrypt(secret), former_secret=former))


def end_former_secret(connection: Connection, tenant: str, name: str) -> None:
    """Let nothing be signed any more by what signed the webhooks of a source before."""
    get(connection, tenant, name)
    mine = (sources.c.tenant == tenant) & (sources.c.name == name)
    connection.execute(update(sources).where(mine).values(former_secret=None))


def set_devices(connection: Connection, tenant: str, name: str, devices: Sequence[str]) -> None:
    """Say which room devices sit in the meetings of a source, in place of what was said before.

    It holds for what comes from now on: a device that was taken for a person is linked to nobody, or marked as a guest.
    """
    get(connection, tenant, name)
    mine = (sources.c.tenant == tenant) & (sources.c.name == name)
    connection.execute(update(sources).where(mine).values(devices=msgspec.json.encode(list(devices)).decode()))


def read(row: Any) -> Source:
    """Return the source of a row of its columns."""
    return Source(
        row.tenant,
        row.name,
        row.kind,
        row.created_at,
        row.secret is not None,
        devices=tuple(msgspec.json.decode(row.devices)),
        rhythm=row.rhythm,
        settling=row.settling,
        lateness=row.lateness,
    )


def _sources() -> Select[Any]:
    return select(*COLUMNS)


def _active(connection: Connection, tenant: str, name: str) -> Sequence[str]:
    return [key.hint for key in keys(connection, tenant, name) if key.revoked_at is None]


def _new_key(connection: Connection, vault: Vault, tenant: str, name: str, *, at: int) -> str:
    key = new_access_key()
    row = {"digest": vault.key_digest(key), "tenant": tenant, "source": name, "hint": key[:HINT], "created_at": at}
    connection.execute(plain_insert(source_keys), row)
    return key
