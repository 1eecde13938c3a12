"""The audit log: who saw whom, and who did what. A line is written in the transaction of what it tells of."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy import insert as plain_insert

from milepost.store.tables.used import audit
from milepost_schemas.instants import MINUTE, Instant
from milepost_schemas.submissions import Deed
from milepost_schemas.words import Key, Name

SEEN_AGAIN = 10 * MINUTE
"""Within how long the same page, seen again by the same account, is the same seeing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One line of the audit log."""

    number: int
    at: Instant
    account: Name | None
    what: Name
    subject: Key | None
    details: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which lines are asked for; `before` is the number of a line that was seen already."""

    account: str = ""
    what: str = ""
    subject: str = ""
    before: int | None = None
    size: int = 100


def write(connection: Connection, tenant: str, deed: Deed, *, at: int) -> None:
    """Write a line."""
    row = {
        "tenant": tenant,
        "at": at,
        "account": deed.account,
        "what": deed.what,
        "subject": deed.subject,
        "details": json.dumps(deed.details, ensure_ascii=False),
    }
    connection.execute(plain_insert(audit), row)


def was_seen(connection: Connection, tenant: str, deed: Deed, *, at: int) -> bool:
    """Say whether a line says the same of the last minutes."""
    same = [
        audit.c.tenant == tenant,
        _is(audit.c.account, deed.account),
        audit.c.what == deed.what,
        _is(audit.c.subject, deed.subject),
        audit.c.at > at - SEEN_AGAIN,
    ]
    return connection.execute(select(audit.c.number).where(*same).limit(1)).first() is not None


def read(connection: Connection, tenant: str, query: AuditQuery) -> Sequence[AuditLine]:
    """Return lines of a tenant, the newest first."""
    wanted = [audit.c.tenant == tenant]
    wanted += [audit.c[name] == value for name in ("account", "what", "subject") if (value := getattr(query, name))]
    if query.before is not None:
        wanted.append(audit.c.number < query.before)
    found = select(audit).where(*wanted).order_by(audit.c.number.desc()).limit(query.size)
    return [_line(row) for row in connection.execute(found)]


def count(connection: Connection, tenant: str) -> int:
    """Return how many lines a tenant has."""
    return connection.execute(select(func.count()).select_from(audit).where(audit.c.tenant == tenant)).scalar_one()


def _is(column: ColumnElement[Any], value: str | None) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def _line(row: Any) -> AuditLine:
    return AuditLine(
        number=row.number,
        at=row.at,
        account=row.account,
        what=row.what,
        subject=row.subject,
        details=json.loads(row.details),
    )
