"""What a record shows of itself: whole rows, and the changes that came with them.

One message per step of a record. A projector replaces all rows of the record in one transaction if `version` is newer.
"""

from dataclasses import dataclass
from typing import Literal, assert_never

from milepost_schemas.changes import AnyChange
from milepost_schemas.instants import Instant
from milepost_schemas.words import (
    Audience,
    GapState,
    Key,
    Mark,
    Name,
    SeatState,
    Severity,
    Share,
    Stage,
    Standing,
    SubjectKind,
)

StepState = Literal["done", "due", "late", "missed", "unknown", "not_expected"]
"""How a step stands.

In this order: satisfied; expected and not late; past its due; a session passed without them; a session passed and we do
not know yet; nothing is expected now (waived, optional, not open yet, gated).
"""

SeatOutcome = Literal["attended", "partial", "absent", "unknown", "upcoming", "not_expected", "excused", "canceled"]

StageState = Literal["not_begun", "under_way", "satisfied"]

Value = int | str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """One gap as it stands or ended.

    `values` fill the sentence of its rule: `..._at` are instants; `step`, `steps`, `session` and the like are ids that
    the page turns into titles.
    """

    gap_id: Key
    gap: Name
    subject_kind: SubjectKind
    subject: Key
    about: str
    state: GapState
    severity: Severity
    since: Instant
    opened_at: Instant
    changed_at: Instant
    historical: bool = False
    told: tuple[Audience, ...] = ()
    shown_by: tuple[Key, ...] = ()
    occurrences: tuple[str, ...] = ()
    ended_at: Instant | None = None
    ended_by: Key | None = None
    planned_by: Key | None = None
    superseded_by: Name | None = None
    learner: Key | None = None
    program: Name | None = None
    step: Name | None = None
    offering: Name | None = None
    session: Name | None = None
    identifier: Key | None = None
    source: Name | None = None
    values: dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """How one stage of a journey stands."""

    stage: Stage
    state: StageState


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """How one step of a journey stands, in the program's order; an occurrence of a repeated step has its number."""

    step: Name
    occurrence: int = 0
    stage: Stage
    state: StepState
    required: bool = True
    opens_at: Instant | None = None
    due_at: Instant | None = None
    done_at: Instant | None = None
    waived: bool = False
    estimated: bool = False
    shown_by: tuple[Key, ...] = ()
    session: Name | None = None
    offering: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyRow:
    """One learner on one program."""

    program: Name
    version: int
    cohort: Name | None
    enrolled_at: Instant
    enrolled_by: Key
    state: Literal["active", "complete", "withdrawn", "unknown_program"]
    stage: Stage | None
    stages: tuple[StageRow, ...] = ()
    steps: tuple[StepRow, ...] = ()
    deadline_at: Instant | None = None
    completed_at: Instant | None = None
    next_due_at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatSessionRow:
    """One session of a learner's seat, as the learner's program reads it."""

    session: Name
    part: int
    start_at: Instant
    end_at: Instant
    outcome: SeatOutcome
    share: Share | None = None
    minutes: int = 0
    estimated: bool = False
    mark: Mark | None = None
    shown_by: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRow:
    """A learner's seat in an offering."""

    offering: Name
    course: Name
    title: str
    state: SeatState | None
    state_at: Instant
    state_by: Key | None = None
    canceled_by: str | None = None
    sessions: tuple[SeatSessionRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerProjected:
    """Everything to show of one learner."""

    type: Literal["milepost.learner.projected.v1"] = "milepost.learner.projected.v1"
    tenant: Name
    learner: Key
    version: int
    as_of: Instant
    journeys: tuple[JourneyRow, ...] = ()
    seats: tuple[SeatRow, ...] = ()
    gaps: tuple[GapRow, ...] = ()
    changes: tuple[AnyChange, ...] = ()
    told_since: int = 0
    """What was told by earlier versions is forgotten: the learner was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantRow:
    """Somebody in a session: with a seat, walked in, or nobody that we know yet.

    While the session runs, who joined and has no `left_at` is there; `share` and `minutes` count the stays that ended.
    """

    identifiers: tuple[Key, ...]
    learner: Key | None
    standing: Standing
    state: SeatState | None = None
    excused: bool = False
    share: Share | None = None
    minutes: int = 0
    joined_at: Instant | None = None
    left_at: Instant | None = None
    estimated: bool = False
    mark: Mark | None = None
    marked_by: Key | None = None
    channels: tuple[Name, ...] = ()
    shown_by: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """One channel of a session: who reports it, whether it showed the session, whether anything more is to come."""

    channel: Name
    source: Name
    showed: bool
    closed: bool
    closed_how: Literal["roster", "sheet", "end_marker", "lateness"] | None = None
    closes_at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One session with its channels and everybody in it."""

    session: Name
    part: int
    start_at: Instant
    end_at: Instant
    zone: str | None
    canceled: bool
    started_at: Instant | None = None
    ended_at: Instant | None = None
    closed: bool = False
    instructors: tuple[str, ...] = ()
    channels: tuple[ChannelRow, ...] = ()
    participants: tuple[ParticipantRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferingProjected:
    """Everything to show of one offering."""

    type: Literal["milepost.offering.projected.v1"] = "milepost.offering.projected.v1"
    tenant: Name
    offering: Name
    version: int
    as_of: Instant
    course: Name | None
    title: str = ""
    cohort: Name | None = None
    capacity: int | None = None
    sessions: tuple[SessionRow, ...] = ()
    gaps: tuple[GapRow, ...] = ()
    changes: tuple[AnyChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProjected:
    """Everything to show of one source. `heard_until` is None for a source that is heard up to now."""

    type: Literal["milepost.source.projected.v1"] = "milepost.source.projected.v1"
    tenant: Name
    source: Name
    version: int
    as_of: Instant
    kind: Name | None = None
    rhythm: int | None = None
    settling: int = 90
    lateness: int = 240
    last_heard_at: Instant | None = None
    importing_since: Instant | None = None
    heard_until: Instant | None = None
    tracking_from: Instant | None = None
    gaps: tuple[GapRow, ...] = ()
    changes: tuple[AnyChange, ...] = ()


Projected = LearnerProjected | OfferingProjected | SourceProjected


OwnerKind = Literal["learner", "offering", "source"]


def owner_of(projected: Projected) -> tuple[OwnerKind, str]:
    """Return the kind of record that says this, and its name."""
    match projected:
        case LearnerProjected():
            return "learner", projected.learner
        case OfferingProjected():
            return "offering", projected.offering
        case SourceProjected():
            return "source", projected.source
        case _:
            assert_never(projected)
