"""The statement store: each statement once, as it is given back, and which one voided it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, bindparam, select, update
from sqlalchemy import insert as plain_insert

from milepost.store.chunks import chunks
from milepost.store.submission import NewStatement, Statement
from milepost.store.tables.accepted import statements
from milepost_schemas.messages import AboutActor
from milepost_schemas.topics import Message


class FactMade(NamedTuple):
    """A fact that was made from a statement: what a void of the statement withdraws."""

    actor: str
    fact_id: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What voiding needs to know of a kept statement."""

    statement_id: str
    authority: str
    occurred_at: int
    recorded_at: int
    voids: str | None
    voided_by: str | None
    facts: tuple[FactMade, ...]


def find(connection: Connection, tenant: str, statement_id: str) -> Statement | None:
    """Return a statement that stands, as GET `statementId` gives it back; a voided one is not found here."""
    return _find(connection, tenant, statement_id, voided=False)


def find_voided(connection: Connection, tenant: str, statement_id: str) -> Statement | None:
    """Return a statement that was voided, as GET `voidedStatementId` gives it back."""
    return _find(connection, tenant, statement_id, voided=True)


def bodies(connection: Connection, tenant: str, statement_ids: Sequence[str]) -> Mapping[str, Statement]:
    """Return the kept statements among these ids, voided or not."""
    found: dict[str, Statement] = {}
    for some in chunks(statement_ids):
        rows = connection.execute(_bodies(), {"of_tenant": tenant, "ids": list(some)})
        found.update((id, msgspec.json.decode(body)) for id, body in rows)
    return found


def insert(connection: Connection, tenant: str, authority: str, stored_at: int, new: Iterable[NewStatement]) -> None:
    """Keep statements that are not there yet."""
    rows = [
        {
            "tenant": tenant,
            "statement_id": each.statement_id,
            "authority": authority,
            "verb": each.verb,
            "occurred_at": each.occurred_at,
            "recorded_at": each.recorded_at,
            "stored_at": stored_at,
            "voids": each.voids,
            "voided_by": None,
            "facts": msgspec.json.encode(facts_made(each.messages)).decode(),
            "body": msgspec.json.encode(each.body).decode(),
        }
        for each in new
    ]
    if rows:
        connection.execute(plain_insert(statements), rows)


def facts_made(messages: Iterable[Message]) -> list[FactMade]:
    """Return the facts about people among these messages."""
    return [
        FactMade(message.actor, message.fact.fact_id, getattr(message.fact, "provisional", False))
        for message in messages
        if isinstance(message, AboutActor)
    ]


def kept(connection: Connection, tenant: str, statement_ids: Sequence[str]) -> Mapping[str, Kept]:
    """Return what voiding needs of the statements among these ids."""
    return {each.statement_id: each for each in _kept(connection, tenant, statements.c.statement_id, statement_ids)}


def voids_of(connection: Connection, tenant: str, statement_ids: Sequence[str]) -> Sequence[Kept]:
    """Return the statements that void any of these, whether or not it has come."""
    return _kept(connection, tenant, statements.c.voids, statement_ids)


def mark_voided(connection: Connection, tenant: str, pairs: Mapping[str, str]) -> None:
    """Note for each statement by which other it was voided."""
    for target, void in pairs.items():
        connection.execute(
            update(statements)
            .where(statements.c.tenant == tenant, statements.c.statement_id == target, statements.c.voided_by.is_(None))
            .values(voided_by=void)
        )


def _find(connection: Connection, tenant: str, statement_id: str, *, voided: bool) -> Statement | None:
    found = select(statements.c.body).where(
        statements.c.tenant == tenant,
        statements.c.statement_id == statement_id.lower(),
        statements.c.voided_by.is_not(None) if voided else statements.c.voided_by.is_(None),
    )
    body = connection.execute(found).scalar()
    return None if body is None else msgspec.json.decode(body, type=dict[str, Any])


def _kept(connection: Connection, tenant: str, column: Any, values: Sequence[str]) -> list[Kept]:
    found: list[Kept] = []
    for some in chunks(values):
        rows = connection.execute(_outlines(column.name), {"of_tenant": tenant, "ids": list(some)})
        found.extend(_outline(row) for row in rows)
    return sorted(found, key=lambda each: (each.recorded_at, each.statement_id))


def _outline(row: Row[Any]) -> Kept:
    return Kept(
        statement_id=row.statement_id,
        authority=row.authority,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        voids=row.voids,
        voided_by=row.voided_by,
        facts=tuple(FactMade(*fact) for fact in msgspec.json.decode(row.facts)),
    )


# Statements of the database are built once: for short ones, building takes longer than running.


@cache
def _bodies() -> Select[Any]:
    rows = select(statements.c.statement_id, statements.c.body)
    return rows.where(*_among("statement_id"))


@cache
def _outlines(column: str) -> Select[Any]:
    return select(
        statements.c.statement_id,
        statements.c.authority,
        statements.c.occurred_at,
        statements.c.recorded_at,
        statements.c.voids,
        statements.c.voided_by,
        statements.c.facts,
    ).where(*_among(column))


def _among(column: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    ids: BindParameter[Any] = bindparam("ids", expanding=True)
    return statements.c.tenant == bindparam("of_tenant"), statements.c[column].in_(ids)
