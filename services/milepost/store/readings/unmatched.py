"""What matches nothing: activities that no program knows, people who are nobody yet, and what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, false, func, literal_column, select, true

from milepost.store.readings.activity_names import find_activity_names
from milepost.store.readings.people import Identity, identities, identities_of_actors
from milepost.store.rows import read, read_fact
from milepost.store.tables import accepted, kept, shown
from milepost_schemas.facts import ActivityReported
from milepost_schemas.instants import Instant
from milepost_schemas.messages import IdentityDecided
from milepost_schemas.projections import ParticipantRow
from milepost_schemas.words import Key, Name

LIMIT = 200
"""How many of each kind one page shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownActivity:
    """An activity that no program knows; `name` is what its source calls it."""

    source: Name
    activity: str
    name: str | None = None
    facts: int
    people: int
    last_at: Instant
    claims: tuple[str, ...] = ()
    scored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One session in which somebody unknown was."""

    offering: Name
    session: Name
    row: ParticipantRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Somebody in sessions who is nobody yet."""

    identity: Identity
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseAccount:
    """An account that did what a program asks for, and is on no program: perhaps somebody's second one."""

    identity: Identity
    source: Name
    facts: int
    last_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person, or a system that knows, decided an identifier to be; the last decision about each counts."""

    identity: Identity
    decision: Literal["linked", "guest", "undone"]
    learner: Key | None
    decided_at: Instant
    source: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Everything that matches nothing."""

    activities: tuple[UnknownActivity, ...]
    strangers: tuple[Stranger, ...]
    accounts: tuple[LooseAccount, ...]
    decisions: tuple[Decision, ...]


def read_unmatched(connection: Connection, tenant: str, *, preferred: Sequence[str]) -> Unmatched:
    """Return what matches nothing now, and what was decided lately; activities are named in a preferred language."""
    return Unmatched(
        activities=_activities(connection, tenant, preferred),
        strangers=read_strangers(connection, tenant),
        accounts=_accounts(connection, tenant),
        decisions=_decisions(connection, tenant),
    )


def count_unmatched(connection: Connection, tenant: str) -> int:
    """Return how many activities, and people in sessions, match nothing.

    Accounts are not counted: where a course is open to all, most of them are nobody whom a program waits for.
    """
    activities = select(func.count()).select_from(_names_of_unknown(tenant).distinct().subquery())
    strangers = select(func.count(func.distinct(shown.participants.c.learner))).where(*_nobody(tenant))
    return int(connection.execute(activities).scalar_one() + connection.execute(strangers).scalar_one())


def _activities(connection: Connection, tenant: str, preferred: Sequence[str]) -> tuple[UnknownActivity, ...]:
    grouped = _unknown(tenant).order_by(func.max(kept.facts.c.received_at).desc()).limit(LIMIT)
    found = connection.execute(grouped).all()
    called = ((row.source, row.activity) for row in found)
    names = find_activity_names(connection, tenant, called, preferred=preferred)
    return tuple(_activity(connection, row, names.get((row.source, row.activity))) for row in found)


def _unknown(tenant: str) -> Select[Any]:
    facts = kept.facts
    return (
        _names_of_unknown(tenant)
        .add_columns(
            func.count().label("facts"),
            func.count(func.distinct(facts.c.subject)).label("people"),
            func.max(facts.c.received_at).label("last_at"),
            func.max(facts.c.filed).label("filed"),
        )
        .group_by(facts.c.source, facts.c.activity)
    )


def _names_of_unknown(tenant: str) -> Select[Any]:
    """Return source and activity of each fact of an activity that no program knew; the index alone has both."""
    facts = kept.facts
    mine = (facts.c.tenant == tenant, facts.c.known == false(), facts.c.activity.is_not(None))
    return select(facts.c.source, facts.c.activity).where(*mine)


