"""Erasing a person: what is kept about them by what they are called goes at once, and their records hear of it.

What somebody did and was enrolled in goes. Their seats and who was in a meeting stay as what happened to the session,
under the random id of an identifier that leads to nobody any more: what is concluded of everybody else depends on them.
"""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.sql.schema import Column

from milepost.store import audit, forgetting, positions, querying, recording
from milepost.store.chunks import chunks
from milepost.store.database import upsert
from milepost.store.tables import accepted, kept, shown, used
from milepost.store.tracing import NOBODY, STRANGER, Known, Traces, nameless
from milepost_schemas.messages import ActorErased, IdentityDecided
from milepost_schemas.submissions import Deed

MOST_ALTERNATIVES = 100
"""How many texts one condition looks for: SQLite takes no deeper ones than a thousand, and each is one level."""


class NotRead(RuntimeError):
    """What came last about the person was not taken in yet: let the server run, and say it again."""


def erase_here(connection: Connection, found: Traces, *, at: int) -> Sequence[ActorErased]:
    """Take a person out of one process; return what their records are to hear within the same transaction.

    Raise NotRead.
    """
    _require_read(connection, found)
    return _erase(connection, found, read=recording.position(connection), at=at)


def erase_on_site(connection: Connection, found: Traces, *, at: int) -> Sequence[ActorErased]:
    """Take a person out of the tables of a site; return what is to be appended to the log in the same transaction."""
    return _erase(connection, found, read=positions.reached(connection, positions.RELAY), at=at)


def is_under_way(connection: Connection, tenant: str, learner: str) -> bool:
    """Say whether somebody was erased, and what their records have to say about it has not all come yet."""
    erased = nameless(connection, tenant, learner)
    if not erased:
        return False
    mine = (kept.facts.c.tenant == tenant) & kept.facts.c.subject.in_(list(erased))
    filed = connection.execute(select(kept.facts.c.subject, kept.facts.c.actor).where(mine)).all()
    parted = {row.subject for row in filed if row.actor == erased[row.subject]}
    return parted != set(erased) or any(row.actor != erased[row.subject] for row in filed)


def is_shown(connection: Connection, tenant: str, learners: Iterable[str]) -> bool:
    """Say whether pages show anything of learners but seats."""
    return any(
        connection.execute(
            select(table.c.tenant).where(table.c.tenant == tenant, column.in_(learners)).limit(1)
        ).first()
        for table, column in (
            (shown.journeys, shown.journeys.c.learner),
            (shown.gaps, shown.gaps.c.learner),
        )
    )


def _require_read(connection: Connection, found: Traces) -> None:
    mine = (accepted.log.c.tenant == found.tenant) & (accepted.log.c.position > recording.position(connection))
    ids = (*(each.actor for each in found.identifiers), *found.learners)
    named = or_(*(accepted.log.c.body.contains(f'"{id}"', autoescape=True) for id in ids))
    if connection.execute(select(accepted.log.c.position).where(mine, named).limit(1)).first() is not None:
        raise NotRead("what came last about this person was not taken in yet: let the server run, and say it again")


def _erase(connection: Connection, found: Traces, *, read: int, at: int) -> Sequence[ActorErased]:
    tenant = found.tenant
    heard_of = [each for each in found.identifiers if each.standing != STRANGER]
    rows = [{"tenant": tenant, "actor": each.actor, "erased_at": at} for each in heard_of]
    if rows:
        connection.execute(upsert(connection, accepted.erased), rows)
    _delete(connection, tenant, accepted.people.c.actor, [each.actor for each in heard_of])
    _delete_statements(connection, found)
    _delete(connection, tenant, accepted.documents.c.number, found.documents)
    forgetting.empty_log(connection, [position for position in found.logged if position <= read], last=read)
    for some in chunks(found.requests):
        emptied = update(accepted.raw_messages).where(accepted.raw_messages.c.number.in_(some))
        connection.execute(emptied.values(body=b"", reason="its body was erased, as a person in it was"))
    _delete(connection, tenant, kept.dead_letters.c.position, found.dead_letters)
    for column in (used.notes.c.gap_id, used.handlings.c.gap_id):
        _delete(connection, tenant, column, found.gaps)
    _forget_in_audit(connection, found)
    audit.write(connection, tenant, Deed(account=None, what="person_erased", details={"by": "the command line"}), at=at)
    return _part_from_actors(connection, found, heard_of, at=at)


def _part_from_actors(
    connection: Connection, found: Traces, heard_of: Sequence[Known], *, at: int
) -> Sequence[ActorErased]:
    """Give each identifier an actor key that is nobody's, so that whoever comes by the old one is somebody new."""
    ids = accepted.identifiers
    identifiers = tuple(each.identifier for each in found.identifiers if each.identifier)
    said = []
    for known in heard_of:
        nobody = f"{NOBODY}{secrets.token_hex(12)}"
        mine = (ids.c.tenant == found.tenant) & (ids.c.actor == known.actor)
        connection.execute(update(ids).where(mine).values(actor=nobody))
        said.append(
            ActorErased(
                tenant=found.tenant,
                actor=known.actor,
                erased_at=at,
                nobody=nobody,
                learners=tuple(found.learners),
                identifiers=identifiers,
            )
        )
    return said


def _delete_statements(connection: Connection, found: Traces) -> None:
    decided = (fact.fact_id for fact in found.facts if isinstance(fact, IdentityDecided))
    gone = [*found.statements, *(f"identity:{id}" for id in decided)]
    querying.forget(connection, found.tenant, gone)
    _delete(connection, found.tenant, accepted.statements.c.statement_id, gone)


def _forget_in_audit(connection: Connection, found: Traces) -> None:
    ids = [*found.learners, *found.gaps, *(each.identifier or each.actor for each in found.identifiers)]
    for some in chunks(ids, longest=MOST_ALTERNATIVES):
        named = or_(used.audit.c.subject.in_(some), *(used.audit.c.details.contains(id) for id in some))
        mine = update(used.audit).where(used.audit.c.tenant == found.tenant, named)
        connection.execute(mine.values(subject=None, details="{}"))


def _delete(connection: Connection, tenant: str, column: Column[Any], values: Iterable[Any]) -> None:
    table = column.table
    for some in chunks(list(values)):
        connection.execute(delete(table).where(table.c.tenant == tenant, column.in_(some)))
