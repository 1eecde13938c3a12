"""Signing in: what a browser holds for an account that is in, how long that lasts, and how often it may be tried.

The moments here are those of the machine's clock, also where the server goes by a clock that is set by hand.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, select, update
from sqlalchemy import insert as plain_insert

from milepost.store import accounts
from milepost.store.accounts import Account, digest, plain_name
from milepost.store.tables.used import accounts as accounts_table
from milepost.store.tables.used import sign_in_attempts, sign_ins
from milepost_schemas.instants import HOUR, MINUTE

LASTS = 12 * HOUR
"""How long somebody stays in at most."""

IDLES = 2 * HOUR
"""How long somebody stays in who does nothing."""

WINDOW = 15 * MINUTE
"""Over how long attempts are counted."""

TRIES_OF_A_NAME = 10
TRIES_FROM_AN_ADDRESS = 30


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody who is in. `token` is what their browser holds; only its digest is kept."""

    token: str
    account: Account


class TooManyTries(Exception):
    """A name, or an address, was tried too often; whether the name is anybody's is not said."""


def try_once(connection: Connection, name: str, address: str, *, now: int) -> None:
    """Count an attempt before it is looked at; raise TooManyTries where there were enough.

    Attempts that come at once are counted one after the other, so that none slips through.
    """
    connection.execute(delete(sign_in_attempts).where(sign_in_attempts.c.at <= now - WINDOW))
    of_name = sign_in_attempts.c.name_digest == digest(plain_name(name))
    from_address = sign_in_attempts.c.address == address
    if _count(connection, of_name) >= TRIES_OF_A_NAME or _count(connection, from_address) >= TRIES_FROM_AN_ADDRESS:
        raise TooManyTries
    row = {"name_digest": digest(plain_name(name)), "address": address, "at": now}
    connection.execute(plain_insert(sign_in_attempts), row)


def begin(connection: Connection, account: Account, *, now: int) -> SignIn:
    """Let an account in under a new random id, and forget its failed attempts and what has expired."""
    mine = sign_in_attempts.c.name_digest == digest(account.name)
    connection.execute(delete(sign_in_attempts).where(mine))
    connection.execute(delete(sign_ins).where(_is_over(now)))
    token = secrets.token_urlsafe(32)
    row = {"digest": digest(token), "account": account.name, "began_at": now, "seen_at": now}
    connection.execute(plain_insert(sign_ins), row)
    return SignIn(token, account)


def find(connection: Connection, token: str, *, now: int) -> tuple[Account, int] | None:
    """Return whom a browser holds this for, and when they were seen last; None where that is over."""
    query = select(*accounts.columns(), sign_ins.c.seen_at).join(sign_ins, sign_ins.c.account == accounts_table.c.name)
    mine = (sign_ins.c.digest == digest(token)) & ~_is_over(now) & accounts_table.c.disabled_at.is_(None)
    row = connection.execute(query.where(mine)).first()
    return None if row is None else (accounts.read(row), row.seen_at)


def seen(connection: Connection, token: str, *, now: int) -> None:
    """Note that somebody who is in has done something."""
    connection.execute(update(sign_ins).where(sign_ins.c.digest == digest(token)).values(seen_at=now))


def end(connection: Connection, token: str) -> None:
    """Sign out what one browser holds."""
    connection.execute(delete(sign_ins).where(sign_ins.c.digest == digest(token)))


def _is_over(now: int) -> ColumnElement[bool]:
    return (sign_ins.c.began_at <= now - LASTS) | (sign_ins.c.seen_at <= now - IDLES)


def _count(connection: Connection, wanted: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(sign_in_attempts).where(wanted)).scalar_one()
