"""The statement store: each statement once, as it is given back, and which one voided it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Update, bindparam, select, update

from milepost.store import bulk, querying
from milepost.store.among import rows_among
from milepost.store.tables.accepted import statements
from milepost_schemas.messages import AboutActor
from milepost_schemas.submissions import NewStatement, Statement, Submission
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
    facts: tuple[FactMade, ...]


OUTLINE = ("statement_id", "authority", "occurred_at", "recorded_at", "voids", "facts")
"""The columns of what voiding needs to know."""

Named = tuple[str, str]
"""The tenant of a statement, and its id."""


def find(connection: Connection, tenant: str, authority: str, statement_id: str) -> str | None:
    """Return the JSON of a statement of this source that stands; a voided one is not found here."""
    return _find(connection, tenant, authority, statement_id, voided=False)


def find_voided(connection: Connection, tenant: str, authority: str, statement_id: str) -> str | None:
    """Return the JSON of a statement of this source that was voided."""
    return _find(connection, tenant, authority, statement_id, voided=True)


def bodies(connection: Connection, tenant: str, statement_ids: Sequence[str]) -> Mapping[str, Statement]:
    """Return the kept statements among these ids, voided or not."""
    columns = (statements.c.statement_id, statements.c.body)
    found = rows_among(connection, tenant, statements.c.statement_id, statement_ids, columns)
    return {id: msgspec.json.decode(body) for id, body in found}


def insert(
    connection: Connection, new: Iterable[tuple[Submission, NewStatement]], *, voided_by: Mapping[Named, str]
) -> None:
    """Keep statements that are not there yet, each with the submission that it came with, and how they are found."""
    added = tuple(new)
    rows = [
        {
            "tenant": submission.tenant,
            "statement_id": each.statement_id,
            "authority": submission.source,
            "verb": each.verb,
            "occurred_at": each.occurred_at,
            "recorded_at": each.recorded_at,
            "stored_at": submission.received_at,
            "voids": each.voids,
            "voided_by": voided_by.get((submission.tenant, each.statement_id)),
            "facts": msgspec.json.encode(facts_made(each.messages)).decode(),
            "body": msgspec.json.encode(each.body).decode(),
        }
        for submission, each in added
    ]
    bulk.append(connection, statements, rows)
    querying.index(connection, (_entry(submission, each) for submission, each in added))


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


def outline(submission: Submission, new: NewStatement) -> Kept:
    """Return what voiding needs of a statement that came with a submission."""
    return Kept(
        statement_id=new.statement_id,
        authority=submission.source,
        occurred_at=new.occurred_at,
        recorded_at=new.recorded_at,
        voids=new.voids,
        facts=tuple(facts_made(new.messages)),
    )


def voids_of(connection: Connection, tenant: str, statement_ids: Sequence[str]) -> Sequence[Kept]:
    """Return the statements that void any of these, whether or not it has come."""
    return _kept(connection, tenant, statements.c.voids, statement_ids)


def mark_voided(connection: Connection, voided_by: Mapping[Named, str]) -> None:
    """Note for statements that are kept by which other each was voided."""
    rows = [{"of_tenant": tenant, "target": target, "void": void} for (tenant, target), void in voided_by.items()]
    if rows:
        connection.execute(_mark_voided(), rows)


def _find(connection: Connection, tenant: str, authority: str, statement_id: str, *, voided: bool) -> str | None:
    found = select(statements.c.body).where(
        statements.c.tenant == tenant,
        statements.c.statement_id == statement_id.lower(),
        statements.c.authority == authority,
        statements.c.voided_by.is_not(None) if voided else statements.c.voided_by.is_(None),
    )
    return connection.execute(found).scalar()


def _kept(connection: Connection, tenant: str, column: Any, values: Sequence[str]) -> list[Kept]:
    columns = [statements.c[name] for name in OUTLINE]
    return [
        Kept(id, authority, occurred_at, recorded_at, voids, _read_facts(facts))
        for id, authority, occurred_at, recorded_at, voids, facts in rows_among(
            connection, tenant, column, values, columns
        )
    ]


def _read_facts(text: str) -> tuple[FactMade, ...]:
    return tuple(FactMade(*fact) for fact in msgspec.json.decode(text))


def _entry(submission: Submission, new: NewStatement) -> querying.Entry:
    return querying.Entry(submission.tenant, submission.source, submission.received_at, new.statement_id, new.body)


@cache
def _mark_voided() -> Update:
    target = (statements.c.tenant == bindparam("of_tenant")) & (statements.c.statement_id == bindparam("target"))
    return update(statements).where(target, statements.c.voided_by.is_(None)).values(voided_by=bindparam("void"))
