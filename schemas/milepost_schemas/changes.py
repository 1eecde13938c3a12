"""Changes: what is true now and was not before, told to the world; each is a difference between two standings."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from milepost_schemas.instants import Instant
from milepost_schemas.words import Key, Name, Severity, Stage, SubjectKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What every change says: whose record told it, and at which moment of that record's clock."""

    tenant: Name
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class GapChange(Change):
    """A change of one gap. `gap` is its type, `subject` the attempt, session or source that it is about."""

    gap_id: Key
    gap: Name
    subject_kind: SubjectKind
    subject: Key
    severity: Severity
    since: Instant
    historical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GapOpened(GapChange):
    """An expectation was not met; or a plan that mitigated the gap fell through; or it is true again."""

    type: Literal["milepost.gap.opened.v1"] = "milepost.gap.opened.v1"
    shown_by: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GapMitigated(GapChange):
    """A plan exists that would close it."""

    type: Literal["milepost.gap.mitigated.v1"] = "milepost.gap.mitigated.v1"
    by: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GapSeverityChanged(GapChange):
    """It became more or less urgent."""

    type: Literal["milepost.gap.severity_changed.v1"] = "milepost.gap.severity_changed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class GapResolved(GapChange):
    """What was missing came, or is no longer expected; `by` is the fact that did it."""

    type: Literal["milepost.gap.resolved.v1"] = "milepost.gap.resolved.v1"
    ended_at: Instant
    by: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRetracted(GapChange):
    """What is known now shows that it was never true."""

    type: Literal["milepost.gap.retracted.v1"] = "milepost.gap.retracted.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class GapSuperseded(GapChange):
    """Another gap says it better; `by_gap` is that one's type."""

    type: Literal["milepost.gap.superseded.v1"] = "milepost.gap.superseded.v1"
    by_gap: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyChange(Change):
    """A change of one learner's journey on one program."""

    learner: Key
    program: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCompleted(JourneyChange):
    """A step is satisfied; `done_at` is when it was, not when we heard."""

    type: Literal["milepost.step.completed.v1"] = "milepost.step.completed.v1"
    step: Name
    done_at: Instant
    by: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReopened(JourneyChange):
    """A step that was satisfied is so no longer: what showed it was withdrawn."""

    type: Literal["milepost.step.reopened.v1"] = "milepost.step.reopened.v1"
    step: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEntered(JourneyChange):
    """The learner moved on to this stage."""

    type: Literal["milepost.stage.entered.v1"] = "milepost.stage.entered.v1"
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRegressed(JourneyChange):
    """The learner is back in an earlier stage: accepted evidence was withdrawn."""

    type: Literal["milepost.stage.regressed.v1"] = "milepost.stage.regressed.v1"
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyCompleted(JourneyChange):
    """All required steps are satisfied."""

    type: Literal["milepost.journey.completed.v1"] = "milepost.journey.completed.v1"


AnyChange = Annotated[
    GapOpened
    | GapMitigated
    | GapSeverityChanged
    | GapResolved
    | GapRetracted
    | GapSuperseded
    | StepCompleted
    | StepReopened
    | StageEntered
    | StageRegressed
    | JourneyCompleted,
    Field(discriminator="type"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTold:
    """A change, told to the world: by which record, in which of its versions, at which place of what it said then.

    Told again it has the same three, so who listens can tell.
    """

    type: Literal["milepost.change.told.v1"] = "milepost.change.told.v1"
    owner_kind: Literal["learner", "offering", "source"]
    owner: Key
    version: Annotated[int, Field(ge=0)]
    place: Annotated[int, Field(ge=0)]
    change: AnyChange
