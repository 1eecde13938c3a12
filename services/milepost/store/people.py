"""People: who an actor key or a random id stands for. Personal data, and the only place that joins the two."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection, Update, bindparam, update

from milepost.store import bulk
from milepost.store.among import rows_among
from milepost.store.tables.accepted import identifiers, people
from milepost_schemas.messages import AboutActor, Owner
from milepost_schemas.submissions import PersonSeen
from milepost_schemas.topics import Message

Actor = tuple[str, str]
"""A tenant, and an actor key."""


class Person(NamedTuple):
    """What is known of an actor, as it stands in the table."""

    identifier: str
    name: str | None
    mail: str | None
    label: str
    rank: int
    changed_at: int


def see(connection: Connection, seen: Iterable[tuple[str, int, Iterable[PersonSeen]]]) -> None:
    """Keep what is new about people: a tenant, when they were seen, and who, one after the other."""
    seen = list(seen)
    known = _known(connection, seen)
    changed: dict[Actor, Person] = {}
    for tenant, at, some in seen:
        for person in some:
            actor = (tenant, person.actor)
            now = _first_seen(person, at) if (before := known.get(actor)) is None else _seen_again(before, person, at)
            if now != before:
                known[actor] = changed[actor] = now
    bulk.replace(connection, people, [_row(actor, person) for actor, person in changed.items()])


def propose(connection: Connection, messages: Iterable[Message]) -> None:
    """Keep the random ids that the gateway proposed for actor keys; the resolver keeps the first of the log as well."""
    rows = [
        {
            "tenant": message.fact.tenant,
            "identifier": message.candidate_identifier,
            "actor": message.actor,
            "learner": message.candidate_learner,
            "own_learner": message.candidate_learner,
        }
        for message in messages
        if isinstance(message, AboutActor)
    ]
    bulk.add_missing(connection, identifiers, rows)


def own(connection: Connection, tenant: str, owners: Iterable[Owner]) -> None:
    """Keep who identifiers are now: a learner, and how sure that is."""
    rows = [
        {
            "of_tenant": tenant,
            "of_identifier": owner.identifier,
            "to_learner": owner.learner,
            "as_standing": owner.standing,
        }
        for owner in owners
    ]
    if rows:
        connection.execute(_own(), rows)


@cache
def _own() -> Update:
    mine = (identifiers.c.tenant == bindparam("of_tenant")) & (identifiers.c.identifier == bindparam("of_identifier"))
    differs = (identifiers.c.learner != bindparam("to_learner")) | (identifiers.c.standing != bindparam("as_standing"))
    change = update(identifiers).where(mine, differs)
    return change.values(learner=bindparam("to_learner"), standing=bindparam("as_standing"))


def _known(connection: Connection, seen: Iterable[tuple[str, int, Iterable[PersonSeen]]]) -> dict[Actor, Person]:
    actors: dict[str, dict[str, None]] = defaultdict(dict)
    for tenant, _, some in seen:
        actors[tenant].update((person.actor, None) for person in some)
    columns = [people.c[name] for name in ("actor", *Person._fields)]
    return {
        (tenant, actor): Person(*row)
        for tenant, some in actors.items()
        for actor, *row in rows_among(connection, tenant, people.c.actor, list(some), columns)
    }


def _first_seen(seen: PersonSeen, at: int) -> Person:
    name, mail = seen.name or None, seen.mail or None
    return Person(seen.identifier, name, mail, name or mail or _short(seen.identifier), seen.rank, at)


def _seen_again(before: Person, seen: PersonSeen, at: int) -> Person:
    """Return a person as they are known now; of a source that is believed less, only what was missing is taken."""
    is_believed = seen.rank >= before.rank
    name = (seen.name if is_believed else before.name) or before.name or seen.name or None
    mail = (seen.mail if is_believed else before.mail) or before.mail or seen.mail or None
    rank = max(before.rank, seen.rank)
    if (name, mail, rank) == (before.name, before.mail, before.rank):
        return before
    return Person(before.identifier, name, mail, name or mail or _short(seen.identifier), rank, at)


def _row(actor: Actor, person: Person) -> dict[str, object]:
    tenant, key = actor
    return {"tenant": tenant, "actor": key, **person._asdict()}


def _short(identifier: str) -> str:
    """Return what a person can tell an identifier by: an account's name, or the beginning of a hash."""
    kind, _, rest = identifier.partition(":")
    match kind:
        case "account":
            return rest.rpartition("|")[2] or rest
        case "sha1":
            return f"unnamed, {rest[:8]}"
        case _:
            return rest or identifier
