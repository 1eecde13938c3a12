"""What can be seen of a world: its open and ended gaps, how each learner stands, what was told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from milepost_schemas.words import GapState, Severity

ACTIVE = ("open", "mitigated")

TELLING: Mapping[str, str] = {
    "milepost.gap.opened.v1": "opened",
    "milepost.gap.mitigated.v1": "mitigated",
    "milepost.gap.resolved.v1": "resolved",
    "milepost.gap.retracted.v1": "retracted",
    "milepost.gap.superseded.v1": "superseded",
    "milepost.gap.severity_changed.v1": "severity changed",
}
"""Each change of a gap, in the word that a story has for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapSeen:
    """One gap; `names` are the words that may stand in its parentheses, `lines` those of the story that show it."""

    id: str
    gap: str
    state: GapState
    severity: Severity
    quiet: Severity
    """The severity from which it is louder than it need be."""

    since: int
    opened_at: int
    ended_at: int | None = None
    superseded_by: str | None = None
    names: frozenset[str] = frozenset()
    occurrences: frozenset[str] = frozenset()
    lines: tuple[int, ...] = ()
    ended_by: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """One change of a gap, as it was told."""

    what: str
    gap_id: str


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """How one learner stands: all that a line about them may say, by what it is said of."""

    stage: str | None = None
    journey: str | None = None
    stages: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    done_at: Mapping[str, int] = field(default_factory=dict)
    seats: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By offering or session: the seat's state, the session's outcome, and `estimated`."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything at one moment; `told` grows from the beginning of the story."""

    gaps: Mapping[str, GapSeen]
    people: Mapping[str, PersonSeen]
    told: tuple[Told, ...]
    waits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By name of a learner, session or source: what their record waits for, where the world can say."""
