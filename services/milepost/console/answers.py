"""What the JSON API answers: the rows as they are, with the names and sentences that the pages show."""

from dataclasses import dataclass
from typing import Literal

from milepost.store.audit import AuditLine
from milepost.store.inbox import Handling, Note
from milepost.store.readings.gap_counts import Facet
from milepost.store.readings.gaps import GapMoment
from milepost.store.readings.journeys import Cohort, StageCount, StepCount
from milepost.store.readings.learners import Concluded
from milepost.store.readings.people import Identity, Person
from milepost.store.readings.sessions import SessionLine
from milepost.store.readings.sources import SourceRequest
from milepost.store.readings.unmatched import Decision, LooseAccount, Stranger, UnknownActivity
from milepost_schemas.instants import Instant
from milepost_schemas.projections import GapRow, JourneyRow, ParticipantRow, SeatRow, SeatSessionRow
from milepost_schemas.words import Key, Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A fact behind a conclusion: who said it, when, and what."""

    fact_id: Key
    source: Name
    said: str
    occurred_at: Instant
    recorded_at: Instant
    received_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A gap with its sentence."""

    gap: GapRow
    title: str
    sentence: str
    closes_when: str
    learner_name: str | None
    cohort: Name | None
    handling: Handling


@dataclass(frozen=True, slots=True, kw_only=True)
class GapInFull:
    """A gap with everything behind it."""

    gap: Gap
    evidence: tuple[Evidence, ...]
    history: tuple[GapMoment, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """One page of the inbox."""

    gaps: tuple[Gap, ...]
    total: int
    page: int
    pages: int
    views: dict[str, int]
    programs: tuple[Facet, ...]
    cohorts: tuple[Facet, ...]
    types: tuple[Facet, ...]
    severities: tuple[Facet, ...]
    assigned: tuple[Facet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramLine:
    """A program in the list."""

    program: Name
    title: str
    version: int | None
    learners: int
    complete: int
    open_gaps: int
    urgent_gaps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerOnProgram:
    """One line of the grid."""

    learner: Key
    name: str
    open_gaps: int
    journey: JourneyRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One page of the grid."""

    program: Name
    title: str
    version: int | None
    learners: tuple[LearnerOnProgram, ...]
    total: int
    page: int
    pages: int
    steps: tuple[StepCount, ...]
    stages: tuple[StageCount, ...]
    cohorts: tuple[Cohort, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learners:
    """One page of learners."""

    learners: tuple[Person, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Everything about one learner."""

    learner: Key
    name: str
    identities: tuple[Identity, ...]
    journeys: tuple[JourneyRow, ...]
    seats: tuple[SeatRow, ...]
    gaps: tuple[Gap, ...]
    facts: tuple[Evidence, ...]
    changes: tuple[Concluded, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """One page of sessions."""

    sessions: tuple[SessionLine, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Somebody in a session. `prepared` counts the steps that come before it: how many are done, of how many."""

    name: str
    row: ParticipantRow
    outcome: SeatSessionRow | None
    prepared: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Everything about one session."""

    session: SessionLine
    participants: tuple[Participant, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """What matches nothing, and what was decided lately."""

    activities: tuple[UnknownActivity, ...]
    participants: tuple[Stranger, ...]
    accounts: tuple[LooseAccount, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A system that reports. `until` is up to when conclusions about absence are drawn from its silence.

    `refused` counts among its latest `requests`.
    """

    source: Name
    kind: Name
    state: Literal["heard", "silent", "importing", "unheard"]
    rhythm: int | None
    """Its longest normal silence in minutes; None: it may be silent."""

    last_heard_at: Instant | None
    until: Instant | None
    requests: int
    refused: int
    last_refused: SourceRequest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Every system that reports, by name."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInFull:
    """A system that reports, with its latest requests, the last one first."""

    source: Source
    requests: tuple[SourceRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Lines of the audit log; `before` the number of the last gives those further back."""

    lines: tuple[AuditLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A command was accepted; from this position in the log on, every page shows it."""

    position: int
