"""From a translation to the messages of the log: each fact under the keyed hash of who it is about, people apart."""

import os
from collections.abc import Iterable, Iterator, Mapping

from milepost.sources.translation import Person, Translation
from milepost.store.vault import Vault
from milepost_schemas.facts import Fact, OfferingScheduled, PlannedSession
from milepost_schemas.messages import AboutActor, MeetingScheduled, MeetingUse
from milepost_schemas.submissions import LogMessage, PersonSeen

RANKS = {"office": 30, "moodle": 20, "xapi": 20}
"""Who is believed about a name, by kind of source; anything else is a system (10)."""

LONGEST_NAME = 200

DRAWN_AT_ONCE = 256
"""How many random ids are drawn from the system at once: for each call of it a thread gives way to all others."""


class Envelopes:
    """Puts what one request says into the messages of the log; each identifier in it is hashed once."""

    def __init__(self, vault: Vault, tenant: str) -> None:
        self._vault = vault
        self._tenant = tenant
        self._actors: dict[str, str] = {}

    def messages_of(self, translation: Translation) -> Iterator[LogMessage]:
        """Yield the contract messages of a translation, in its order; facts about people first."""
        for said in translation.said:
            yield AboutActor(
                actor=self.actor(said.person.identifier),
                candidate_learner=_random_id(),
                candidate_identifier=_random_id(),
                fact=said.fact,
            )
        for fact in translation.facts:
            yield from _about_no_person(fact)

    def seen(self, people: Iterable[Person], kind: str) -> tuple[PersonSeen, ...]:
        """Return these people, whom a source of this kind names, for the table of people, each once."""
        return tuple(
            PersonSeen(
                actor=self.actor(person.identifier),
                identifier=person.identifier,
                name=printable(person.name),
                mail=printable(person.mail),
                rank=RANKS.get(kind, 10),
            )
            for person in dict.fromkeys(people)
        )

    def actor(self, identifier: str) -> str:
        """Return the keyed hash of an identifier."""
        key = self._actors.get(identifier)
        if key is None:
            key = self._actors[identifier] = self._vault.actor_key(self._tenant, identifier)
        return key


JOINERS = "\u200c\u200d"
"""Letters without width by which names are spelled: in Persian and in Indian scripts, for one."""


def printable(text: str) -> str:
    """Return a name or address without what cannot be shown, in bounded length; what spells a name stays."""
    shown = text[: 2 * LONGEST_NAME]
    if not shown.isprintable():
        shown = "".join(letter for letter in shown if letter.isprintable() or letter in JOINERS)
    return shown.strip().strip(JOINERS).strip()[:LONGEST_NAME]


def notes(translations: Iterable[Translation]) -> str | None:
    """Return what was not read and why, each reason once."""
    told = dict.fromkeys(str(unread) for translation in translations for unread in translation.unread)
    return "; ".join(told) or None


_drawn: list[str] = []
"""Random ids that nobody has been given yet. Each is taken out by one thread alone."""

os.register_at_fork(after_in_child=_drawn.clear)


def _random_id() -> str:
    """Return a random id of 32 hexadecimal digits."""
    try:
        return _drawn.pop()
    except IndexError:
        digits = os.urandom(16 * DRAWN_AT_ONCE).hex()
        _drawn.extend(digits[start : start + 32] for start in range(32, len(digits), 32))
        return digits[:32]


def _about_no_person(fact: Fact) -> Iterator[LogMessage]:
    if isinstance(fact, OfferingScheduled):
        yield fact
        yield from _meetings(fact)
    else:
        yield fact  # type: ignore[misc]  # every fact about no person is a message itself


def _meetings(schedule: OfferingScheduled) -> Iterator[MeetingScheduled]:
    """Yield the part of a schedule that each of its meetings needs to know."""
    uses: dict[tuple[str, str], list[MeetingUse]] = {}
    for session in schedule.sessions:
        for place in _places(session):
            uses.setdefault(place, []).append(_use(session))
    for (source, meeting), used in uses.items():
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
            uses=tuple(used),
        )


def _places(session: PlannedSession) -> Mapping[tuple[str, str], None]:
    """Return the meetings in which a session is held, each once, by source and what the source calls it."""
    return dict.fromkeys((each.source, each.meeting) for each in session.channels if each.meeting is not None)


def _use(session: PlannedSession) -> MeetingUse:
    return MeetingUse(
        session=session.session, start_at=session.start_at, end_at=session.end_at, canceled=session.canceled
    )
