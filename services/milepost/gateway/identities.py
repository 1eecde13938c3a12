"""Several identifiers of one person, as an office declares them.

A declared identifier is linked to the learner of the person it was given with, once and for good: declaring the same
again changes nothing, so a link that somebody has undone on a page stays undone. An identifier that is linked to
somebody else is refused; people decide that, on the page of what is unmatched.
"""

from collections.abc import Iterator, Sequence

from milepost.gateway.envelopes import seen
from milepost.gateway.keeping import keep
from milepost.gateway.refusing import Refused, store_unavailable
from milepost.sources.office import Posted
from milepost.sources.translation import Person, Receipt, fact_id, stamps
from milepost.store.readings.people import Identity, identities_of, identities_of_actors
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost.store.submission import NewStatement, Submission
from milepost_schemas.messages import IdentityDecided

Pair = tuple[int, Person, Person]
"""The index of an item, the person that it is about, and another identifier of theirs."""


def require_unambiguous(services: Services, source: Source, posted: Sequence[Posted]) -> None:
    """Refuse identifiers that are somebody else's, and those of a person of whom nothing was reported yet."""
    pairs = list(_pairs(posted))
    if not pairs:
        return
    found = _who(services, source, pairs, others=True)
    reported = {said.person.identifier for each in posted for said in each.translation.said}
    problems = [problem for pair in pairs if (problem := _problem(pair, found, reported)) is not None]
    if problems:
        raise Refused("conflict", "Nothing was kept: it is not clear who is meant.", problems=tuple(problems))


async def declare_identities(services: Services, route: str, source: Source, posted: Sequence[Posted]) -> int | None:
    """Link the declared identifiers, now that each person has a learner; return the end of the log after that."""
    pairs = list(_pairs(posted))
    if not pairs:
        return None
    kept = await keep(services, route, lambda received_at: _submission(services, source, pairs, received_at))
    return kept.position


def _pairs(posted: Sequence[Posted]) -> Iterator[Pair]:
    for index, each in enumerate(posted):
        for person, others in each.described:
            for other in others:
                if other.identifier != person.identifier:
                    yield index, person, other


def _who(
    services: Services, source: Source, pairs: Sequence[Pair], *, others: bool
) -> dict[str, tuple[Identity, tuple[Identity, ...]]]:
    """Return, by identifier, who each of these is now, with all that is the same learner."""
    people = dict.fromkeys(person.identifier for _, *both in pairs for person in (both if others else both[:1]))
    actors = {services.vault.actor_key(source.tenant, identifier): identifier for identifier in people}
    try:
        with services.database.reading() as connection:
            found = identities_of_actors(connection, source.tenant, actors)
            return {
                actors[actor]: (identity, identities_of(connection, source.tenant, identity.learner))
                for actor, identity in found.items()
            }
    except Exception as error:
        raise store_unavailable() from error


def _problem(
    pair: Pair,
    found: dict[str, tuple[Identity, tuple[Identity, ...]]],
    reported: set[str],
) -> dict[str, object] | None:
    index, person, other = pair
    mine, theirs = found.get(person.identifier), found.get(other.identifier)
    if mine is None and person.identifier not in reported:
        message = "nothing was reported about this person yet; give identities with the enrollment, or after it"
        return _at(index, "person", message)
    if theirs is not None and len(theirs[1]) > 1 and (mine is None or theirs[0].learner != mine[0].learner):
        message = "one of these identifiers is linked to somebody else; link or unlink it on the page Unmatched"
        return _at(index, "person.identities", message)
    return None


def _at(index: int, path: str, message: str) -> dict[str, object]:
    return {"index": index, "path": path, "message": message, "found": "", "possible": ()}


def _submission(services: Services, source: Source, pairs: Sequence[Pair], received_at: int) -> Submission:
    found = _who(services, source, pairs, others=False)
    receipt = Receipt(source.tenant, source.name, received_at)
    new = {}
    for _, person, other in pairs:
        if person.identifier not in found:
            continue
        link = _link(services, receipt, person, other, found[person.identifier][0].learner)
        new[link.statement_id] = link
    return Submission(
        tenant=source.tenant,
        source=source.name,
        received_at=received_at,
        people=seen((_named(person, other) for _, person, other in pairs), services.vault, source.tenant, source.kind),
        statements=tuple(new.values()),
    )


def _named(person: Person, other: Person) -> Person:
    return Person(other.identifier, name=other.name or person.name, mail=other.mail)


def _link(services: Services, receipt: Receipt, person: Person, other: Person, learner: str) -> NewStatement:
    named = fact_id(receipt, "identity", person.identifier, other.identifier)
    decided = IdentityDecided(
        **stamps(receipt, receipt.received_at),
        fact_id=named,
        actor=services.vault.actor_key(receipt.tenant, other.identifier),
        decision="linked",
        learner=learner,
    )
    return NewStatement(
        statement_id=f"identity:{named}",
        verb=decided.type,
        occurred_at=receipt.received_at,
        recorded_at=receipt.received_at,
        came={"says": "the same person"},
        body={"says": "the same person"},
        messages=(decided,),
    )
