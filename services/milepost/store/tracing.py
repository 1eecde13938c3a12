"""What is kept of a person: who is meant, and everything that is theirs, in every table."""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, or_, select

from milepost.sources.statements import people_of
from milepost.store.among import rows_among
from milepost.store.chunks import chunks
from milepost.store.rows import read_fact
from milepost.store.searching import contains
from milepost.store.tables import accepted, kept, shown
from milepost.store.tables.kept import DECIDED
from milepost_schemas.facts import Fact, PresenceFact, SeatFact
from milepost_schemas.messages import IdentityDecided

AT_ONCE = 200
"""So many bodies are looked through at once."""

DOCUMENTS_AT_ONCE = 20
"""So many documents, which may have a mebibyte each."""

SHORTEST = 3
"""A name that is shorter is found in too much that is not about anybody."""

NOBODY = "erased-"
"""How the actor keys begin that are nobody's; a keyed digest never begins so."""


STRANGER = "stranger"
"""Who is known by nothing but documents about them: nobody's learner, and in no record."""


@dataclass(frozen=True, slots=True)
class Known:
    """One identifier of somebody: what it is, under which keys, and by what people tell it."""

    learner: str
    identifier: str
    actor: str
    standing: str
    own_learner: str
    named: str
    name: str
    mail: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who is meant: every identifier that is theirs, and every learner that they were."""

    tenant: str
    identifiers: Sequence[Known]
    learners: Sequence[str]

    def is_in(self, body: bytes) -> bool:
        """Say whether a body names them, by what they are called or by any id of theirs."""
        known = [each for one in self.identifiers for each in (one.actor, one.identifier)]
        return _names(body, [*_needles(self.identifiers), *(id.encode() for id in (*known, *self.learners) if id)])


@dataclass(frozen=True, slots=True)
class Traces(Person):
    """All that is kept of a person."""

    gaps: Sequence[str]
    facts: Sequence[Fact]
    statements: Sequence[str]
    documents: Sequence[int]
    naming: int
    """How many statements and documents of others name them."""

    requests: Sequence[int]
    logged: Sequence[int]
    dead_letters: Sequence[int]
    is_erased: bool = False
    """Nothing is left but seats and presence of nobody."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Return how much there is of each kind, in words for people."""
        return {
            "identifiers, with names and addresses": len(self.identifiers),
            "facts of what they did and should do": len(self.facts) - self.stays,
            "statements": len(self.statements),
            "documents of content": len(self.documents),
            "bodies of requests that name them": len(self.requests),
            "messages of the log, and set aside": len(self.logged) + len(self.dead_letters),
            "gaps, with notes and who has them": len(self.gaps),
        }

    @property
    def stays(self) -> int:
        """Return how many facts of seats and presence stay, without a person."""
        return sum(isinstance(fact, SeatFact | PresenceFact) for fact in self.facts)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in requests, statements and documents, which are many, in an earlier state of the database."""

    person: Person
    requests: Sequence[int]
    last_request: int
    statements: Sequence[str]
    naming: int
    looked_through: Set[str]
    """The ids of all statements that there were."""

    documents_naming: int | None = None
    """How many documents of others named them, None before these were looked through, which is done once."""


def find(connection: Connection, tenant: str, text: str) -> Sequence[Known]:
    """Return the identifiers of everybody whose name, address, identifier or learner id holds a text."""
    columns = (accepted.people.c.name, accepted.people.c.mail, accepted.people.c.identifier)
    said = or_(*(contains(column, text) for column in columns))
    known = _known(connection, tenant, or_(said, accepted.identifiers.c.learner == text))
    about = or_(*(contains(column, text) for column in (accepted.documents.c.person, accepted.documents.c.agent)))
    return known + _strangers(connection, tenant, about)


def person(connection: Connection, tenant: str, learner: str) -> Person:
    """Return who a learner is, under every identifier that is theirs; one without any for nobody."""
    theirs = _known(connection, tenant, accepted.identifiers.c.learner == learner)
    if theirs:
        theirs += _only_declared(connection, tenant, learner)
    else:
        theirs = _strangers(connection, tenant, accepted.documents.c.person == learner)
    return Person(tenant, theirs, _learners(connection, tenant, learner, theirs))


def look(connection: Connection, tenant: str, learner: str) -> Seen:
    """Look through what takes long: every request, every statement and every document."""
    return _look_on(connection, Seen(person(connection, tenant, learner), (), 0, (), 0, frozenset()))


def traces(connection: Connection, tenant: str, learner: str, *, seen: Seen | None = None) -> Traces:
    """Return all that is kept of a learner, under every identifier that is theirs; nothing for nobody.

    What takes long is looked through from where somebody has `seen` it, if the person is still the same.
    """
    whose = person(connection, tenant, learner)
    theirs = whose.identifiers
    if seen is None or seen.person != whose:
        seen = Seen(whose, (), 0, (), 0, frozenset())
    seen = _look_on(connection, seen)
    logged, raw = _logged(connection, tenant, theirs)
    return Traces(
        tenant=tenant,
        identifiers=theirs,
        learners=whose.learners,
        gaps=_gaps(connection, tenant, whose.learners, theirs),
        facts=_facts(connection, tenant, theirs),
        statements=[*seen.statements, *_voids(connection, tenant, seen.statements)],
        documents=_documents(connection, tenant, theirs),
        naming=seen.naming + (seen.documents_naming or 0),
        requests=sorted({*raw, *seen.requests}),
        logged=logged,
        dead_letters=_dead_letters(connection, tenant, [each.actor for each in theirs]),
        is_erased=not theirs and bool(nameless(connection, tenant, learner)),
    )


def nameless(connection: Connection, tenant: str, learner: str) -> Mapping[str, str]:
    """Return the identifiers of a learner that are erased, each with the actor key that is nobody's."""
    ids = accepted.identifiers
    mine = (ids.c.tenant == tenant, ids.c.learner == learner, ids.c.actor.like(f"{NOBODY}%"))
    return {row.identifier: row.actor for row in connection.execute(select(ids.c.identifier, ids.c.actor).where(*mine))}


