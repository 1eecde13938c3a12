"""Facts: what a source told us, once and for good.

A fact is never edited. `occurred_at` says when it happened, `recorded_at` when the source wrote it (where it does not
say, `occurred_at`), `received_at` when the gateway got it. A fact about a person names nobody: who it is about stands
in the message that carries it (`messages.AboutActor` before the resolver, `messages.AboutIdentifier` and
`messages.AboutLearner` after it).
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from milepost_schemas.instants import Instant
from milepost_schemas.words import Claim, Iri, Key, Mark, Name, Score, SeatState, Share, Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every fact says of itself."""

    tenant: Name
    fact_id: Key
    source: Name
    occurred_at: Instant
    recorded_at: Instant
    received_at: Instant


# --- about a person: what they did -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityReported(Fact):
    """A learner did something with an activity; the claims are all that one statement says about it.

    `provisional` marks what a player may void and send again (SCORM's `terminated` and `suspended`); `attempt` is the
    source's own id of the attempt where it has one.
    """

    type: Literal["milepost.activity.reported.v1"] = "milepost.activity.reported.v1"
    activity: Iri
    claims: tuple[Claim, ...]
    score: Score | None = None
    progress: Share | None = None
    attempt: Key | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationSignedOff(Fact):
    """Somebody with a role has seen the learner do it on the job, or has accepted the work."""

    type: Literal["milepost.observation.signed_off.v1"] = "milepost.observation.signed_off.v1"
    program: Name
    step: Name
    role: Name
    occurrence: Annotated[int, Field(ge=1)] | None = None


# --- about a person: what is expected of them ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerEnrolled(Fact):
    """A learner is on a program, from `occurred_at`."""

    type: Literal["milepost.learner.enrolled.v1"] = "milepost.learner.enrolled.v1"
    program: Name
    cohort: Name | None = None
    zone: Zone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerWithdrawn(Fact):
    """A learner left a program; an enrollment that is recorded later takes it back."""

    type: Literal["milepost.learner.withdrawn.v1"] = "milepost.learner.withdrawn.v1"
    program: Name
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWaived(Fact):
    """A person decided that a learner need not do a step, or (`waived` false) took that decision back."""

    type: Literal["milepost.step.waived.v1"] = "milepost.step.waived.v1"
    program: Name
    step: Name
    waived: bool = True
    reason: str = ""


# --- about a person: seats and presence ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatChanged(Fact):
    """A learner's place in an offering is now in this state.

    `canceled_by` says who gave the seat up; `list_expires_at` is an expiry that the offering itself states for its
    waitlist.
    """

    type: Literal["milepost.seat.changed.v1"] = "milepost.seat.changed.v1"
    offering: Name
    state: SeatState
    canceled_by: Literal["learner", "provider"] | None = None
    list_expires_at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatExcused(Fact):
    """A person excused a learner from an offering, or from one session of it; `excused` false takes it back."""

    type: Literal["milepost.seat.excused.v1"] = "milepost.seat.excused.v1"
    offering: Name
    session: Name | None = None
    excused: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceMarked(Fact):
    """Somebody says whether a learner was in a session.

    `rank` orders who is believed: 10 a system, 20 a sheet, 30 a person in the console; of equal rank the last recorded
    counts.
    """

    type: Literal["milepost.attendance.marked.v1"] = "milepost.attendance.marked.v1"
    offering: Name
    session: Name
    mark: Mark
    channel: Name | None = None
    rank: Annotated[int, Field(ge=0, le=100)] = 10
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantJoined(Fact):
    """Somebody came into a meeting. `opening` is one opening of the room, `connection` one stay in it."""

    type: Literal["milepost.participant.joined.v1"] = "milepost.participant.joined.v1"
    meeting: Key
    opening: Key | None = None
    connection: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantLeft(Fact):
    """Somebody left a meeting."""

    type: Literal["milepost.participant.left.v1"] = "milepost.participant.left.v1"
    meeting: Key
    opening: Key | None = None
    connection: Key | None = None


