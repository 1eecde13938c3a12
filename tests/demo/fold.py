"""The script told to the pure core: through the real adapters, without HTTP and without a database."""

import json
from collections.abc import Iterator
from uuid import UUID, uuid4, uuid5

from milepost.demo import lms, office, zoom
from milepost.demo.acts import Act, Explanation
from milepost.demo.learner import PROGRAM, guest_name
from milepost.demo.script import BEGINS_AT, Script
from milepost.programs import load_program, shipped_program
from milepost.sources import moodle
from milepost.sources import zoom as zoom_source
from milepost.sources.office import Posted, read_items
from milepost.sources.office import translate as translate_posted
from milepost.sources.translation import Receipt, Translation, stamps
from milepost.sources.xapi import address_identifier, fingerprint, finish, read_statements, voided_by
from milepost.tracker.cascade import Cascade
from milepost.tracker.memory import MemoryKeep
from milepost_schemas.facts import OfferingScheduled, SourceDeclared, SourceHeard
from milepost_schemas.instants import DAY, HOUR
from milepost_schemas.messages import (
    AboutActor,
    FactRevoked,
    IdentityDecided,
    MeetingScheduled,
    MeetingUse,
    ProgramPublished,
)
from milepost_schemas.projections import LearnerProjected, OfferingProjected
from milepost_schemas.topics import Message

TENANT = "default"
NAMES = UUID(int=7)
KINDS = {"lms": ("moodle", 240), "zoom": ("zoom", None), "office": ("office", None)}


class Fold:
    """A tenant in memory that is told the script, act by act."""

    def __init__(self) -> None:
        self.keep = MemoryKeep(BEGINS_AT)
        self.explanations: list[Explanation] = []
        self._cascade = Cascade(self.keep)
        self._guests: dict[str, str] = {}
        self._facts: dict[str, list[AboutActor]] = {}
        self._received: set[str] = set()
        definition = dict(load_program(shipped_program(PROGRAM)))
        self._cascade.take(
            [
                *(_declared(name, *kind) for name, kind in KINDS.items()),
                ProgramPublished(
                    tenant=TENANT, program=PROGRAM, version=1, published_at=BEGINS_AT, definition=definition
                ),
            ]
        )

    def tell(self, script: Script, days: int) -> None:
        """Tell so many days of a script, and tick at every act and every hour."""
        ticked = BEGINS_AT
        for act in script.acts():
            while ticked + HOUR < min(act.at, BEGINS_AT + days * DAY):
                ticked += HOUR
                self._cascade.tick(TENANT, ticked)
            if act.at >= BEGINS_AT + days * DAY:
                return
            if ticked < act.at:
                ticked = act.at
                self._cascade.tick(TENANT, act.at)
            self.explanations.extend(act.explains)
            heard = SourceHeard(**stamps(_receipt(act), act.at), fact_id=str(uuid4()))
            self._cascade.take([heard, *self._messages(act)])

    def subject_of(self, gap_id: str) -> str:
        """Return the address of the learner whom a gap is about, or the offering."""
        for row in self.keep.rows.values():
            if isinstance(row, LearnerProjected) and any(gap.gap_id == gap_id for gap in row.gaps):
                return self._guests[f"mail of {row.learner}"]
            if isinstance(row, OfferingProjected) and any(gap.gap_id == gap_id for gap in row.gaps):
                return row.offering
        return ""

    def _messages(self, act: Act) -> Iterator[Message]:
        match act.sender:
            case "lms":
                yield from self._statement(act)
            case "zoom":
                said = zoom_source.translate(zoom.webhook(act.do, act.said), _receipt(act))
                self._guests.update({f"{one.person.name}": one.person.identifier for one in said.said})
                yield from self._once(said)
            case "office" if act.do == "link_guest":
                yield self._link(act, self._guests[guest_name(act.said["name"])])
            case "office":
                [item] = read_items([office.fact(act.do, act.said)])
                posted = translate_posted(item, _receipt(act))
                yield from self._once(posted.translation)
                if "mail" in act.said:
                    self._guests[f"mail of {_learner(act.said['mail'])}"] = act.said["mail"]
                yield from self._links(act, posted)

    def _statement(self, act: Act) -> Iterator[Message]:
        [sound] = read_statements(json.dumps([lms.statement(act.do, act.said)]).encode())
        name = str(sound.get("id") or uuid5(NAMES, fingerprint(sound)))
        statement = finish(sound, id=name, stored_at=act.at, authority={"mbox": "mailto:lms@example.com"})
        told = list(self._once(moodle.translate(statement, _receipt(act))))
        self._facts.setdefault(name, [one for one in told if isinstance(one, AboutActor)])
        yield from told
        for about in self._facts.get(voided_by(statement) or "", ()):
            provisional = getattr(about.fact, "provisional", False)
            yield FactRevoked(
                **stamps(_receipt(act), act.said["when"]),
                fact_id=str(uuid5(NAMES, f"void {name}")),
                actor=about.actor,
                target=about.fact.fact_id,
                withdrawn_at=act.said["when"] + (DAY if provisional else 0),
            )

    def _once(self, translation: Translation) -> Iterator[Message]:
        """Yield what a translation says, as the gateway does; what came before under the same id is left out."""
        for said in translation.said:
            if said.fact.fact_id not in self._received:
                self._received.add(said.fact.fact_id)
                actor = str(uuid5(NAMES, said.person.identifier))
                yield AboutActor(
                    actor=actor, candidate_learner=f"l-{actor}", candidate_identifier=f"i-{actor}", fact=said.fact
                )
        for fact in translation.facts:
            yield fact  # type: ignore[misc]  # facts about no person are messages themselves
            if isinstance(fact, OfferingScheduled):
                yield _meeting(fact)

    def _links(self, act: Act, posted: Posted) -> Iterator[Message]:
        for _, others in posted.described:
            for other in others:
                yield self._link(act, other.identifier)

    def _link(self, act: Act, identifier: str) -> IdentityDecided:
        return IdentityDecided(
            **stamps(_receipt(act), act.at),
            fact_id=str(uuid5(NAMES, f"link {identifier}")),
            actor=str(uuid5(NAMES, identifier)),
            decision="linked",
            learner=_learner(act.said["mail"]),
        )


def _learner(mail: str) -> str:
    return f"l-{uuid5(NAMES, address_identifier(mail) or '')}"


def _receipt(act: Act) -> Receipt:
    return Receipt(TENANT, act.sender, act.at)


def _declared(name: str, kind: str, rhythm: int | None) -> SourceDeclared:
    told = stamps(Receipt(TENANT, name, BEGINS_AT), BEGINS_AT)
    return SourceDeclared(**told, fact_id=f"declared {name}", kind=kind, rhythm=rhythm)


def _meeting(fact: OfferingScheduled) -> MeetingScheduled:
    [session] = fact.sessions
    meeting = next(channel.meeting for channel in session.channels if channel.meeting is not None)
    use = MeetingUse(
        session=session.session, start_at=session.start_at, end_at=session.end_at, canceled=session.canceled
    )
    told = {name: getattr(fact, name) for name in ("tenant", "source", "occurred_at", "recorded_at", "received_at")}
    return MeetingScheduled(
        **told,
        fact_id=f"{fact.fact_id}#",
        meeting=meeting,
        meeting_source="zoom",
        offering=fact.offering,
        sequence=fact.sequence,
        uses=(use,),
    )
