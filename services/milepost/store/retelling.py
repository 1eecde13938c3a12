"""The facts table read as the messages that it was made from, in the order of filing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, and_, func, select

from milepost.store.rows import read_fact
from milepost.store.tables.accepted import identifiers
from milepost.store.tables.kept import facts
from milepost_schemas.facts import Fact, PersonFact
from milepost_schemas.messages import AboutActor
from milepost_schemas.submissions import LogMessage


class NewerFact(RuntimeError):
    """A fact of a kind that this version does not know: only the version that filed it can tell it again."""


@dataclass(frozen=True, slots=True)
class Retold:
    """A message, and the number under which its fact is filed."""

    filed: int
    message: LogMessage


def read(connection: Connection, after: int, *, limit: int) -> Sequence[Retold]:
    """Return the messages of the next facts past a number, at most so many; raise NewerFact."""
    mine = and_(identifiers.c.tenant == facts.c.tenant, identifiers.c.identifier == facts.c.subject)
    rows = select(facts.c.filed, facts.c.subject, facts.c.actor, facts.c.type, facts.c.body, identifiers.c.own_learner)
    rows = rows.select_from(facts.outerjoin(identifiers, mine)).where(facts.c.filed > after)
    return [
        Retold(row.filed, _message(_read(row.type, row.body), row.actor, row.subject, row.own_learner))
        for row in connection.execute(rows.order_by(facts.c.filed).limit(limit))
    ]


def count(connection: Connection) -> int:
    """Return how many facts are filed."""
    return connection.execute(select(func.count()).select_from(facts)).scalar_one()


def _read(kind: str, body: str) -> Fact:
    fact = read_fact(kind, body)
    if type(fact) is Fact:
        raise NewerFact(f"facts of the kind {kind} were filed by a newer version; use that one")
    return fact


def _message(fact: Fact, actor: str | None, subject: str, own_learner: str | None) -> LogMessage:
    """Return a fact as it was said: of a person under their actor key, with the ids that were drawn for them."""
    if actor is None:
        return cast(LogMessage, fact)
    return AboutActor(
        actor=actor,
        candidate_learner=own_learner or subject,
        candidate_identifier=subject,
        fact=cast(PersonFact, fact),
    )