def _look_on(connection: Connection, seen: Seen) -> Seen:
    """Look through what has come since."""
    whose = seen.person
    needles = list(_needles(whose.identifiers))
    new = _statement_ids(connection, whose.tenant) - seen.looked_through
    statements, naming = _statements(connection, whose, needles, sorted(new))
    last = connection.execute(select(func.max(accepted.raw_messages.c.number))).scalar() or 0
    requests = list(_requests(connection, whose.tenant, needles, after=seen.last_request))
    of_documents = seen.documents_naming
    return Seen(
        person=whose,
        requests=[*seen.requests, *requests],
        last_request=last,
        statements=[*seen.statements, *statements],
        naming=seen.naming + naming,
        looked_through=seen.looked_through | new,
        documents_naming=_documents_naming(connection, whose, needles) if of_documents is None else of_documents,
    )


def _statement_ids(connection: Connection, tenant: str) -> Set[str]:
    ids = select(accepted.statements.c.statement_id).where(accepted.statements.c.tenant == tenant)
    return frozenset(connection.execute(ids).scalars())


def _known(connection: Connection, tenant: str, chosen: Any) -> list[Known]:
    ids, people = accepted.identifiers, accepted.people
    mine = (people.c.tenant == ids.c.tenant) & (people.c.actor == ids.c.actor)
    columns = (ids.c.learner, ids.c.identifier, ids.c.actor, ids.c.standing, ids.c.own_learner)
    said = (people.c.identifier.label("named"), people.c.name, people.c.mail)
    rows = (
        select(*columns, *said)
        .select_from(ids.outerjoin(people, mine))
        .where(ids.c.tenant == tenant, chosen, ids.c.actor.not_like(f"{NOBODY}%"))
    )
    rows = rows.order_by(ids.c.learner, ids.c.identifier)
    return [
        Known(*row[:5], named=row.named or "", name=row.name or "", mail=row.mail or "")
        for row in connection.execute(rows)
    ]


