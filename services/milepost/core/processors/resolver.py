"""Resolver: who an identifier is. It addresses every fact to a learner, and keeps the evidence of its own identifier.

Without a decision of a person an identifier is its own learner: known once a system has enrolled, seated or taught
it, else provisional. A decision moves its whole slice of evidence to the learner it names, and undoing it moves the
slice back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from milepost.core.catalog import Catalog
from milepost.core.evidence import Slice, activity_key
from milepost.core.processor import Processor, Waits
from milepost.core.register import Register
from milepost_schemas.facts import (
    ActivityReported,
    AttendanceMarked,
    Fact,
    LearnerEnrolled,
    LearnerFact,
    LearnerWithdrawn,
    ObservationSignedOff,
    ParticipantJoined,
    ParticipantLeft,
    PersonFact,
    SeatChanged,
    SeatExcused,
    StepWaived,
)
from milepost_schemas.messages import (
    AboutActor,
    AboutLearner,
    AboutPresence,
    AboutSeat,
    ActorErased,
    AttendeeErased,
    FactFiled,
    FactRevoked,
    IdentifierErased,
    IdentifierRefiled,
    IdentityDecided,
    LearnerErased,
    MeetingOwnerStated,
    OfferingOwnerStated,
    Owner,
    OwnerStated,
    RefilingAsked,
    RevocationAddressed,
    SeatHolderErased,
    SliceEnded,
    SliceStated,
    Tick,
)
from milepost_schemas.topics import ActorMessage, Message, Topic

TOUCHED_KEPT = 1_000
"""How many meetings, and how many offerings, an identifier is remembered to have been in."""


class Decided(Struct, array_like=True, frozen=True):
    """What a person decided about an identifier."""

    decision: Literal["linked", "guest", "undone"]
    learner: str | None = None


class ActorRecord(Struct, array_like=True):
    """Everything about one identifier. `pending` is what came since it was last assessed, and never stored."""

    tenant: str
    actor: str
    identifier: str = ""
    learner: str = ""
    version: int = 0
    seen_at: int = 0
    declared: bool = False
    decided: Register[Decided] = field(default_factory=Register)
    evidence: Slice = field(default_factory=Slice)
    meetings: list[tuple[str, str]] = []
    offerings: list[str] = []
    owner: Owner | None = None
    pending: list[Any] = []
    erased_at: int | None = None
    """What happened before this is not taken in: whoever this was then is erased."""


@dataclass(frozen=True)
class Erased:
    """Who the identifier was until it was erased, and by what; on its way to being said."""

    before: ActorRecord
    message: ActorErased


def evolve(record: ActorRecord | None, key: str, message: ActorMessage | Tick) -> ActorRecord:
    """Take in a fact about the identifier, a decision, or a revocation."""
    if record is None:
        tenant, actor = key.split("/", 1)
        record = ActorRecord(tenant, actor)
    if record.erased_at is not None and _is_of_before(record.erased_at, message):
        return record
    match message:
        case AboutActor():
            _see(record, message.fact)
            _report(record, message)
        case IdentityDecided():
            _see(record, message)
            record.decided.say(Decided(message.decision, message.learner), message)
        case FactRevoked():
            _see(record, message)
            if record.evidence.revoke(message.target, message.withdrawn_at):
                record.pending.append("refile")
            record.pending.append(message)
        case IdentifierRefiled():
            _refile(record, message)
        case ActorErased():
            return record if _is_somebody_new(record, message) else _begun_anew(record, message)
        case Tick():
            pass
    return record


def assess(record: ActorRecord, catalog: Catalog) -> tuple[ActorRecord, tuple[Message, ...], Waits]:
    """Address what came, and tell everybody concerned where the owner has changed."""
    pending, record.pending = record.pending, []
    said: list[Message] = [one for erased in pending if isinstance(erased, Erased) for one in _end(erased, catalog)]
    if not record.learner:
        return record, tuple(said), ()  # a revocation or decision came first; the record remembers both
    record.version += 1
    earlier, owner = record.owner, _owner(record)
    record.owner = owner
    if earlier is None or _differs(earlier, owner):
        said.append(OwnerStated(tenant=record.tenant, actor=record.actor, owner=owner))
    if earlier is not None and _differs(earlier, owner):
        said.extend(_moved(record, earlier, owner))
    if "refiled" in pending:
        said.append(_slice(record, owner))
    for one in pending:
        said.extend(_address(record, owner, one))
    if "refile" in pending:
        said.append(RefilingAsked(tenant=record.tenant, actor=record.actor, identifier=record.identifier))
    return record, tuple(said), ()


def _is_of_before(erased_at: int, message: ActorMessage | Tick) -> bool:
    """Say whether a message is about who was erased here. Whoever repeats it does not bring them back."""
    match message:
        case AboutActor():
            return _was_before(erased_at, message.fact)
        case IdentityDecided() | FactRevoked():
            return _was_before(erased_at, message)
        case IdentifierRefiled() | ActorErased() | Tick():
            return False


def _was_before(erased_at: int, fact: Fact) -> bool:
    """Say whether a fact happened, or was received, before the erasure; a source's clock may be ahead of ours."""
    return fact.occurred_at < erased_at or fact.received_at <= erased_at


