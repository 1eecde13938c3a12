"""From happenings to the messages that the gateway makes of them: what the pure world feeds to the core."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from milepost.stories import happenings as h
from milepost.stories.happenings import AnyHappening
from milepost_schemas import facts
from milepost_schemas.facts import OfferingScheduled, PersonFact
from milepost_schemas.instants import DAY, MINUTE
from milepost_schemas.messages import AboutActor, FactRevoked, IdentityDecided, MeetingScheduled, MeetingUse
from milepost_schemas.topics import Message

RANKS = {"system": 10, "sheet": 20, "coordinator": 30}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message, and the moment at which it was received."""

    message: Message
    received_at: int


@dataclass(slots=True)
class Envelopes:
    """Makes messages; it remembers what was said and voided, as the statement store does."""

    tenant: str
    program: str
    _said: dict[tuple[str, str], Rendered] = field(default_factory=dict)
    _voided: dict[tuple[str, str], h.Voided] = field(default_factory=dict)
    _revoked: set[tuple[str, str]] = field(default_factory=set)
    _heard: set[tuple[str, int]] = field(default_factory=set)

    def messages(self, one: AnyHappening) -> Iterator[Rendered]:
        """Yield what the gateway would put into the log."""
        yield from self._sign_of_life(one)
        match one:
            case h.Decided():
                yield self._rendered(
                    one,
                    IdentityDecided(
                        **self._stamps(one), actor=actor_of(one.who), decision=one.decision, learner=_learner(one)
                    ),
                )
            case h.Scheduled():
                yield from (self._rendered(one, message) for message in self._scheduled(one))
            case h.Voided():
                self._voided[(one.source, one.target)] = one
                yield from self._pair(one.source, one.target)
            case h.Opened() | h.SheetIn() | h.RosterSet() | h.Importing():
                yield self._rendered(one, self._impersonal(one))
            case h.Heard() | h.Clicked():
                return
            case _:
                yield from self._personal(one)

    def _stamps(self, one: h.Happening) -> dict[str, Any]:
        return {
            "tenant": self.tenant,
            "fact_id": one.name,
            "source": one.source,
            "occurred_at": min(one.at, one.arrives_at),
            "recorded_at": min(one.recorded_at, one.arrives_at),
            "received_at": one.arrives_at,
        }

    def _rendered(self, one: h.Happening, message: Message) -> Rendered:
        return Rendered(message, one.arrives_at)

    def _sign_of_life(self, one: h.Happening) -> Iterator[Rendered]:
        minute = one.arrives_at // MINUTE
        if (one.source, minute) not in self._heard:
            self._heard.add((one.source, minute))
            at, name = one.arrives_at, f"heard {one.source} {minute}"
            sign = facts.SourceHeard(
                tenant=self.tenant, fact_id=name, source=one.source, occurred_at=at, recorded_at=at, received_at=at
            )
            yield self._rendered(one, sign)

    def _personal(self, one: h.Personal) -> Iterator[Rendered]:
        message = AboutActor(
            actor=actor_of(one.who),
            candidate_learner=learner_of(one.who),
            candidate_identifier=identifier_of(one.who),
            fact=self._fact(one),
        )
        rendered = Rendered(message, one.arrives_at)
        yield rendered
        self._said.setdefault((one.source, one.name), rendered)
        yield from self._pair(one.source, one.name)

    def _pair(self, source: str, name: str) -> Iterator[Rendered]:
        """Yield the revocation of what was said and voided, in either order."""
        said, void = self._said.get((source, name)), self._voided.get((source, name))
        if said is None or void is None or (source, name) in self._revoked:
            return
        self._revoked.add((source, name))
        target = said.message
        received_at = max(said.received_at, void.arrives_at)
        if not isinstance(target, AboutActor):
            return
        provisional = isinstance(target.fact, facts.ActivityReported) and target.fact.provisional
        stamps = {**self._stamps(void), "received_at": received_at, "fact_id": f"{void.name} of {name}"}
        withdrawn_at = void.recorded_at + DAY if provisional else void.recorded_at
        yield Rendered(
            FactRevoked(**stamps, actor=target.actor, target=target.fact.fact_id, withdrawn_at=withdrawn_at),
            received_at,
        )

    def _fact(self, one: h.Personal) -> PersonFact:
        told = self._stamps(one)
        match one:
            case h.Enrolled():
                return facts.LearnerEnrolled(**told, program=self.program, cohort=one.cohort, zone=one.zone)
            case h.Withdrew():
                return facts.LearnerWithdrawn(**told, program=self.program)
            case h.Did():
                return facts.ActivityReported(
                    **told,
                    activity=one.activity,
                    claims=one.claims,
                    score=one.score,
                    progress=one.progress,
                    provisional=one.provisional,
                )
            case h.SignedOff():
                return facts.ObservationSignedOff(
                    **told, program=self.program, step=one.step, role=one.role, occurrence=one.occurrence
                )
            case h.Waived():
                return facts.StepWaived(**told, program=self.program, step=one.step, waived=one.waived)
            case h.Seated():
                return facts.SeatChanged(
                    **told,
                    offering=one.offering,
                    state=one.state,
                    canceled_by=one.canceled_by,
                    list_expires_at=one.list_expires_at,
                )
            case h.Excused():
                return facts.SeatExcused(**told, offering=one.offering, session=one.session, excused=one.excused)
            case h.Marked():
                return facts.AttendanceMarked(
                    **told,
                    offering=one.offering,
                    session=one.session,
                    mark=one.mark,
                    channel=one.channel,
                    rank=RANKS[one.by],
                )
            case h.Moved(came=True):
                return facts.ParticipantJoined(**told, meeting=one.meeting, opening=one.meeting, connection=one.stay)
            case h.Moved():
                return facts.ParticipantLeft(**told, meeting=one.meeting, opening=one.meeting, connection=one.stay)
        raise TypeError(f"{one!r} is about a person, and nothing says how")

    def _impersonal(self, one: h.Opened | h.SheetIn | h.RosterSet | h.Importing) -> Message:
        told = self._stamps(one)
        match one:
            case h.Opened(began=True):
                return facts.MeetingStarted(**told, meeting=one.meeting, opening=one.meeting)
            case h.Opened():
                return facts.MeetingEnded(**told, meeting=one.meeting, opening=one.meeting)
            case h.SheetIn():
                return facts.SheetSubmitted(**told, offering=one.offering, session=one.session, channel=one.channel)
            case h.RosterSet():
                return facts.RosterClosed(**told, offering=one.offering, session=one.session, closed=one.closed)
            case h.Importing(began=True):
                return facts.ImportBegan(**told)
            case h.Importing():
                return facts.ImportFinished(**told)

    def _scheduled(self, one: h.Scheduled) -> Iterable[Message]:
        told = self._stamps(one)
        yield OfferingScheduled(
            **told, offering=one.offering, course=one.course, sequence=one.sequence, sessions=one.sessions
        )
        places = dict.fromkeys(
            (channel.source, channel.meeting)
            for session in one.sessions
            for channel in session.channels
            if channel.meeting is not None
        )
        for source, meeting in places:
            yield MeetingScheduled(
                **{**told, "fact_id": f"{one.name}#{source}/{meeting}"},
                meeting=meeting,
                meeting_source=source,
                offering=one.offering,
                sequence=one.sequence,
                uses=tuple(
                    MeetingUse(
                        session=session.session,
                        start_at=session.start_at,
                        end_at=session.end_at,
                        canceled=session.canceled,
                    )
                    for session in one.sessions
                    if any((channel.source, channel.meeting) == (source, meeting) for channel in session.channels)
                ),
            )


def actor_of(who: str) -> str:
    """Return the actor key of somebody."""
    return f"actor {who}"


def learner_of(who: str) -> str:
    """Return the learner id that is proposed for somebody."""
    return f"learner {who}"


def identifier_of(who: str) -> str:
    """Return the identifier that is proposed for somebody."""
    return f"identifier {who}"


def _learner(one: h.Decided) -> str | None:
    return None if one.learner is None else learner_of(one.learner)