def _only_declared(connection: Connection, tenant: str, learner: str) -> list[Known]:
    """Return the identifiers that were linked to a learner, and under which nothing was ever reported."""
    rows = select(kept.facts.c.type, kept.facts.c.body).where(
        kept.facts.c.tenant == tenant, kept.facts.c.type == DECIDED
    )
    decided = [read_fact(row.type, row.body) for row in connection.execute(rows.order_by(kept.facts.c.recorded_at))]
    last = {fact.actor: fact.learner for fact in decided if isinstance(fact, IdentityDecided)}
    people, ids = accepted.people, accepted.identifiers
    found: list[Known] = []
    for some in chunks([actor for actor, whose in last.items() if whose == learner]):
        reported = select(ids.c.actor).where(ids.c.tenant == tenant, ids.c.actor.in_(some))
        named = select(people.c.actor, people.c.identifier, people.c.name, people.c.mail)
        named = named.where(people.c.tenant == tenant, people.c.actor.in_(some), people.c.actor.not_in(reported))
        found += [
            Known(learner, "", row.actor, "declared", learner, row.identifier, row.name or "", row.mail or "")
            for row in connection.execute(named)
        ]
    return found


def _strangers(connection: Connection, tenant: str, chosen: ColumnElement[bool]) -> list[Known]:
    """Return who is known by nothing but documents about them, each under an identifier in place of a learner's id."""
    table, ids, people = accepted.documents, accepted.identifiers, accepted.people
    known = select(people.c.identifier).join(ids, (ids.c.tenant == people.c.tenant) & (ids.c.actor == people.c.actor))
    rows = select(table.c.person, func.max(table.c.agent).label("agent")).where(
        table.c.tenant == tenant, chosen, table.c.person.not_in(known.where(people.c.tenant == tenant))
    )
    return [
        Known(row.person, "", row.person, STRANGER, row.person, row.person, "", _address_in(row.agent))
        for row in connection.execute(rows.group_by(table.c.person).order_by(table.c.person))
    ]


def _address_in(agent: str) -> str:
    return agent.removeprefix("mailto:") if agent.startswith("mailto:") else ""


def _learners(connection: Connection, tenant: str, learner: str, theirs: Sequence[Known]) -> list[str]:
    """Return the learner, and those that their identifiers once were, who are nobody else's now."""
    own = {each.own_learner for each in theirs} - {learner}
    mine = accepted.identifiers.c.tenant == tenant
    found = select(accepted.identifiers.c.learner).where(mine, accepted.identifiers.c.learner.in_(own))
    return [learner, *sorted(own - set(connection.execute(found).scalars()))]


def _needles(theirs: Sequence[Known]) -> Iterator[bytes]:
    """Yield what a body that names them holds: names and addresses, as JSON writes them too, and identifiers."""
    for each in theirs:
        for said in (each.name, each.mail, each.named.partition(":")[2].rpartition("|")[2]):
            if len(said) >= SHORTEST:
                yield said.lower().encode()
                yield json.dumps(said.lower())[1:-1].encode()


def _names(body: bytes, needles: Sequence[bytes]) -> bool:
    lowered = body.decode("utf-8", "replace").lower().encode()
    return any(needle in lowered for needle in needles)


def _facts(connection: Connection, tenant: str, theirs: Sequence[Known]) -> list[Fact]:
    subjects = [subject for each in theirs for subject in (each.identifier or each.actor, f"{tenant}/{each.actor}")]
    found: list[Fact] = []
    for some in chunks(subjects):
        rows = select(kept.facts.c.type, kept.facts.c.body)
        rows = rows.where(kept.facts.c.tenant == tenant, kept.facts.c.subject.in_(some))
        found += [read_fact(row.type, row.body) for row in connection.execute(rows)]
    return found


