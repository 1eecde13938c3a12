"""Pair voids with their targets, in whichever order they come, and say which facts are withdrawn by that.

Only a void by the authority of its target counts. A void cannot be voided. It takes effect with its `recorded_at`; a
provisional fact (SCORM wrappers void these on every resume) stands for 24 hours more, in which it may be proved again.
"""

from collections.abc import Iterator, Sequence
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection

from milepost.store import statements
from milepost.store.statements import Kept
from milepost.store.submission import NewStatement, Submission
from milepost_schemas.instants import DAY
from milepost_schemas.messages import FactRevoked


def revocations(connection: Connection, submission: Submission, new: Sequence[NewStatement]) -> tuple[FactRevoked, ...]:
    """Pair the new statements of a submission, which are kept already; return what is withdrawn, to be logged last."""
    pairs = list(_pairs(connection, submission, new))
    statements.mark_voided(
        connection, submission.tenant, {target.statement_id: void.statement_id for target, void in pairs}
    )
    return tuple(revoked for target, void in pairs for revoked in _withdrawn(submission, target, void))


def _pairs(connection: Connection, submission: Submission, new: Sequence[NewStatement]) -> Iterator[tuple[Kept, Kept]]:
    """Yield each target with each void of it, where one of the two is new.

    A second void of one target is paired as well: the earliest counts, and it may come last.
    """
    if not new:
        return
    ids = [each.statement_id for each in new]
    voids = {void.statement_id: void for void in statements.voids_of(connection, submission.tenant, ids)}
    voids |= statements.kept(connection, submission.tenant, [each.statement_id for each in new if each.voids])
    targets = statements.kept(connection, submission.tenant, [void.voids for void in voids.values() if void.voids])
    for void in voids.values():
        target = targets.get(void.voids or "")
        if target is not None and target.voids is None and target.authority == void.authority:
            yield target, void


def _withdrawn(submission: Submission, target: Kept, void: Kept) -> Iterator[FactRevoked]:
    for fact in target.facts:
        yield FactRevoked(
            tenant=submission.tenant,
            fact_id=str(
                uuid5(NAMESPACE_URL, f"milepost:void:{submission.tenant}\x1f{void.statement_id}\x1f{fact.fact_id}")
            ),
            source=submission.source,
            occurred_at=min(void.occurred_at, submission.received_at),
            recorded_at=void.recorded_at,
            received_at=submission.received_at,
            actor=fact.actor,
            target=fact.fact_id,
            withdrawn_at=void.recorded_at + (DAY if fact.provisional else 0),
        )
