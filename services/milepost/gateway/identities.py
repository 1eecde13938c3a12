"""Several identifiers of one person, as an office declares them.

A declared identifier is linked to the learner of the person it was given with, once and for good: declaring the same
again changes nothing, so a link that somebody has undone on a page stays undone. Whoever takes the submission into the
store makes the link (`milepost.store.linking`) and is the judge; what is refused here is refused so that the sender
hears of it at once.

An identifier that is linked to somebody else is refused wherever the store shows it; people decide that, on the page of
what is unmatched. Identities of a person of whom nothing was reported are refused only where the store is exact. On
Kafka it is some moments behind, and the report may be on its way: there they are accepted, linked if the report came
before them, and else noted for who looks at the source.
"""

from collections.abc import Iterator, Mapping, Sequence

from milepost.gateway.refusing import Refused, store_unavailable
from milepost.sources.office import Posted
from milepost.sources.translation import Person, Receipt, fact_id
from milepost.store.envelopes import Envelopes
from milepost.store.readings.people import Identity, identities_of, identities_of_actors
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost_schemas.submissions import PersonSeen, SamePerson

Pair = tuple[int, Person, Person]
"""The index of an item, the person that it is about, and another identifier of theirs."""

Found = Mapping[str, tuple[Identity, tuple[Identity, ...]]]
"""By identifier, who it is now, with all that is the same learner."""


def require_unambiguous(services: Services, source: Source, posted: Sequence[Posted]) -> None:
    """Refuse identifiers that are somebody else's and, where the store is exact, those of a person nobody reported."""
    pairs = list(_pairs(posted))
    found = _who(services, source, pairs) if pairs else None
    if found is None:
        return
    reported = {said.person.identifier for each in posted for said in each.translation.said}
    problems = [problem for pair in pairs if (problem := _somebody_else(pair, found)) is not None]
    if services.acceptance.is_exact:
        problems.extend(_unreported(pair[0]) for pair in pairs if _is_unreported(pair, found, reported))
    if problems:
        problems.sort(key=lambda problem: int(str(problem["index"])))
        raise Refused("conflict", "Nothing was kept: it is not clear who is meant.", problems=tuple(problems))


def same_people(services: Services, receipt: Receipt, posted: Sequence[Posted]) -> tuple[SamePerson, ...]:
    """Return which identifiers are declared to be one person's, each once."""
    key = services.vault.actor_key
    declared = {
        named: SamePerson(
            fact_id=named, actor=key(receipt.tenant, person.identifier), other=key(receipt.tenant, other.identifier)
        )
        for _, person, other in _pairs(posted)
        for named in (fact_id(receipt, "identity", person.identifier, other.identifier),)
    }
    return tuple(declared.values())


def people_declared(services: Services, source: Source, posted: Sequence[Posted]) -> tuple[PersonSeen, ...]:
    """Return the people that are named, and then their other identifiers, which bear their names."""
    named = [person for each in posted for person, _ in each.described]
    others = (_named(person, other) for _, person, other in _pairs(posted))
    return Envelopes(services.vault, source.tenant).seen([*named, *others], source.kind)


def _pairs(posted: Sequence[Posted]) -> Iterator[Pair]:
    for index, each in enumerate(posted):
        for person, others in each.described:
            for other in others:
                if other.identifier != person.identifier:
                    yield index, person, other


def _named(person: Person, other: Person) -> Person:
    return Person(other.identifier, name=other.name or person.name, mail=other.mail)


def _who(services: Services, source: Source, pairs: Sequence[Pair]) -> Found | None:
    """Return who these are now; None where the store cannot say, and is not what the answer waits for."""
    people = dict.fromkeys(person.identifier for _, *both in pairs for person in both)
    actors = {services.vault.actor_key(source.tenant, identifier): identifier for identifier in people}
    try:
        with services.database.reading() as connection:
            found = identities_of_actors(connection, source.tenant, actors)
            return {
                actors[actor]: (identity, identities_of(connection, source.tenant, identity.learner))
                for actor, identity in found.items()
            }
    except Exception as error:
        if not services.acceptance.is_exact:
            return None
        raise store_unavailable() from error


def _somebody_else(pair: Pair, found: Found) -> dict[str, object] | None:
    index, person, other = pair
    mine, theirs = found.get(person.identifier), found.get(other.identifier)
    if theirs is None or len(theirs[1]) < 2 or (mine is not None and theirs[0].learner == mine[0].learner):
        return None
    message = "one of these identifiers is linked to somebody else; link or unlink it on the page Unmatched"
    return _at(index, "person.identities", message)


def _is_unreported(pair: Pair, found: Found, reported: set[str]) -> bool:
    _, person, _ = pair
    return person.identifier not in found and person.identifier not in reported


def _unreported(index: int) -> dict[str, object]:
    message = "nothing was reported about this person yet; give identities with the enrollment, or after it"
    return _at(index, "person", message)


def _at(index: int, path: str, message: str) -> dict[str, object]:
    return {"index": index, "path": path, "message": message, "found": "", "possible": ()}
