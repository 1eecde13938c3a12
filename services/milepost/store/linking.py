"""Link the identifiers that a submission declares to be one person's, each once and for good.

An identifier is linked to the learner of the person that it was declared with. Where nothing was reported about that
person yet there is no learner to link to, and what is linked to somebody else is left to people: neither is linked,
and a note says so to whoever looks at the source. Declared again, it is tried again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from milepost.sources.translation import Receipt, stamps
from milepost.store import statements
from milepost.store.among import rows_among
from milepost.store.tables.accepted import identifiers
from milepost_schemas.messages import IdentityDecided
from milepost_schemas.submissions import NewStatement, SamePerson, Submission

UNKNOWN = "an identity was not linked: nothing was reported about the person yet"
SOMEBODY_ELSE = "an identity was not linked: it is linked to somebody else"


@dataclass(frozen=True, slots=True)
class Links:
    """The links that are new, each to be kept and logged once, and why others were not made."""

    new: tuple[NewStatement, ...] = ()
    notes: tuple[str, ...] = ()


def find_links(connection: Connection, submission: Submission) -> Links:
    """Return the links that a submission makes, now that the learners it proposes are known."""
    declared = {_id(each): each for each in submission.same_people}
    if not declared:
        return Links()
    known = statements.bodies(connection, submission.tenant, list(declared))
    wanted = [each for id, each in declared.items() if id not in known]
    learners = _learners(
        connection, submission.tenant, [actor for each in wanted for actor in (each.actor, each.other)]
    )
    shared = _shared(connection, submission.tenant, [learners[each.other] for each in wanted if each.other in learners])
    notes = {each.fact_id: _obstacle(each, learners, shared) for each in wanted}
    return Links(
        new=tuple(_link(submission, each, learners[each.actor]) for each in wanted if notes[each.fact_id] is None),
        notes=tuple(dict.fromkeys(note for note in notes.values() if note is not None)),
    )


def _id(declared: SamePerson) -> str:
    return f"identity:{declared.fact_id}"


def _obstacle(declared: SamePerson, learners: Mapping[str, str], shared: set[str]) -> str | None:
    mine, theirs = learners.get(declared.actor), learners.get(declared.other)
    if mine is None:
        return UNKNOWN
    return SOMEBODY_ELSE if theirs is not None and theirs != mine and theirs in shared else None


def _learners(connection: Connection, tenant: str, actors: Iterable[str]) -> dict[str, str]:
    """Return who these actor keys are now, where anything was reported about them."""
    columns = (identifiers.c.actor, identifiers.c.learner)
    return dict(rows_among(connection, tenant, identifiers.c.actor, list(dict.fromkeys(actors)), columns))


def _shared(connection: Connection, tenant: str, learners: Iterable[str]) -> set[str]:
    """Return those of these learners who have more than one identifier."""
    column = identifiers.c.learner
    found = Counter(rows_among(connection, tenant, column, list(dict.fromkeys(learners)), [column]))
    return {learner for (learner,), count in found.items() if count > 1}


def _link(submission: Submission, declared: SamePerson, learner: str) -> NewStatement:
    at = submission.received_at
    decided = IdentityDecided(
        **stamps(Receipt(submission.tenant, submission.source, at), at),
        fact_id=declared.fact_id,
        actor=declared.other,
        decision="linked",
        learner=learner,
    )
    return NewStatement(
        statement_id=_id(declared),
        verb=decided.type,
        occurred_at=at,
        recorded_at=at,
        came={"says": "the same person"},
        body={"says": "the same person"},
        messages=(decided,),
    )