def _is_somebody_new(record: ActorRecord, message: ActorErased) -> bool:
    """Say whether the end of somebody comes once more, and the identifier is somebody else's by now."""
    return bool(record.identifier) and record.identifier not in message.identifiers


def _begun_anew(record: ActorRecord, message: ActorErased) -> ActorRecord:
    """Return a record of somebody new, who still has to say the end of the one before."""
    return ActorRecord(
        record.tenant,
        record.actor,
        version=record.version,
        seen_at=record.seen_at,
        pending=[Erased(record, message)],
        erased_at=max(message.erased_at, record.erased_at or 0),
    )


def _end(erased: Erased, catalog: Catalog) -> Iterator[Message]:
    """Yield what the record of before still had to say; then its end, to all that hold something of it."""
    record, message = erased.before, erased.message
    _, said, _ = assess(record, catalog)
    yield from said
    for learner in message.learners:
        yield LearnerErased(tenant=record.tenant, learner=learner, identifiers=message.identifiers)
    for source, meeting in record.meetings:
        yield AttendeeErased(tenant=record.tenant, source=source, meeting=meeting, identifier=record.identifier)
    for offering in record.offerings:
        yield SeatHolderErased(tenant=record.tenant, offering=offering, identifier=record.identifier)
    yield IdentifierErased(
        tenant=record.tenant,
        actor=record.actor,
        erased_at=message.erased_at,
        nobody=message.nobody,
        identifier=record.identifier or None,
    )
    if record.owner is not None:
        yield OwnerStated(tenant=record.tenant, actor=message.nobody, owner=record.owner)


def _see(record: ActorRecord, fact: Fact) -> None:
    record.seen_at = max(record.seen_at, fact.received_at)


def _report(record: ActorRecord, message: AboutActor) -> None:
    if not record.learner:
        record.identifier, record.learner = message.candidate_identifier, message.candidate_learner
    fact = message.fact
    match fact:
        case ParticipantJoined() | ParticipantLeft():
            _touch(record.meetings, (fact.source, fact.meeting))
        case SeatChanged() | SeatExcused() | AttendanceMarked():
            record.declared = True
            _touch(record.offerings, fact.offering)
        case ActivityReported() | ObservationSignedOff() | LearnerEnrolled() | LearnerWithdrawn() | StepWaived():
            record.declared = True
            if message.known and record.evidence.add(fact, message.asks):
                record.pending.append("refile")
    record.pending.append(message)


def _refile(record: ActorRecord, message: IdentifierRefiled) -> None:
    """Take in all facts that are filed; what came since they were asked for is there already."""
    if message.identifier not in (None, record.identifier):
        return  # whoever asked for them is erased by now
    record.evidence.add_all(
        fact
        for fact in message.facts
        if isinstance(fact, LearnerFact) and not (record.erased_at is not None and _was_before(record.erased_at, fact))
    )
    record.pending.append("refiled")


