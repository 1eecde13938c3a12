"""Accept what was submitted, on a connection: statements, people, the log. The caller's commit makes it durable."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, Update, bindparam, update
from sqlalchemy import insert as plain_insert

from milepost.sources.xapi.comparison import equal
from milepost.store import log, people, statements
from milepost.store.submission import (
    Accepted,
    NewStatement,
    Outcome,
    RawMessage,
    Refusal,
    StatementConflict,
    Submission,
)
from milepost.store.tables.accepted import raw_messages, sources
from milepost.store.voiding import revocations
from milepost_schemas.facts import SourceHeard
from milepost_schemas.instants import MINUTE

SAMPLED_EVERY = MINUTE


def accept(connection: Connection, submission: Submission) -> Outcome:
    """Keep all of a submission and log its messages; nothing where a statement's id has another meaning already.

    A statement that is there already and says the same is neither kept nor logged again. Voids and their targets are
    paired, and what they withdraw is logged after both.
    """
    new = _new_statements(connection, submission)
    if isinstance(new, StatementConflict):
        return new
    tenant, at = submission.tenant, submission.received_at
    number = _keep_raw(connection, submission, submission.raw, outcome="accepted", reason=submission.note)
    statements.insert(connection, tenant, submission.source, at, new)
    messages = [*(message for each in new for message in each.messages), *submission.messages]
    people.see(connection, tenant, submission.people, at)
    people.propose(connection, messages)
    told = [*messages, *revocations(connection, submission, new), *_heard(connection, submission)]
    logged = log.append(connection, log.Origin(tenant=tenant, received_at=at, raw_number=number), told)
    return Accepted(log.end(connection), logged)


def refuse(connection: Connection, refusal: Refusal) -> None:
    """Keep what was refused and why; the source has been heard all the same."""
    number = _keep_raw(connection, refusal, refusal.raw, outcome="refused", reason=refusal.reason)
    origin = log.Origin(tenant=refusal.tenant, received_at=refusal.received_at, raw_number=number)
    log.append(connection, origin, _heard(connection, refusal))


def _new_statements(connection: Connection, submission: Submission) -> Sequence[NewStatement] | StatementConflict:
    stored = statements.bodies(connection, submission.tenant, [each.statement_id for each in submission.statements])
    new: list[NewStatement] = []
    for each in submission.statements:
        earlier = stored.get(each.statement_id)
        if earlier is None:
            new.append(each)
        elif not equal(each.came, earlier):
            return StatementConflict(each.statement_id)
    return new


def _heard(connection: Connection, request: Submission | Refusal) -> tuple[SourceHeard, ...]:
    """Return a sign of life of a declared source, at most one per minute of the clock."""
    at = request.received_at
    said = {"of_tenant": request.tenant, "of_source": request.source, "at": at, "before": at - SAMPLED_EVERY}
    if connection.execute(_note_heard(), said).rowcount == 0:
        return ()
    return (
        SourceHeard(
            tenant=request.tenant,
            fact_id=f"heard:{request.source}:{at}",
            source=request.source,
            occurred_at=at,
            recorded_at=at,
            received_at=at,
        ),
    )


@cache
def _note_heard() -> Update:
    due = sources.c.heard_at.is_(None) | (sources.c.heard_at <= bindparam("before"))
    mine = (sources.c.tenant == bindparam("of_tenant")) & (sources.c.name == bindparam("of_source"))
    return update(sources).where(mine, due).values(heard_at=bindparam("at"))


def _keep_raw(
    connection: Connection, request: Submission | Refusal, raw: RawMessage | None, *, outcome: str, reason: str | None
) -> int | None:
    if raw is None:
        return None
    row = {
        "tenant": request.tenant,
        "source": request.source,
        "received_at": request.received_at,
        "route": raw.route,
        "outcome": outcome,
        "reason": reason,
        "content_type": raw.content_type,
        "body": raw.body,
    }
    key = connection.execute(plain_insert(raw_messages), row).inserted_primary_key
    return None if key is None else int(key[0])