LearnerFact = ActivityReported | ObservationSignedOff | LearnerEnrolled | LearnerWithdrawn | StepWaived
"""What the learners processor takes."""

SeatFact = SeatChanged | SeatExcused | AttendanceMarked
"""What the offerings processor takes about a person."""

PresenceFact = ParticipantJoined | ParticipantLeft
"""What the meetings processor takes about a person."""

PersonFact = Annotated[LearnerFact | SeatFact | PresenceFact, Field(discriminator="type")]


# --- about an offering -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way of being in a session, and who reports it; without a meeting the source sends a sheet."""

    name: Name
    source: Name
    meeting: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSession:
    """One dated part of an offering."""

    session: Name
    start_at: Instant
    end_at: Instant
    part: Annotated[int, Field(ge=1, le=99)] = 1
    zone: Zone | None = None
    canceled: bool = False
    channels: tuple[Channel, ...] = ()
    instructors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a session that ends before it starts."""
        if self.end_at <= self.start_at:
            raise ValueError(f"session {self.session!r} ends at or before its start; give an end_at after start_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferingScheduled(Fact):
    """The whole schedule of an offering, as its owner has it now; the highest sequence counts."""

    type: Literal["milepost.offering.scheduled.v1"] = "milepost.offering.scheduled.v1"
    offering: Name
    course: Name
    sequence: Annotated[int, Field(ge=0, lt=2**53)] = 0
    title: str = ""
    cohort: Name | None = None
    capacity: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    sessions: Annotated[tuple[PlannedSession, ...], Field(min_length=1, max_length=99)]

    def __post_init__(self) -> None:
        """Refuse two sessions of one name."""
        names = [session.session for session in self.sessions]
        if len(set(names)) < len(names):
            raise ValueError(f"offering {self.offering!r} names a session twice; every session needs its own name")


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterClosed(Fact):
    """A person says that the roster of a session is complete: who is not present now was absent.

    `closed` false opens it again.
    """

    type: Literal["milepost.roster.closed.v1"] = "milepost.roster.closed.v1"
    offering: Name
    session: Name
    closed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSubmitted(Fact):
    """The list of who was there, for one channel of a session, is in: that channel is closed."""

    type: Literal["milepost.sheet.submitted.v1"] = "milepost.sheet.submitted.v1"
    offering: Name
    session: Name
    channel: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingStarted(Fact):
    """The host has opened the room."""

    type: Literal["milepost.meeting.started.v1"] = "milepost.meeting.started.v1"
    meeting: Key
    opening: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingEnded(Fact):
    """The host has closed the room; it can come more than once."""

    type: Literal["milepost.meeting.ended.v1"] = "milepost.meeting.ended.v1"
    meeting: Key
    opening: Key | None = None


# --- about a source --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDeclared(Fact):
    """What an administrator says of a source.

    `rhythm` is the longest silence in minutes that is normal for it (none: it may be silent for ever), `settling` the
    minutes after an end marker until its late messages are in, `lateness` the minutes after a session's end until a
    source without end markers has said all.
    """

    type: Literal["milepost.source.declared.v1"] = "milepost.source.declared.v1"
    kind: Name
    rhythm: Annotated[int, Field(ge=1)] | None = None
    settling: Annotated[int, Field(ge=0)] = 90
    lateness: Annotated[int, Field(ge=0)] = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHeard(Fact):
    """A sign of life: any authenticated request of the source, sampled."""

    type: Literal["milepost.source.heard.v1"] = "milepost.source.heard.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBegan(Fact):
    """The source delivers its past; nothing is concluded from its silence until it has finished."""

    type: Literal["milepost.import.began.v1"] = "milepost.import.began.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFinished(Fact):
    """The source has delivered its past."""

    type: Literal["milepost.import.finished.v1"] = "milepost.import.finished.v1"
