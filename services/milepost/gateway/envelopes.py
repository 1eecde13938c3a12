"""From a translation to the messages of the log: each fact under the keyed hash of who it is about, people apart."""

from collections.abc import Iterable, Iterator
from uuid import uuid4

from milepost.sources.translation import Person, Translation
from milepost.store.submission import PersonSeen
from milepost.store.vault import Vault
from milepost_schemas.facts import Fact, OfferingScheduled, PlannedSession
from milepost_schemas.messages import AboutActor, MeetingScheduled, MeetingUse
from milepost_schemas.topics import Message

RANKS = {"office": 30, "moodle": 20, "xapi": 20}
"""Who is believed about a name, by kind of source; anything else is a system (10)."""

LONGEST_NAME = 200


def messages_of(translation: Translation, vault: Vault, tenant: str) -> Iterator[Message]:
    """Yield the contract messages of a translation, in its order; facts about people first."""
    for said in translation.said:
        yield AboutActor(
            actor=vault.actor_key(tenant, said.person.identifier),
            candidate_learner=uuid4().hex,
            candidate_identifier=uuid4().hex,
            fact=said.fact,
        )
    for fact in translation.facts:
        yield from _about_no_person(fact)


def seen(people: Iterable[Person], vault: Vault, tenant: str, kind: str) -> tuple[PersonSeen, ...]:
    """Return these people for the table of people, each once."""
    return tuple(
        PersonSeen(
            actor=vault.actor_key(tenant, person.identifier),
            identifier=person.identifier,
            name=printable(person.name),
            mail=printable(person.mail),
            rank=RANKS.get(kind, 10),
        )
        for person in dict.fromkeys(people)
    )


def printable(text: str) -> str:
    """Return a name or address without what cannot be shown, in bounded length."""
    return "".join(letter for letter in text[: 2 * LONGEST_NAME] if letter.isprintable()).strip()[:LONGEST_NAME]


def notes(translations: Iterable[Translation]) -> str | None:
    """Return what was not read and why, each reason once."""
    told = dict.fromkeys(str(unread) for translation in translations for unread in translation.unread)
    return "; ".join(told) or None


def _about_no_person(fact: Fact) -> Iterator[Message]:
    if isinstance(fact, OfferingScheduled):
        yield fact
        yield from _meetings(fact)
    else:
        yield fact  # type: ignore[misc]  # every fact about no person is a message itself


def _meetings(schedule: OfferingScheduled) -> Iterator[MeetingScheduled]:
    """Yield the part of a schedule that each of its meetings needs to know."""
    places = dict.fromkeys(
        (channel.source, channel.meeting)
        for session in schedule.sessions
        for channel in session.channels
        if channel.meeting is not None
    )
    for source, meeting in places:
        yield MeetingScheduled(
            tenant=schedule.tenant,
            fact_id=f"{schedule.fact_id}#{source}/{meeting}",
            source=schedule.source,
            occurred_at=schedule.occurred_at,
            recorded_at=schedule.recorded_at,
            received_at=schedule.received_at,
            meeting=meeting,
            meeting_source=source,
            offering=schedule.offering,
            sequence=schedule.sequence,
            uses=tuple(_use(session) for session in schedule.sessions if _is_held_in(session, source, meeting)),
        )


def _is_held_in(session: PlannedSession, source: str, meeting: str) -> bool:
    return any((channel.source, channel.meeting) == (source, meeting) for channel in session.channels)


def _use(session: PlannedSession) -> MeetingUse:
    return MeetingUse(
        session=session.session, start_at=session.start_at, end_at=session.end_at, canceled=session.canceled
    )