def _activity(connection: Connection, row: Row[Any], name: str | None) -> UnknownActivity:
    facts = kept.facts
    newest = connection.execute(select(facts.c.type, facts.c.body).where(facts.c.filed == row.filed)).one()
    fact = read_fact(newest.type, newest.body)
    said = fact if isinstance(fact, ActivityReported) else None
    return UnknownActivity(
        source=row.source,
        activity=row.activity,
        name=name,
        facts=row.facts,
        people=row.people,
        last_at=row.last_at,
        claims=said.claims if said else (),
        scored=said is not None and said.score is not None,
    )


def _nobody(tenant: str) -> tuple[ColumnElement[bool], ...]:
    table = shown.participants
    return table.c.tenant == tenant, table.c.standing == "provisional", table.c.state.is_(None)


def read_strangers(connection: Connection, tenant: str) -> tuple[Stranger, ...]:
    """Return who was seen in sessions and is nobody yet, the latest sessions first."""
    table, sessions = shown.participants, shown.sessions
    same = and_(
        sessions.c.tenant == table.c.tenant,
        sessions.c.offering == table.c.offering,
        sessions.c.session == table.c.session,
    )
    query = select(table.c.offering, table.c.session, table.c.row).join(sessions, same).where(*_nobody(tenant))
    seen: dict[str, list[Sighting]] = {}
    for row in connection.execute(query.order_by(sessions.c.start_at.desc()).limit(LIMIT)):
        participant = read(ParticipantRow, row.row)
        for identifier in participant.identifiers:
            seen.setdefault(identifier, []).append(
                Sighting(offering=row.offering, session=row.session, row=participant)
            )
    named = identities(connection, tenant, seen)
    return tuple(
        Stranger(identity=named[identifier], sightings=tuple(sightings))
        for identifier, sightings in seen.items()
        if identifier in named
    )


def _accounts(connection: Connection, tenant: str) -> tuple[LooseAccount, ...]:
    facts, journeys, identifiers = kept.facts, shown.journeys, accepted.identifiers
    on_a_program = select(journeys.c.learner).where(
        journeys.c.tenant == tenant, journeys.c.learner == identifiers.c.learner
    )
    did = and_(facts.c.tenant == identifiers.c.tenant, facts.c.subject == identifiers.c.identifier)
    last = func.max(facts.c.received_at)
    query = (
        select(identifiers.c.identifier, func.max(facts.c.source).label("source"), func.count().label("facts"))
        .add_columns(last.label("last_at"))
        .join(facts, did)
        .where(identifiers.c.tenant == tenant, identifiers.c.standing != "guest", ~on_a_program.exists())
        .where(facts.c.known == true(), facts.c.activity.is_not(None))
        .group_by(identifiers.c.identifier)
        .order_by(last.desc(), identifiers.c.identifier)
        .limit(LIMIT)
    )
    found = connection.execute(query).all()
    named = identities(connection, tenant, (row.identifier for row in found))
    return tuple(
        LooseAccount(identity=named[row.identifier], source=row.source, facts=row.facts, last_at=row.last_at)
        for row in found
    )


def _decisions(connection: Connection, tenant: str) -> tuple[Decision, ...]:
    facts = kept.facts
    decided: ColumnElement[str] = literal_column(f"'{kept.DECIDED}'")  # as the index of decisions names it
    query = select(facts.c.type, facts.c.body).where(facts.c.tenant == tenant, facts.c.type == decided)
    latest: dict[str, IdentityDecided] = {}
    for row in connection.execute(query.order_by(facts.c.recorded_at.desc(), facts.c.filed.desc()).limit(LIMIT)):
        fact = read_fact(row.type, row.body)
        if isinstance(fact, IdentityDecided):
            latest.setdefault(fact.actor, fact)
    named = identities_of_actors(connection, tenant, latest)
    return tuple(
        Decision(
            identity=named[fact.actor],
            decision=fact.decision,
            learner=fact.learner,
            decided_at=fact.recorded_at,
            source=fact.source,
        )
        for fact in latest.values()
        if fact.actor in named
    )
