"""Accounts: who may use the pages of which tenant, and whether they may act there or only read."""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Select, delete, select, update
from sqlalchemy import insert as plain_insert

from milepost.store.passwords import fits, hashed
from milepost.store.tables.accepted import tenants
from milepost.store.tables.used import accounts, sign_ins

Role = Literal["coordinator", "viewer"]
ROLES: tuple[Role, ...] = ("coordinator", "viewer")
"""A coordinator may act, a viewer may only read."""

NAME = re.compile(r"[^\x00-\x20\x7f/]{1,100}")
RESERVED = ("me", "nobody")
"""What filters call oneself, and no one: nobody may be called so."""

KEY_BEGINS = "mpa_"


class AccountRefused(ValueError):
    """What was asked of an account is not possible; the message says why and what is."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody, or a script, that may use the pages of one tenant."""

    name: str
    tenant: str
    role: Role
    has_password: bool
    has_key: bool
    created_at: int
    disabled_at: int | None

    @property
    def may_act(self) -> bool:
        """Whether it may change anything."""
        return self.role == "coordinator"


def plain_name(name: str) -> str:
    """Return a name as it is kept: without blanks around it, in lower case."""
    return unicodedata.normalize("NFKC", name).strip().lower()


def exist(connection: Connection) -> bool:
    """Say whether there is any account, disabled ones included: then nobody gets in without one."""
    return connection.execute(select(accounts.c.name).limit(1)).first() is not None


def every(connection: Connection, tenant: str | None = None) -> Sequence[Account]:
    """Return all accounts by name, or those of one tenant."""
    found = _accounts().order_by(accounts.c.name)
    if tenant is not None:
        found = found.where(accounts.c.tenant == tenant)
    return [read(row) for row in connection.execute(found)]


def find(connection: Connection, name: str) -> Account | None:
    """Return an account by its name."""
    row = connection.execute(_accounts().where(accounts.c.name == plain_name(name))).first()
    return None if row is None else read(row)


def get(connection: Connection, name: str) -> Account:
    """Return an account by its name; raise AccountRefused where there is none."""
    found = find(connection, name)
    if found is None:
        names = ", ".join(each.name for each in every(connection)) or "none yet"
        raise AccountRefused(f"there is no account {name!r}; there are: {names}")
    return found


def find_by_key(connection: Connection, key: str) -> Account | None:
    """Return the account whose key this is, unless it is disabled. What is compared is a digest."""
    mine = (accounts.c.key_digest == digest(key)) & accounts.c.disabled_at.is_(None)
    row = connection.execute(_accounts().where(mine)).first()
    return None if row is None else read(row)


def find_by_password(connection: Connection, name: str, password: str) -> Account | None:
    """Return the account that name and password open; whether there is one cannot be told by the time that it takes."""
    query = _accounts().add_columns(accounts.c.password).where(accounts.c.name == plain_name(name))
    row = connection.execute(query).first()
    is_right = fits(password, None if row is None else row.password)
    return read(row) if row is not None and is_right and row.disabled_at is None else None


def add(connection: Connection, name: str, *, role: Role, tenant: str, password: str | None, at: int) -> Account:
    """Add an account; without a password it is for a script, which needs a key. Raise AccountRefused."""
    name = plain_name(name)
    if not NAME.fullmatch(name) or name in RESERVED:
        raise AccountRefused(f"{name!r} cannot be the name of an account: 1 to 100 characters, no blanks, no slash")
    if find(connection, name) is not None:
        raise AccountRefused(f"there is an account {name!r} already; `milepost account list` shows all of them")
    known = list(connection.execute(select(tenants.c.name).order_by(tenants.c.name)).scalars())
    if tenant not in known:
        raise AccountRefused(f"there is no tenant {tenant!r}; there are: {', '.join(known)}")
    row = {
        "name": name,
        "tenant": tenant,
        "role": role,
        "password": None if password is None else hashed(password),
        "key_digest": None,
        "created_at": at,
        "disabled_at": None,
    }
    connection.execute(plain_insert(accounts), row)
    return get(connection, name)


def set_password(connection: Connection, name: str, password: str) -> None:
    """Give an account a new password, and end all that was opened with the old one."""
    found = get(connection, name)
    _set(connection, found, password=hashed(password))
    end_sign_ins(connection, found.name)


def new_key(connection: Connection, name: str) -> str:
    """Return a new key of an account, which is shown once; the one before it works no more."""
    key = KEY_BEGINS + secrets.token_urlsafe(30)
    _set(connection, get(connection, name), key_digest=digest(key))
    return key


def end_key(connection: Connection, name: str) -> None:
    """Have the key of an account work no more."""
    _set(connection, get(connection, name), key_digest=None)


def disable(connection: Connection, name: str, *, at: int) -> None:
    """Let an account in no more: not by password, not by key, and nowhere where it is signed in."""
    found = get(connection, name)
    _set(connection, found, disabled_at=at)
    end_sign_ins(connection, found.name)


def enable(connection: Connection, name: str) -> None:
    """Let an account in again."""
    _set(connection, get(connection, name), disabled_at=None)


def end_sign_ins(connection: Connection, name: str) -> None:
    """Sign an account out everywhere."""
    connection.execute(delete(sign_ins).where(sign_ins.c.account == name))


def digest(secret: str) -> str:
    """Return the digest under which something random is kept; it cannot be guessed, so it needs no key of ours."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _set(connection: Connection, account: Account, **values: Any) -> None:
    connection.execute(update(accounts).where(accounts.c.name == account.name).values(**values))


def columns() -> tuple[Any, ...]:
    """Return what of an account is read, for queries that join it."""
    return (
        accounts.c.name,
        accounts.c.tenant,
        accounts.c.role,
        accounts.c.password.is_not(None).label("has_password"),
        accounts.c.key_digest.is_not(None).label("has_key"),
        accounts.c.created_at,
        accounts.c.disabled_at,
    )


def read(row: Any) -> Account:
    """Return the account of a row with these columns."""
    return Account(
        row.name,
        row.tenant,
        row.role,
        bool(row.has_password),
        bool(row.has_key),
        row.created_at,
        row.disabled_at,
    )


def _accounts() -> Select[Any]:
    return select(*columns())
