"""The end of an identifier in the facts table and in the log, once everything of before has come there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, select, update

from milepost.store.chunks import chunks
from milepost.store.database import insert
from milepost.store.rows import read_fact, type_of, write
from milepost.store.tables import accepted, kept
from milepost_schemas.facts import (
    AttendanceMarked,
    Fact,
    ParticipantJoined,
    ParticipantLeft,
    PresenceFact,
    SeatExcused,
    SeatFact,
    StepWaived,
)
from milepost_schemas.messages import ActorErased, IdentifierErased, IdentityDecided

FactsByNumber = Mapping[int, Fact]

StayNames = dict[tuple[str, str, str], str]
"""By source, meeting, and how the source calls a connection."""


def forget(connection: Connection, erased: IdentifierErased) -> None:
    """Take away what is theirs alone; what is of a session stays, under an actor key that is nobody's.

    Done again it changes nothing.
    """
    facts = _facts(connection, erased)
    stays = {filed: fact for filed, fact in facts.items() if isinstance(fact, SeatFact | PresenceFact)}
    decided = {filed: fact for filed, fact in facts.items() if stays and isinstance(fact, IdentityDecided)}
    for some in chunks(sorted(facts.keys() - stays.keys() - decided.keys())):
        connection.execute(delete(kept.facts).where(kept.facts.c.filed.in_(some)))
    if stays:
        _make_nameless(connection, erased, stays, decided)
    elif erased.identifier is not None:
        connection.execute(delete(accepted.identifiers).where(*_mine(erased)))


def forget_logged(connection: Connection, erased: ActorErased, *, at: int, last: int) -> None:
    """Delete what the log says of an identifier up to a position; `last` is up to where it was read."""
    table = accepted.log
    named = table.c.body.contains(f'"actor":"{erased.actor}"', autoescape=True)
    mine = select(table.c.position).where(table.c.tenant == erased.tenant, table.c.position <= at, named)
    empty_log(connection, list(connection.execute(mine).scalars()), last=last)


def empty_log(connection: Connection, logged: Sequence[int], *, last: int) -> None:
    """Delete these messages of the log; the one that was read last keeps its place, without what it said."""
    for some in chunks([position for position in logged if position != last]):
        connection.execute(delete(accepted.log).where(accepted.log.c.position.in_(some)))
    if last in logged:
        emptied = update(accepted.log).where(accepted.log.c.position == last)
        connection.execute(emptied.values(body="{}", raw_number=None))


def _mine(erased: IdentifierErased) -> tuple[Any, ...]:
    return (accepted.identifiers.c.tenant == erased.tenant, accepted.identifiers.c.identifier == erased.identifier)


def _facts(connection: Connection, erased: IdentifierErased) -> FactsByNumber:
    facts = kept.facts.c
    theirs = facts.subject.in_([erased.identifier or erased.actor, f"{erased.tenant}/{erased.nobody}"])
    decided = (facts.subject == f"{erased.tenant}/{erased.actor}") & (facts.occurred_at < erased.erased_at)
    rows = select(facts.filed, facts.type, facts.body).order_by(facts.filed)
    rows = rows.where(facts.tenant == erased.tenant, theirs | decided, facts.fact_id != _still_known_id(erased))
    return {row.filed: read_fact(row.type, row.body) for row in connection.execute(rows)}


def _make_nameless(
    connection: Connection, erased: IdentifierErased, stays: FactsByNumber, decided: FactsByNumber
) -> None:
    names = _names_of_stays(stays.values())
    for filed, fact in stays.items():
        _write(connection, filed, _bare(fact, names), actor=erased.nobody)
    for filed, fact in decided.items():
        if isinstance(fact, IdentityDecided):
            subject = f"{erased.tenant}/{erased.nobody}"
            _write(connection, filed, replace(fact, actor=erased.nobody), subject=subject)
    standing = connection.execute(select(accepted.identifiers.c.standing).where(*_mine(erased))).scalar()
    if standing == "known" and all(isinstance(fact, PresenceFact) for fact in stays.values()):
        first = next(iter(stays.values()))
        connection.execute(insert(connection, kept.facts).on_conflict_do_nothing(), _still_known(erased, first))


def _names_of_stays(facts: Iterable[Fact]) -> StayNames:
    """Return what each connection to a meeting is called from now on: its first fact, as in the record."""
    names: StayNames = {}
    presence = [fact for fact in facts if isinstance(fact, PresenceFact)]
    for fact in sorted(presence, key=lambda fact: (fact.occurred_at, fact.fact_id)):
        if fact.connection is not None:
            names.setdefault((fact.source, fact.meeting, fact.connection), fact.fact_id)
    return names


def _bare(fact: Fact, names: StayNames) -> Fact:
    """Return a fact without free text, and without the name that its source gave to a stay."""
    match fact:
        case SeatExcused() | AttendanceMarked():
            return replace(fact, reason="")
        case ParticipantJoined() | ParticipantLeft() if fact.connection is not None:
            return replace(fact, connection=names[fact.source, fact.meeting, fact.connection])
        case _:
            return fact


def _write(connection: Connection, filed: int, fact: Fact, **more: str) -> None:
    connection.execute(update(kept.facts).where(kept.facts.c.filed == filed).values(body=write(fact), **more))


def _still_known_id(erased: IdentifierErased) -> str:
    return f"known-{erased.identifier}"


def _still_known(erased: IdentifierErased, first: Fact) -> dict[str, Any]:
    """Return what says no more than that an attendee was somebody known, which nothing else says any more.

    An attendee whom nobody knows may be one who is missed, and then no absence is concluded of others.
    """
    moments = {name: getattr(first, name) for name in ("source", "occurred_at", "recorded_at", "received_at")}
    fact = StepWaived(
        tenant=erased.tenant,
        fact_id=_still_known_id(erased),
        program="erased",
        step="erased",
        waived=False,
        **moments,
    )
    of_whom = {"tenant": erased.tenant, "subject": erased.identifier, "actor": erased.nobody}
    what = {"fact_id": fact.fact_id, "type": type_of(fact), "activity": None, "known": True, "body": write(fact)}
    return {**of_whom, **what, **moments}
