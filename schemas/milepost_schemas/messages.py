"""Messages between processors, and what they tell the world: who they are about, whole states, ticks, changes."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from milepost_schemas.facts import Fact, LearnerFact, PersonFact, PresenceFact, SeatFact
from milepost_schemas.instants import Instant
from milepost_schemas.words import Asks, Key, Mark, Name, SeatState, Share, Standing, Zone

Version = Annotated[int, Field(ge=0)]
"""How often the record that says this has spoken; of two states of one thing the higher counts."""


# --- to the resolver -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutActor:
    """A fact about somebody, under the keyed hash of one normalized identifier.

    The candidates are random; the resolver keeps the first that comes for its key. `known` is false for an activity
    that no published program knows: it gets an identifier and is filed, and is fed again once a program knows it. What
    programs ask of one that they know is looked up where it is read.
    """

    type: Literal["milepost.actor.reported.v1"] = "milepost.actor.reported.v1"
    actor: Key
    candidate_learner: Key
    candidate_identifier: Key
    known: bool = True
    asks: Asks | None = None
    fact: PersonFact


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityDecided(Fact):
    """A person decided who an identifier is: a learner, a guest, or (undone) nobody in particular."""

    type: Literal["milepost.identity.decided.v1"] = "milepost.identity.decided.v1"
    actor: Key
    decision: Literal["linked", "guest", "undone"]
    learner: Key | None = None

    def __post_init__(self) -> None:
        """Refuse a link to nobody."""
        if self.decision == "linked" and self.learner is None:
            raise ValueError("an identifier is linked to a learner; name the learner")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRevoked(Fact):
    """A fact was withdrawn by who sent it. It stops counting at `withdrawn_at` unless it was proved again by then."""

    type: Literal["milepost.fact.revoked.v1"] = "milepost.fact.revoked.v1"
    actor: Key
    target: Key
    withdrawn_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierRefiled:
    """All facts of an identifier that the facts table holds, to build its slice anew.

    An answer to somebody who is erased by now names another identifier than the actor has, and is passed over.
    """

    type: Literal["milepost.identifier.refiled.v1"] = "milepost.identifier.refiled.v1"
    tenant: Name
    actor: Key
    identifier: Key | None = None
    facts: tuple[PersonFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorErased:
    """Somebody is erased: an identifier of theirs is nobody's from now on, and nothing of before is taken in again.

    `learners` is who they were, and `identifiers` are all that were theirs. What stays of this one, its seats and its
    presence, is filed under the actor key `nobody`.
    """

    type: Literal["milepost.actor.erased.v1"] = "milepost.actor.erased.v1"
    tenant: Name
    actor: Key
    erased_at: Instant
    nobody: Key
    learners: tuple[Key, ...]
    identifiers: tuple[Key, ...]


# --- from the resolver -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who an identifier is now."""

    identifier: Key
    learner: Key
    standing: Standing
    version: Version
    as_of: Instant = 0
    """When the latest of what its resolver knew was received."""

    decided_at: Instant | None = None
    decided_by: Key | None = None
    """The decision of a person by which it is so, if it was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutLearner:
    """A fact about a learner, said under one of their identifiers."""

    type: Literal["milepost.learner.reported.v1"] = "milepost.learner.reported.v1"
    owner: Owner
    asks: Asks | None = None
    fact: Annotated[LearnerFact, Field(discriminator="type")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutSeat:
    """A fact about somebody's seat in an offering."""

    type: Literal["milepost.seat.reported.v1"] = "milepost.seat.reported.v1"
    owner: Owner
    fact: Annotated[SeatFact, Field(discriminator="type")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutPresence:
    """A fact about somebody's presence in a meeting."""

    type: Literal["milepost.presence.reported.v1"] = "milepost.presence.reported.v1"
    owner: Owner
    fact: Annotated[PresenceFact, Field(discriminator="type")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationAddressed:
    """A fact of a learner's slice no longer counts from `withdrawn_at`."""

    type: Literal["milepost.learner.fact_revoked.v1"] = "milepost.learner.fact_revoked.v1"
    tenant: Name
    owner: Owner
    target: Key
    withdrawn_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceStated:
    """All evidence of one identifier, whole, for its owner; packed as records are."""

    type: Literal["milepost.slice.stated.v1"] = "milepost.slice.stated.v1"
    tenant: Name
    owner: Owner
    packed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceEnded:
    """The slice of an identifier belongs to this learner no more. `owner.learner` is who had it."""

    type: Literal["milepost.slice.ended.v1"] = "milepost.slice.ended.v1"
    tenant: Name
    owner: Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingOwnerStated:
    """Who an identifier is, for a meeting that it was in."""

    type: Literal["milepost.meeting.owner_stated.v1"] = "milepost.meeting.owner_stated.v1"
    tenant: Name
    source: Name
    meeting: Key
    owner: Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferingOwnerStated:
    """Who an identifier is, for an offering in which it has a seat."""

    type: Literal["milepost.offering.owner_stated.v1"] = "milepost.offering.owner_stated.v1"
    tenant: Name
    offering: Name
    owner: Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class FactFiled:
    """A fact of an identifier, for the facts table."""

    type: Literal["milepost.fact.filed.v1"] = "milepost.fact.filed.v1"
    actor: Key
    identifier: Key
    known: bool = True
    fact: PersonFact


@dataclass(frozen=True, slots=True, kw_only=True)
class RefilingAsked:
    """A revoked fact may have hidden others: the slice must be built anew from the facts table."""

    type: Literal["milepost.refiling.asked.v1"] = "milepost.refiling.asked.v1"
    tenant: Name
    actor: Key
    identifier: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerStated:
    """Who an identifier is now, for pages that name people."""

    type: Literal["milepost.identifier.owner_stated.v1"] = "milepost.identifier.owner_stated.v1"
    tenant: Name
    actor: Key
    owner: Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerErased:
    """What a learner did under these identifiers is gone, and so is what was told of them."""

    type: Literal["milepost.learner.erased.v1"] = "milepost.learner.erased.v1"
    tenant: Name
    learner: Key
    identifiers: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendeeErased:
    """Whoever was in a meeting under an identifier has no name any more, and neither have their stays."""

    type: Literal["milepost.attendee.erased.v1"] = "milepost.attendee.erased.v1"
    tenant: Name
    source: Name
    meeting: Key
    identifier: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatHolderErased:
    """Whoever has a seat under an identifier is nobody any more; what was written about them goes."""

    type: Literal["milepost.seat.holder_erased.v1"] = "milepost.seat.holder_erased.v1"
    tenant: Name
    offering: Name
    identifier: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierErased:
    """The facts of an identifier go from the facts table; those of seats and presence stay, as `nobody`'s.

    It has no `identifier` where nothing was ever reported under its actor key. Decisions of `erased_at` and later are
    about somebody new.
    """

    type: Literal["milepost.identifier.erased.v1"] = "milepost.identifier.erased.v1"
    tenant: Name
    actor: Key
    erased_at: Instant
    nobody: Key
    identifier: Key | None = None


# --- to and from the meetings ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingUse:
    """When a session uses a meeting."""

    session: Name
    start_at: Instant
    end_at: Instant
    canceled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingScheduled(Fact):
    """The sessions of an offering that use this meeting; the gateway derives it from the offering's schedule."""

    type: Literal["milepost.meeting.scheduled.v1"] = "milepost.meeting.scheduled.v1"
    meeting: Key
    meeting_source: Name
    offering: Name
    sequence: Version
    uses: tuple[MeetingUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One stay in a meeting: from a joined to a left, either of which may not have come."""

    joined_at: Instant | None = None
    left_at: Instant | None = None
    ended_at: Instant | None = None
    """When the opening of the room ended in which it was."""

    joined_by: Key | None = None
    left_by: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """All stays of one identifier in a meeting, around one session."""

    owner: Owner
    stays: tuple[Stay, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPresence:
    """Who was in a meeting around one session: whole, from the meeting."""

    type: Literal["milepost.session.presence_stated.v1"] = "milepost.session.presence_stated.v1"
    tenant: Name
    source: Name
    meeting: Key
    offering: Name
    session: Name
    version: Version
    as_of: Instant = 0
    started_at: Instant | None = None
    ended_at: Instant | None = None
    ended_by: Key | None = None
    attendees: tuple[Attendee, ...] = ()


# --- from the offerings ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSeat:
    """What is known of one learner in one session of an offering.

    `share` is the part of the delivered time that they were present, `None` where no presence was reported at all;
    `closed` says that nothing more is to come; `unclear` that a participant who is nobody yet may be them.
    """

    session: Name
    part: int
    start_at: Instant
    end_at: Instant
    known_at: Instant
    """When we had received what sets this expectation: the seat and the session's times."""

    recorded_at: Instant
    """When the later of the two was recorded."""

    zone: Zone | None = None
    canceled_at: Instant | None = None
    canceled_by: Key | None = None
    took_place: bool = False
    closed: bool = False
    unclear: bool = False
    share: Share | None = None
    minutes: int = 0
    estimated: bool = False
    mark: Mark | None = None
    excused_at: Instant | None = None
    excused_by: Key | None = None
    shown_by: tuple[Key, ...] = ()
    """The facts that show the presence, the mark, or the closing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatStated:
    """One learner's seat in an offering: whole, from the offering. `state` is None for who came without a seat."""

    type: Literal["milepost.seat.stated.v1"] = "milepost.seat.stated.v1"
    tenant: Name
    learner: Key
    offering: Name
    course: Name
    version: Version
    as_of: Instant = 0
    title: str = ""
    state: SeatState | None = None
    state_at: Instant = 0
    state_by: Key | None = None
    known_at: Instant = 0
    canceled_by: Literal["learner", "provider"] | None = None
    requested_at: Instant | None = None
    waitlisted_at: Instant | None = None
    booked_at: Instant | None = None
    held_by: Key | None = None
    """The fact by which a place was taken first."""

    list_expires_at: Instant | None = None
    sessions: tuple[SessionSeat, ...] = ()
    gone: bool = False
    """True when the offering no longer knows this learner: an identifier was unlinked."""


# --- time, programs, projections -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardUntil:
    """A source that was not heard up to the tick, and up to when it was."""

    source: Name
    until: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Everything received before `at` has been read; the sources in `lagging` were heard only up to their moments."""

    type: Literal["milepost.clock.ticked.v1"] = "milepost.clock.ticked.v1"
    tenant: Name
    at: Instant
    lagging: tuple[HeardUntil, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramPublished:
    """A version of a program, for good."""

    type: Literal["milepost.program.published.v1"] = "milepost.program.published.v1"
    tenant: Name
    program: Name
    version: Annotated[int, Field(ge=1)]
    published_at: Instant
    definition: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantOpened:
    """An organization is tracked from now on: gaps of a time before `tracking_from` are historical."""

    type: Literal["milepost.tenant.opened.v1"] = "milepost.tenant.opened.v1"
    tenant: Name
    tracking_from: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldStated:
    """Whether the records of a site are being made anew: then no worker holds any, until this is taken back.

    `partly` says that some of them may be new already and others not, so that it ends only when all of them are.
    """

    type: Literal["milepost.hold.stated.v1"] = "milepost.hold.stated.v1"
    held: bool
    partly: bool = False
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramKnown:
    """Whoever reads this in its place reads the catalog with this version of a program, and looks again by it.

    It goes to every partition of a topic and has no key.
    """

    type: Literal["milepost.program.known.v1"] = "milepost.program.known.v1"
    tenant: Name
    program: Name
    version: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRedeclared:
    """What was declared of a source differs from before; `version` is that of its projection.

    It goes to every partition of a topic and has no key.
    """

    type: Literal["milepost.source.redeclared.v1"] = "milepost.source.redeclared.v1"
    tenant: Name
    source: Name
    version: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class RefeedingAsked:
    """A program may know activities that nobody knew: feed again those that are filed. It has no key."""

    type: Literal["milepost.refeeding.asked.v1"] = "milepost.refeeding.asked.v1"
    tenant: Name
    program: Name
    version: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconsider:
    """A program was published: look at this learner again."""

    type: Literal["milepost.learner.reconsidered.v1"] = "milepost.learner.reconsidered.v1"
    tenant: Name
    learner: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconsiderOffering:
    """A program was published, or a source declared otherwise: look at this offering again."""

    type: Literal["milepost.offering.reconsidered.v1"] = "milepost.offering.reconsidered.v1"
    tenant: Name
    offering: Name


# --- what could not be taken in --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that could not be taken in, as it lay in its topic, and why. `key` and `body` are as they came."""

    type: Literal["milepost.message.set_aside.v1"] = "milepost.message.set_aside.v1"
    topic: Name
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]
    reason: str
    code: str
    """The version of the code that could not take it in."""

    at: Instant
    key: bytes | None = None
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterDecided:
    """What somebody decided about a dead letter: it went back to where it came from, or nobody wants it.

    `number` is the dead letter's own offset; the decision lies behind it, in the same partition.
    """

    type: Literal["milepost.message.decided.v1"] = "milepost.message.decided.v1"
    number: Annotated[int, Field(ge=0)]
    decision: Literal["replayed", "dropped"]
    at: Instant
