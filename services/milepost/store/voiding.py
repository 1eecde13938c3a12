"""Pair voids with their targets, in whichever order they come, and say which facts are withdrawn by that.

Only a void by the authority of its target counts. A void cannot be voided. It takes effect with its `recorded_at`; a
provisional fact (SCORM wrappers void these on every resume) stands for 24 hours more, in which it may be proved again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection

from milepost.store import statements
from milepost.store.statements import Kept, Named
from milepost_schemas.instants import DAY
from milepost_schemas.messages import FactRevoked
from milepost_schemas.submissions import NewStatement, Submission

New = Sequence[NewStatement]


class Pairing:
    """The new statements of some submissions, with those that void them or are voided by them.

    What was found is in `voided`: for each statement the one that voided it first; in `voided_before` it is of those
    that were kept before these submissions.
    """

    def __init__(self, connection: Connection, submissions: Sequence[tuple[Submission, New]]) -> None:
        """Look up, before the new statements are kept, all that they may be paired with."""
        self.voided: dict[Named, str] = {}
        self._new: set[Named] = set()
        self._kept: dict[Named, Kept] = {}
        self._voids: dict[Named, list[Kept]] = defaultdict(list)
        new: dict[str, list[NewStatement]] = defaultdict(list)
        for submission, each in submissions:
            new[submission.tenant].extend(each)
        for tenant, each in new.items():
            self._look_up(connection, tenant, each)

    @property
    def voided_before(self) -> dict[Named, str]:
        """For each statement that was kept before, and is voided now, the one that did it."""
        return {name: void for name, void in self.voided.items() if name not in self._new}

    def pair(self, submission: Submission, new: New) -> list[FactRevoked]:
        """Pair the new statements of the next submission; return what is withdrawn by that, to be logged last."""
        for each in new:
            self._learn(submission.tenant, statements.outline(submission, each))
            self._new.add((submission.tenant, each.statement_id))
        pairs = list(self._pairs(submission.tenant, new))
        if not pairs:
            return []
        voided = {(submission.tenant, target.statement_id): void.statement_id for target, void in pairs}
        self.voided = {**voided, **self.voided}
        return [revoked for target, void in pairs for revoked in _withdrawn(submission, target, void)]

    def _look_up(self, connection: Connection, tenant: str, new: New) -> None:
        for void in statements.voids_of(connection, tenant, [each.statement_id for each in new]):
            self._learn(tenant, void)
        targets = [each.voids for each in new if each.voids]
        self._kept.update(((tenant, id), kept) for id, kept in statements.kept(connection, tenant, targets).items())

    def _learn(self, tenant: str, kept: Kept) -> None:
        self._kept[tenant, kept.statement_id] = kept
        if kept.voids:
            self._voids[tenant, kept.voids].append(kept)

    def _pairs(self, tenant: str, new: New) -> Iterator[tuple[Kept, Kept]]:
        """Yield each target with each void of it, where one of the two is new.

        A second void of one target is paired as well: the earliest counts, and it may come last.
        """
        of_new = _ordered(void for each in new for void in self._voids.get((tenant, each.statement_id), ()))
        new_ones = _ordered(self._kept[tenant, each.statement_id] for each in new if each.voids)
        for void in {void.statement_id: void for void in (*of_new, *new_ones)}.values():
            target = self._kept.get((tenant, void.voids or ""))
            if target is not None and target.voids is None and target.authority == void.authority:
                yield target, void


def _ordered(voids: Iterable[Kept]) -> list[Kept]:
    return sorted(voids, key=lambda each: (each.recorded_at, each.statement_id))


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