def _statements(
    connection: Connection, whose: Person, needles: Sequence[bytes], ids: Sequence[str]
) -> tuple[list[str], int]:
    """Return of which of these statements they are the actor, and how many more name them."""
    table, actors = accepted.statements, {each.actor for each in whose.identifiers}
    named = {each.named for each in whose.identifiers}
    found: list[str] = []
    naming = 0
    for some in chunks(ids, longest=AT_ONCE):
        rows = select(table.c.statement_id, table.c.facts, table.c.body)
        rows = rows.where(table.c.tenant == whose.tenant, table.c.statement_id.in_(some))
        for row in connection.execute(rows):
            body = row.body.encode()
            told = {fact[0] for fact in msgspec.json.decode(row.facts)}
            if actors & told or named & {person.identifier for person in people_of(msgspec.json.decode(body))}:
                found.append(row.statement_id)
            else:
                naming += _names(body, needles)
    return found, naming


def _documents(connection: Connection, tenant: str, theirs: Sequence[Known]) -> list[int]:
    """Return the documents about them."""
    table, named = accepted.documents, [each.named for each in theirs]
    return [number for (number,) in rows_among(connection, tenant, table.c.person, named, [table.c.number])]


def _documents_naming(connection: Connection, whose: Person, needles: Sequence[bytes]) -> int:
    """Return how many documents that are not about them name them; those of other tenants are passed over here, too."""
    table, named = accepted.documents, {each.named for each in whose.identifiers}
    naming, after = 0, 0
    while True:
        rows = select(table.c.number, table.c.tenant, table.c.person, table.c.body).where(table.c.number > after)
        some = connection.execute(rows.order_by(table.c.number).limit(DOCUMENTS_AT_ONCE)).all()
        of_others = (row for row in some if row.tenant == whose.tenant and row.person not in named)
        naming += sum(_names(row.body, needles) for row in of_others)
        if len(some) < DOCUMENTS_AT_ONCE:
            return naming
        after = some[-1].number


def _voids(connection: Connection, tenant: str, targets: Sequence[str]) -> list[str]:
    table, found = accepted.statements, set[str]()
    for some in chunks(targets):
        rows = select(table.c.statement_id).where(table.c.tenant == tenant, table.c.voids.in_(some))
        found.update(connection.execute(rows).scalars())
    return sorted(found - set(targets))


def _logged(connection: Connection, tenant: str, theirs: Sequence[Known]) -> tuple[list[int], set[int]]:
    """Return the messages of the log about them, and the requests that these were made from."""
    positions, requests = list[int](), set[int]()
    for each in theirs:
        table = accepted.log
        rows = select(table.c.position, table.c.raw_number).where(
            table.c.tenant == tenant, table.c.body.contains(f'"actor":"{each.actor}"', autoescape=True)
        )
        for row in connection.execute(rows):
            positions.append(row.position)
            requests.update(() if row.raw_number is None else (row.raw_number,))
    return sorted(set(positions)), requests


def _requests(connection: Connection, tenant: str, needles: Sequence[bytes], *, after: int) -> Iterator[int]:
    """Yield the requests after one that name them.

    Those of other tenants are passed over here: asked for one tenant's, SQLite sorts all of them for every page.
    """
    table = accepted.raw_messages
    while True:
        rows = select(table.c.number, table.c.tenant, table.c.body).where(table.c.number > after)
        some = connection.execute(rows.order_by(table.c.number).limit(AT_ONCE)).all()
        yield from (row.number for row in some if row.tenant == tenant and _names(row.body, needles))
        if len(some) < AT_ONCE:
            return
        after = some[-1].number


def _dead_letters(connection: Connection, tenant: str, actors: Sequence[str]) -> list[int]:
    rows = select(kept.dead_letters.c.position, kept.dead_letters.c.body).where(kept.dead_letters.c.tenant == tenant)
    return [row.position for row in connection.execute(rows) if any(actor in row.body for actor in actors)]


def _gaps(connection: Connection, tenant: str, learners: Sequence[str], theirs: Sequence[Known]) -> list[str]:
    ids = [each.identifier for each in theirs if each.identifier]
    about = or_(shown.gaps.c.learner.in_(learners), shown.gaps.c.identifier.in_(ids))
    return list(connection.execute(select(shown.gaps.c.gap_id).where(shown.gaps.c.tenant == tenant, about)).scalars())