def _owner(record: ActorRecord) -> Owner:
    last = record.decided.last
    decision = None if last is None or last.content.decision == "undone" else last
    own: Literal["known", "provisional"] = "known" if record.declared else "provisional"
    if decision is None:
        return Owner(
            identifier=record.identifier,
            learner=record.learner,
            standing=own,
            version=record.version,
            as_of=record.seen_at,
        )
    linked = decision.content.decision == "linked" and decision.content.learner is not None
    return Owner(
        identifier=record.identifier,
        learner=decision.content.learner or record.learner,
        standing="known" if linked else "guest",
        version=record.version,
        as_of=record.seen_at,
        decided_at=record.decided.since(decision),
        decided_by=decision.order[2],
    )


def _differs(one: Owner, other: Owner) -> bool:
    return _who(one) != _who(other)


def _who(owner: Owner) -> tuple[str, str, int | None, str | None]:
    return (owner.learner, owner.standing, owner.decided_at, owner.decided_by)


def _moved(record: ActorRecord, earlier: Owner, owner: Owner) -> list[Message]:
    """State the new owner to whom the slice goes, to whom it went before, and to the records that it touched."""
    said: list[Message] = []
    if earlier.learner != owner.learner:
        gone = replace(owner, learner=earlier.learner, standing=earlier.standing)
        said.append(SliceEnded(tenant=record.tenant, owner=gone))
        said.append(_slice(record, owner))
    said += [
        MeetingOwnerStated(tenant=record.tenant, source=source, meeting=meeting, owner=owner)
        for source, meeting in record.meetings
    ]
    said += [OfferingOwnerStated(tenant=record.tenant, offering=offering, owner=owner) for offering in record.offerings]
    return said


def _slice(record: ActorRecord, owner: Owner) -> SliceStated:
    return SliceStated(tenant=record.tenant, owner=owner, packed=msgspec.msgpack.encode(record.evidence))


def _address(record: ActorRecord, owner: Owner, one: Any) -> list[Message]:
    match one:
        case AboutActor():
            return _report_on(record, owner, one)
        case FactRevoked():
            return [_revocation(record, owner, one.target, one.withdrawn_at)]
        case _:
            return []


def _report_on(record: ActorRecord, owner: Owner, one: AboutActor) -> list[Message]:
    """File the fact and address it; if it was revoked before it came, its revocation goes first."""
    said: list[Message] = [FactFiled(actor=record.actor, identifier=record.identifier, known=one.known, fact=one.fact)]
    withdrawn_at = record.evidence.revoked.get(one.fact.fact_id)
    if withdrawn_at is not None:
        said.append(_revocation(record, owner, one.fact.fact_id, withdrawn_at))
    if one.known:
        said.append(_addressed(record, owner, one.fact))
    return said


def _revocation(record: ActorRecord, owner: Owner, target: str, withdrawn_at: int) -> RevocationAddressed:
    return RevocationAddressed(tenant=record.tenant, owner=owner, target=target, withdrawn_at=withdrawn_at)


def _addressed(record: ActorRecord, owner: Owner, fact: PersonFact) -> Message:
    match fact:
        case ParticipantJoined() | ParticipantLeft():
            return AboutPresence(owner=owner, fact=fact)
        case SeatChanged() | SeatExcused() | AttendanceMarked():
            return AboutSeat(owner=owner, fact=fact)
        case ActivityReported():
            asks = record.evidence.asks(activity_key(fact.source, fact.activity))
            return AboutLearner(owner=owner, fact=fact, asks=asks)
        case ObservationSignedOff() | LearnerEnrolled() | LearnerWithdrawn() | StepWaived():
            return AboutLearner(owner=owner, fact=fact)


def _touch(touched: list[Any], one: Any) -> None:
    if one not in touched:
        touched.append(one)
        del touched[:-TOUCHED_KEPT]


PROCESSOR: Processor[ActorRecord, ActorMessage] = Processor(Topic.ACTORS, ActorRecord, evolve, assess)
