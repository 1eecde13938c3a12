"""What sources said: facts by their ids, and everything said about one learner."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from milepost.store.chunks import distinct_chunks
from milepost.store.rows import read_fact
from milepost.store.tables import kept
from milepost_schemas.facts import Fact, SeatExcused
from milepost_schemas.words import Key

facts = kept.facts

EXCUSED = "milepost.seat.excused.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A fact as it was filed: under an identifier of a person, or under what else it is about."""

    filed: int
    subject: Key
    actor: Key | None
    known: bool
    fact: Fact


def facts_by_id(connection: Connection, tenant: str, ids: Iterable[str | None]) -> dict[str, Filed]:
    """Return the facts of these ids; one that is not on file is missing.

    What was said to a meeting for an offering (`id#source/meeting`) is found under the offering's fact.
    """
    found = {}
    for some in distinct_chunks(each.split("#", 1)[0] for each in ids if each):
        for row in connection.execute(_query(tenant).where(facts.c.fact_id.in_(some))):
            found[row.fact_id] = _filed(row)
    return found


def facts_about(connection: Connection, tenant: str, subjects: Iterable[str], *, limit: int) -> tuple[Filed, ...]:
    """Return the newest facts about these identifiers or keys, the last filed first."""
    found: list[Filed] = []
    for some in distinct_chunks(subjects):
        query = _query(tenant).where(facts.c.subject.in_(some)).order_by(facts.c.filed.desc()).limit(limit)
        found += [_filed(row) for row in connection.execute(query)]
    return tuple(sorted(found, key=lambda each: -each.filed)[:limit])


def excuses(connection: Connection, tenant: str, subjects: Iterable[str]) -> dict[str, tuple[SeatExcused, ...]]:
    """Return what was said about excusing these identifiers, by identifier, the last recorded first."""
    found: dict[str, list[SeatExcused]] = {}
    for some in distinct_chunks(subjects):
        query = _query(tenant).where(facts.c.subject.in_(some), facts.c.type == EXCUSED)
        for row in connection.execute(query.order_by(facts.c.recorded_at.desc(), facts.c.fact_id.desc())):
            fact = _filed(row).fact
            if isinstance(fact, SeatExcused):
                found.setdefault(row.subject, []).append(fact)
    return {subject: tuple(said) for subject, said in found.items()}


def _query(tenant: str) -> Select[Any]:
    columns = (
        facts.c.filed,
        facts.c.fact_id,
        facts.c.subject,
        facts.c.actor,
        facts.c.known,
        facts.c.type,
        facts.c.body,
    )
    return select(*columns).where(facts.c.tenant == tenant)


def _filed(row: Row[Any]) -> Filed:
    return Filed(
        filed=row.filed,
        subject=row.subject,
        actor=row.actor,
        known=row.known,
        fact=read_fact(row.type, row.body),
    )
