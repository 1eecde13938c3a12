"""Programs as rules read them: frozen values, compiled once from a published definition.

The file format is documented in `milepost_schemas.program`; `compile.compile_program` turns a published definition
into these.
Instants are milliseconds since 1970 in UTC, dates and times of day are local to a zone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from functools import cached_property
from typing import Literal, assert_never

from milepost.core.asking import ANY, OUTCOME, asked_of, daily
from milepost.core.calendar import Calendar, Offset, at_time, end_of_day, local_date, local_time, on_day
from milepost.core.evidence import activity_key
from milepost_schemas.words import Asks, Audience, Claim, Severity, Stage


class AnchorKind(StrEnum):
    """What a due rule counts from."""

    ENROLLMENT = "enrollment"
    SATISFIED = "satisfied"  # when the step was satisfied
    START = "start"  # the start of the step's session
    END = "end"  # the end of the step's session


@dataclass(frozen=True, slots=True)
class Anchor:
    """A moment of a journey: the enrollment, or something about a step."""

    kind: AnchorKind
    step: str | None = None


@dataclass(frozen=True, slots=True)
class RelativeDue:
    """So long before or after an anchor, e.g. `1wd before practice.start at 18:00`."""

    offset: Offset
    direction: Literal["before", "after"]
    anchor: Anchor
    at: time | None = None
    roll: Literal["back", "forward"] | None = None


@dataclass(frozen=True, slots=True)
class DateDue:
    """A calendar date: the end of that day, or the time given."""

    on: date
    at: time | None = None
    roll: Literal["back", "forward"] | None = None


Due = RelativeDue | DateDue


@dataclass(frozen=True, slots=True)
class Evidence:
    """Which activities of which source show a step. `{n}` in a pattern names the occurrence that a fact serves."""

    source: str
    activity: str
    match: Literal["exact", "prefix"] = "exact"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A source said so: passed, completed, attempted, opened, answered, attested."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A scaled score or a progress of at least this."""

    what: Literal["score", "progress"]
    value: float


@dataclass(frozen=True, slots=True)
class Present:
    """Present for at least this share of the delivered time, or for at least so many minutes."""

    share: float | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class SignedOff:
    """Signed off by somebody with one of these roles, so many times; None where nothing is late but the learner."""

    roles: tuple[str, ...]
    times: int = 1


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these."""

    conditions: tuple["Done", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these."""

    conditions: tuple["Done", ...]


@dataclass(frozen=True, slots=True)
class Distinct:
    """The condition on so many different activities."""

    count: int
    condition: "Done"


Done = Claimed | AtLeast | Present | SignedOff | AnyOf | AllOf | Distinct


@dataclass(frozen=True, slots=True)
class Attempts:
    """Which of several attempts counts."""

    take: Literal["best", "latest", "first"] = "best"


@dataclass(frozen=True, slots=True)
class Live:
    """What has to be attended: `attend` distinct parts out of `parts` of the course."""

    course: str
    parts: int = 1
    attend: int = 1
    make_up: Literal["same_offering", "any_offering"] = "same_offering"


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """One way of being there and the source that reports it; `sheet` is a list that people fill in."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What should be done first; strict and soft differ in severities alone."""

    steps: tuple[str, ...]
    kind: Literal["strict", "soft"]


@dataclass(frozen=True, slots=True)
class Each:
    """Spaced repetition: one occurrence per offset after the anchor, due `within` after it opens."""

    at: tuple[Offset, ...]
    after: Anchor
    within: Offset


