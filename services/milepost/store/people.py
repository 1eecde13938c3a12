"""People: who an actor key or a random id stands for. Personal data, and the only place that joins the two."""

from collections.abc import Iterable

from sqlalchemy import Connection, and_, bindparam, case, func, or_, update

from milepost.store.database import insert
from milepost.store.submission import PersonSeen
from milepost.store.tables.accepted import identifiers, people
from milepost_schemas.messages import AboutActor, Owner
from milepost_schemas.topics import Message


def see(connection: Connection, tenant: str, seen: Iterable[PersonSeen], at: int) -> None:
    """Keep what is new about these people."""
    rows = [_row(tenant, person, at) for person in seen]
    if not rows:
        return
    statement = insert(connection, people)
    new = statement.excluded
    believed = new.rank >= people.c.rank
    name = case((and_(believed, new.name.is_not(None)), new.name), else_=func.coalesce(people.c.name, new.name))
    mail = case((and_(believed, new.mail.is_not(None)), new.mail), else_=func.coalesce(people.c.mail, new.mail))
    statement = statement.on_conflict_do_update(
        index_elements=["tenant", "actor"],
        set_={
            "name": name,
            "mail": mail,
            "label": func.coalesce(name, mail, new.label),
            "rank": func.coalesce(case((new.rank > people.c.rank, new.rank)), people.c.rank),
            "changed_at": new.changed_at,
        },
        where=or_(name.is_distinct_from(people.c.name), mail.is_distinct_from(people.c.mail), new.rank > people.c.rank),
    )
    connection.execute(statement, rows)


def propose(connection: Connection, messages: Iterable[Message]) -> None:
    """Keep the random ids that the gateway proposed for actor keys; the resolver keeps the first of the log as well."""
    rows = [
        {
            "tenant": message.fact.tenant,
            "identifier": message.candidate_identifier,
            "actor": message.actor,
            "learner": message.candidate_learner,
        }
        for message in messages
        if isinstance(message, AboutActor)
    ]
    if rows:
        connection.execute(insert(connection, identifiers).on_conflict_do_nothing(), rows)


def own(connection: Connection, tenant: str, owners: Iterable[Owner]) -> None:
    """Keep who identifiers are now: a learner, and how sure that is."""
    rows = [
        {"of_identifier": owner.identifier, "to_learner": owner.learner, "as_standing": owner.standing}
        for owner in owners
    ]
    if not rows:
        return
    mine = (identifiers.c.tenant == tenant) & (identifiers.c.identifier == bindparam("of_identifier"))
    differs = (identifiers.c.learner != bindparam("to_learner")) | (identifiers.c.standing != bindparam("as_standing"))
    change = update(identifiers).where(mine, differs)
    connection.execute(change.values(learner=bindparam("to_learner"), standing=bindparam("as_standing")), rows)


def _row(tenant: str, person: PersonSeen, at: int) -> dict[str, object]:
    return {
        "tenant": tenant,
        "actor": person.actor,
        "identifier": person.identifier,
        "name": person.name or None,
        "mail": person.mail or None,
        "label": person.name or person.mail or _short(person.identifier),
        "rank": person.rank,
        "changed_at": at,
    }


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
