"""Who learners are: their names, and finding them by name."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Row, Select, case, func, select

from milepost.store.chunks import distinct_chunks
from milepost.store.searching import contains
from milepost.store.tables import accepted, shown
from milepost_schemas.words import Key, Name, Standing

identifiers, people = accepted.identifiers, accepted.people


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A learner as pages name them."""

    learner: Key
    name: str
    mail: str | None = None
    standing: Standing = "known"
    programs: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One identifier of somebody: what it is called, and who it is now."""

    identifier: Key
    actor: Key
    learner: Key
    standing: Standing
    label: str
    mail: str | None = None


def names(connection: Connection, tenant: str, learners: Iterable[str | None]) -> dict[str, str]:
    """Return the names of these learners; one of whom nothing is known is missing."""
    return {learner: person.name for learner, person in persons(connection, tenant, learners).items()}


def persons(connection: Connection, tenant: str, learners: Iterable[str | None]) -> dict[str, Person]:
    """Return these learners as pages name them; the best-named identifier of each counts."""
    found: dict[str, Person] = {}
    for some in distinct_chunks(learner for learner in learners if learner):
        for row in connection.execute(_named(tenant).where(identifiers.c.learner.in_(some))):
            found.setdefault(
                row.learner, Person(learner=row.learner, name=row.label, mail=row.mail, standing=row.standing)
            )
    return found


def identities(connection: Connection, tenant: str, ids: Iterable[str]) -> dict[str, Identity]:
    """Return what these identifiers are called and who they are."""
    found = {}
    for some in distinct_chunks(ids):
        for row in connection.execute(_identified(tenant).where(identifiers.c.identifier.in_(some))):
            found[row.identifier] = _identity(row)
    return found


def identities_of_actors(connection: Connection, tenant: str, actors: Iterable[str]) -> dict[str, Identity]:
    """Return the identifiers of these actor keys, by actor key."""
    found = {}
    for some in distinct_chunks(actors):
        for row in connection.execute(_identified(tenant).where(identifiers.c.actor.in_(some))):
            found[row.actor] = _identity(row)
    return found


def identities_of(connection: Connection, tenant: str, learner: str) -> tuple[Identity, ...]:
    """Return every identifier that is this learner now."""
    return tuple(
        _identity(row) for row in connection.execute(_identified(tenant).where(identifiers.c.learner == learner))
    )


def find_people(connection: Connection, tenant: str, text: str, *, limit: int, offset: int = 0) -> tuple[Person, ...]:
    """Return learners on programs whose name or mail has the text in it, by name."""
    one_each = _matching(tenant, text).order_by("label", identifiers.c.learner).limit(limit).offset(offset)
    found = [row.learner for row in connection.execute(one_each)]
    named = persons(connection, tenant, found)
    on = programs_of(connection, tenant, found)
    return tuple(
        Person(
            learner=learner,
            name=named[learner].name,
            mail=named[learner].mail,
            standing=named[learner].standing,
            programs=on.get(learner, ()),
        )
        for learner in found
    )


def count_people(connection: Connection, tenant: str, text: str) -> int:
    """Return how many learners `find_people` would find without a limit."""
    return int(connection.execute(select(func.count()).select_from(_matching(tenant, text).subquery())).scalar_one())


def learners_named(tenant: str, text: str) -> Select[tuple[str]]:
    """Return the query for learners whose name or mail has the text in it."""
    return (
        select(identifiers.c.learner)
        .join(people, (people.c.tenant == identifiers.c.tenant) & (people.c.actor == identifiers.c.actor))
        .where(identifiers.c.tenant == tenant, contains(people.c.label, text) | contains(people.c.mail, text))
    )


def programs_of(connection: Connection, tenant: str, learners: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the programs that each of these learners is on."""
    journeys = shown.journeys
    found: dict[str, tuple[str, ...]] = {}
    for some in distinct_chunks(learners):
        query = select(journeys.c.learner, journeys.c.program).where(
            journeys.c.tenant == tenant, journeys.c.learner.in_(some)
        )
        for row in connection.execute(query.order_by(journeys.c.program)):
            found[row.learner] = (*found.get(row.learner, ()), row.program)
    return found


def _matching(tenant: str, text: str) -> Select[tuple[str, str]]:
    on_a_program = select(shown.journeys.c.learner).where(shown.journeys.c.tenant == tenant)
    query = (
        select(identifiers.c.learner, func.min(people.c.label).label("label"))
        .join(people, (people.c.tenant == identifiers.c.tenant) & (people.c.actor == identifiers.c.actor))
        .where(identifiers.c.tenant == tenant, identifiers.c.learner.in_(on_a_program))
        .group_by(identifiers.c.learner)
    )
    if not text:
        return query
    return query.where(contains(people.c.label, text) | contains(people.c.mail, text))


def _named(tenant: str) -> Select[tuple[str, str, str, str | None]]:
    unnamed = case((people.c.name.is_(None), 1), else_=0)
    return (
        select(identifiers.c.learner, identifiers.c.standing, people.c.label, people.c.mail)
        .join(people, (people.c.tenant == identifiers.c.tenant) & (people.c.actor == identifiers.c.actor))
        .where(identifiers.c.tenant == tenant)
        .order_by(people.c.rank.desc(), unnamed, people.c.mail.is_(None), people.c.label)
    )


def _identified(tenant: str) -> Select[tuple[str, str, str, str, str | None, str | None]]:
    return (
        select(
            identifiers.c.identifier,
            identifiers.c.actor,
            identifiers.c.learner,
            identifiers.c.standing,
            people.c.label,
            people.c.mail,
        )
        .join(people, (people.c.tenant == identifiers.c.tenant) & (people.c.actor == identifiers.c.actor), isouter=True)
        .where(identifiers.c.tenant == tenant)
    )


def _identity(row: Row[tuple[str, str, str, str, str | None, str | None]]) -> Identity:
    return Identity(
        identifier=row.identifier,
        actor=row.actor,
        learner=row.learner,
        standing=row.standing,
        label=row.label or "",
        mail=row.mail,
    )