@dataclass(frozen=True)
class Step:
    """One thing a learner is expected to do. Exactly one of `evidence`, `live` and an observation by `done` is how."""

    id: str
    stage: Stage
    title: str
    done: Done
    required: bool = True
    evidence: Evidence | None = None
    attempts: Attempts = Attempts()
    live: Live | None = None
    roster: Literal["booking"] | None = None
    channels: tuple[ChannelPlan, ...] = ()
    after: Gate | None = None
    each: Each | None = None
    due: Due | None = None

    @property
    def names_occurrences(self) -> bool:
        """True where the activity of a repeated step names the occurrence that a fact serves."""
        return self.evidence is not None and "{n}" in self.evidence.activity

    @property
    def is_read_by_day(self) -> bool:
        """True where a fact serves the occurrence that is open when it happens, as its activity names none."""
        return self.each is not None and self.evidence is not None and not self.names_occurrences

    @property
    def is_observation(self) -> bool:
        """True where only a person's sign-off shows that it was done."""
        return self.evidence is None and self.live is None

    @cached_property
    def activities(self) -> tuple[str, ...]:
        """The activities that serve it: one, or one per occurrence where the pattern names it by `{n}`.

        The bare pattern (without `/{n}`, or with `{n}` left empty) is not among them.
        """
        if self.evidence is None:
            return ()
        pattern = self.evidence.activity
        if not self.names_occurrences or self.each is None:
            return (pattern,)
        return tuple(pattern.replace("{n}", str(n)) for n in range(1, len(self.each.at) + 1))

    @cached_property
    def activity_keys(self) -> tuple[str, ...]:
        """The same as a slice of evidence keeps them."""
        source = "" if self.evidence is None else self.evidence.source
        return tuple(activity_key(source, activity) for activity in self.activities)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Whose silence gates a conclusion about it."""
        if self.evidence is not None:
            return (self.evidence.source,)
        return tuple(channel.source for channel in self.channels)

    @cached_property
    def asks(self) -> Asks:
        """What is asked of each activity that shows it, whatever the window."""
        return asked_of(_asked(self.done), () if self.attempts.take == "best" else (OUTCOME,))

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that may sign it off."""
        return self.done.roles if isinstance(self.done, SignedOff) else ()


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What a program says about one gap type; None leaves the rule's own default.

    `after` is the rule's patience; `at` are the moments before something at which the rule speaks, and speaks louder.
    """

    enabled: bool = True
    after: Offset | None = None
    severity: Severity | None = None
    tell: tuple[Audience, ...] | None = None
    at: tuple[Offset, ...] | None = None


UNSAID = RuleSettings()
"""What a program says about a gap type that it does not name."""


@dataclass(frozen=True, eq=False)
class Program:
    """One immutable version of a program, with everything that rules need looked up once."""

    id: str
    version: int
    title: str
    model: Literal["flipped", "rotation", "flex", "enriched_virtual"] | None
    compliance: bool
    zone: str
    calendar: Calendar
    opens_at: int | None
    deadline: Due | None
    notice: Offset
    evidence_from: Offset | date | None
    """How old work may be that counts: before the enrollment, or from a date; None: all."""

    steps: tuple[Step, ...]
    gaps: Mapping[str, RuleSettings] = field(default_factory=dict)
    published_at: int = 0

    def step(self, step_id: str) -> Step:
        """Return the step of that id; raise KeyError where there is none."""
        return self._by_id[step_id]

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The stages in the order in which the program lists them first."""
        return tuple(dict.fromkeys(step.stage for step in self.steps))

    @cached_property
    def sources(self) -> frozenset[str]:
        """Every source that could tell us of a sign of life."""
        evidence = {step.evidence.source for step in self.steps if step.evidence is not None}
        return frozenset(evidence | {channel.source for step in self.steps for channel in step.channels})

    def settings(self, gap_type: str) -> RuleSettings:
        """Return what the program says about a gap type."""
        return self.gaps.get(gap_type, UNSAID)

    def asks(self, step: Step) -> Asks:
        """Return what is asked of each activity that shows a step, in the windows in which the program reads it."""
        if self.evidence_from is not None:
            return asked_of(step.asks, daily((ANY, *step.asks)))
        return asked_of(step.asks, daily(step.asks) if step.is_read_by_day else ())

    def readers(self, key: str) -> tuple[Step, ...]:
        """Return the steps that an activity shows, by the key under which a slice keeps it."""
        return (*self._by_activity.get(key, ()), *(step for begin, step in self._by_prefix if key.startswith(begin)))

    @cached_property
    def _by_activity(self) -> dict[str, tuple[Step, ...]]:
        found: dict[str, tuple[Step, ...]] = {}
        for step in self.steps:
            if step.evidence is not None and step.evidence.match == "exact":
                found.update((key, (*found.get(key, ()), step)) for key in step.activity_keys)
        return found

    @cached_property
    def _by_prefix(self) -> tuple[tuple[str, Step], ...]:
        shown = ((step.evidence, step) for step in self.steps)
        return tuple((activity_key(e.source, e.activity), s) for e, s in shown if e is not None and e.match == "prefix")

    @cached_property
    def _by_id(self) -> dict[str, Step]:
        return {step.id: step for step in self.steps}


def _asked(done: Done) -> Iterator[str]:
    """Yield what a condition asks of an activity."""
    match done:
        case Claimed(claim=claim):
            yield claim
        case AtLeast(what=what, value=value):
            yield f"{what} {value}"
        case AnyOf(conditions=conditions) | AllOf(conditions=conditions):
            for condition in conditions:
                yield from _asked(condition)
        case Distinct(condition=condition):
            yield from _asked(condition)
        case Present() | SignedOff():
            pass
        case _:
            assert_never(done)


def due_at(due: Due, anchor: int | None, zone: str, calendar: Calendar) -> int | None:
    """Return the last instant that is in time, or None while there is no anchor to count from.

    The offset moves the anchor, `roll` its day, and `at` sets the time of that day; a bare date means its last
    millisecond.
    """
    match due:
        case DateDue(on=on, at=at, roll=roll):
            day = _rolled(on, roll, calendar)
            return end_of_day(day, zone) if at is None else on_day(day, at, zone)
        case RelativeDue() if anchor is None:
            return None
        case RelativeDue(offset=offset, direction="before"):
            return _settled(due, calendar.before(anchor, offset, zone), zone, calendar)
        case RelativeDue(offset=offset):
            return _settled(due, calendar.after(anchor, offset, zone), zone, calendar)


def _settled(due: RelativeDue, moment: int, zone: str, calendar: Calendar) -> int:
    if due.roll is None:
        return moment if due.at is None else at_time(moment, due.at, zone)
    day = _rolled(local_date(moment, zone), due.roll, calendar)
    return on_day(day, local_time(moment, zone) if due.at is None else due.at, zone)


def _rolled(day: date, roll: Literal["back", "forward"] | None, calendar: Calendar) -> date:
    match roll:
        case None:
            return day
        case "back":
            return calendar.roll_back(day)
        case "forward":
            return calendar.roll_forward(day)
