"""The program file: what its author may write, and the definition that is published from it.

`ProgramFile` is the YAML file as PROGRAMS describes it, `ProgramDefinition` the same with every default filled in and
its calendar inside, so that nothing else is needed to read it years later. Lines such as `1wd before practice.start`
are read by `program_lines`. What the models cannot see alone (unknown steps, circles) the loader checks.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from milepost_schemas import program_lines as lines
from milepost_schemas.words import Audience, Name, Severity, Stage, Zone

GapType = Literal[
    "never_started",
    "prework_overdue",
    "unprepared_for_session",
    "attended_without_prework",
    "not_booked",
    "waitlisted",
    "session_canceled_not_rebooked",
    "no_show",
    "elearning_done_ilt_missed",
    "partial_attendance",
    "repeat_no_show",
    "excused_not_rebooked",
    "attendance_missing",
    "unmatched_attendee",
    "source_silent",
    "reinforcement_not_started",
    "reinforcement_overdue",
    "support_not_used",
    "observation_missing",
    "journey_overdue",
]
GAP_TYPES: tuple[GapType, ...] = get_args(GapType)

GAPS_OF_SOURCES: frozenset[str] = frozenset({"source_silent"})
"""Gaps that no program can set, because they are about a source."""

PATIENT_GAPS: frozenset[str] = frozenset(
    {
        "never_started",
        "prework_overdue",
        "not_booked",
        "waitlisted",
        "session_canceled_not_rebooked",
        "excused_not_rebooked",
        "attendance_missing",
        "reinforcement_not_started",
        "reinforcement_overdue",
        "support_not_used",
        "observation_missing",
        "journey_overdue",
    }
)
"""The gap types that wait: `after` is their patience."""

STEPPED_GAPS: frozenset[str] = frozenset({"unprepared_for_session"})
"""The gap types whose severity rises at moments before something: `at` lists them."""

Model = Literal["flipped", "rotation", "flex", "enriched_virtual"]
GateKind = Literal["strict", "soft"]

GAPS_NOT_YET: frozenset[str] = frozenset(
    {
        "prework_stalled",
        "failed_assessment",
        "attempts_exhausted",
        "completed_not_passed",
        "booking_pending",
        "reschedule_unconfirmed",
        "impossible_to_complete",
        "wrong_session",
        "unregistered_attendee",
        "learner_double_booked",
        "reinforcement_lapsed",
        "knowledge_decay",
        "help_requested_unanswered",
        "checkpoint_missed",
        "rotation_missed",
        "out_of_order",
        "certificate_expiring",
        "certificate_expired",
        "recert_not_enrolled",
        "survey_missing",
        "pre_or_post_test_missing",
        "behavior_check_overdue",
        "results_feed_missing",
        "low_reaction_by_modality",
        "outdated_version_completed",
        "learner_unreachable",
        "reschedule_request_unanswered",
        "parity_inverted",
        "underfilled_session",
        "over_capacity",
        "stranded_demand",
        "low_readiness",
        "instructor_double_booked",
        "instructor_unassigned",
        "instructor_unqualified",
        "instructor_unavailable",
        "instructor_overloaded",
        "hybrid_understaffed",
        "resource_double_booked",
        "session_not_delivered",
        "attendance_conflict",
        "unmatched_meeting",
        "duplicate_identity",
        "orphan_activity",
        "unknown_activity",
        "clock_skew",
        "late_backlog",
        "invalid_events",
    }
)
"""Gap types of the catalogue that no rule finds yet."""

NOT_YET: dict[str, str] = {
    "cycle": "write the steps of each cycle one after the other, each with its own id",
    "certificate": "leave it out; renewals and further attempts come later",
    "survey": "leave the step out; reactions come later",
    "pair": "leave it out; the two tests stay steps of their own",
    "help": "leave the step out; support on demand comes later",
    "for": "write one program for each role",
    "missed": "leave it out; elearning_done_ilt_missed and no_show say that a live step was missed",
    "stalled": "set gaps.never_started.after and a due date instead",
    "accepts": "publish a new version of the program with the new activity",
    "weight": "leave it out; every required step counts once",
    "equivalent": "waive the step for who has done another program's",
    "cost": "leave it out; it is for measurement",
    "max": "leave it out; attempts are not counted yet",
}
"""Constructs of the format that are not supported yet, and what can be done instead."""

ROSTERS_NOT_YET = ("cohort", "cohort_group")


def _line(read: Callable[[str], object], pattern: str) -> Any:
    """Return the annotations of a text that `read` must be able to read."""

    def check(text: str) -> str:
        return str(read(text))

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


def _step_id(text: str) -> str:
    anchor = lines.read_anchor(text)
    if anchor.step is None or anchor.moment != "satisfied":
        raise lines.Unreadable(f"{text!r} is no id of a step", "letters, digits, - and _; `enrollment` is taken")
    return text


def _activity(text: str) -> str:
    scheme, colon, rest = text.partition(":")
    if not (colon and rest and scheme.isascii() and scheme[:1].isalpha()) or any(letter <= " " for letter in text):
        raise lines.Unreadable(f"{text!r} is no IRI", "write the whole id, e.g. https://lms.example.com/mod/quiz/4")
    return text


ProgramId = Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
StepId = Annotated[str, Field(max_length=64), AfterValidator(_step_id)]
Activity = Annotated[str, Field(max_length=2000), AfterValidator(_activity)]
OffsetText = Annotated[str, *_line(lines.read_offset, lines.OFFSET)]
DateText = Annotated[str, *_line(lines.read_date, lines.DATE)]
TimeText = Annotated[str, Field(pattern=r"^[0-9]{2}:[0-9]{2}$")]
SinceText = Annotated[str, *_line(lines.read_since, f"({lines.OFFSET}|{lines.DATE})")]
AnchorText = Annotated[str, *_line(lines.read_anchor, lines.ANCHOR)]
DueText = Annotated[str, *_line(lines.read_due, lines.DUE)]
ConditionText = Annotated[str, *_line(lines.read_condition, lines.CONDITION)]


class Strict(BaseModel):
    """No unknown key, no silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AnyRule(Strict):
    """One of these conditions."""

    any: Annotated[list["DoneRule"], Field(min_length=1)]


class AllRule(Strict):
    """All of these conditions."""

    all: Annotated[list["DoneRule"], Field(min_length=1)]


class DistinctRule(Strict):
    """The condition on so many different activities."""

    distinct: Annotated[int, Field(ge=1, le=999)]
    of: "DoneRule"


class SignedOffRule(Strict):
    """A sign-off by somebody with one of these roles, so many times."""

    signed_off_by: Annotated[list[Name], Field(min_length=1)]
    times: Annotated[int, Field(ge=1, le=99)] = 1


DONE_TAGS = ("condition", "any_of", "all_of", "distinct_of", "sign_off")


def _kind_of_done(value: Any) -> str | None:
    keys = {"any": "any_of", "all": "all_of", "distinct": "distinct_of", "signed_off_by": "sign_off"}
    if isinstance(value, str):
        return "condition"
    if isinstance(value, dict):
        return next((tag for key, tag in keys.items() if key in value), None)
    return next((tag for key, tag in keys.items() if hasattr(value, key)), None)


DoneRule = Annotated[
    Annotated[ConditionText, Tag("condition")]
    | Annotated[AnyRule, Tag("any_of")]
    | Annotated[AllRule, Tag("all_of")]
    | Annotated[DistinctRule, Tag("distinct_of")]
    | Annotated[SignedOffRule, Tag("sign_off")],
    Discriminator(_kind_of_done),
]
"""When a step is satisfied."""


class EvidenceRule(Strict):
    """Which activity of which source shows the step; `{n}` stands for the occurrence of an `each`."""

    source: Name
    activity: Activity
    match: Literal["exact", "prefix"] = "exact"


class AttemptsRule(Strict):
    """Which of several attempts counts."""

    take: Literal["best", "latest", "first"] = "best"


class LiveRule(Strict):
    """What has to be attended: `attend` different parts (default: all) out of `parts` of a course."""

    course: Name
    parts: Annotated[int, Field(ge=1, le=99)] = 1
    attend: Annotated[int, Field(ge=1)] | None = None
    make_up: Literal["same_offering", "any_offering"] = "same_offering"


class GateRule(Strict):
    """What should be done first; a silent `gate` is what the program's model has."""

    steps: Annotated[list[StepId], Field(min_length=1)]
    gate: GateKind | None = None


class EachRule(Strict):
    """Spaced occurrences: each opens at its offset after the anchor and is due `within` later."""

    at: Annotated[list[OffsetText], Field(min_length=1, max_length=99)]
    after: AnchorText
    within: OffsetText


class StepRule(Strict):
    """One thing a learner is expected to do."""

    id: StepId
    stage: Stage
    title: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    done: DoneRule
    required: bool = True
    evidence: EvidenceRule | None = None
    attempts: AttemptsRule | None = None
    live: LiveRule | None = None
    roster: Literal["booking"] | None = None
    channels: Annotated[dict[Name, Name], Field(min_length=1)] | None = None
    after: GateRule | None = None
    each: EachRule | None = None
    due: DueText | None = None


class GapRule(Strict):
    """What the program says about one gap type; what it leaves out is the rule's own default."""

    enabled: bool = True
    after: OffsetText | None = None
    at: Annotated[list[OffsetText], Field(min_length=1, max_length=9)] | None = None
    severity: Severity | None = None
    tell: Annotated[list[Audience], Field(min_length=1)] | None = None


class CalendarRule(Strict):
    """The working days and hours of one place in one version: a file, and a part of each definition."""

    calendar: Annotated[str, Field(pattern=r"^[a-z0-9-]+(@[0-9]{4})?$")]
    title: str = ""
    covers: list[Annotated[int, Field(ge=1970, le=9999)]] = []
    weekend: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(max_length=6)] = [6, 7]
    """ISO days of the week, 1 is Monday."""

    day_starts: TimeText = "09:00"
    day_ends: TimeText = "17:00"
    holidays: dict[DateText, str] = {}


class ProgramHead(Strict):
    """What the file and the definition share."""

    program: ProgramId
    version: Annotated[int, Field(ge=1, lt=2**31)]
    title: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    model: Model | None = None
    compliance: bool = False
    zone: Zone = "UTC"
    opens: DateText | None = None
    deadline: DueText | None = None
    notice: OffsetText = "0d"
    evidence_from: SinceText | None = None
    steps: Annotated[list[StepRule], Field(min_length=1, max_length=200)]
    gaps: dict[GapType, GapRule] = {}


class ProgramFile(ProgramHead):
    """A program as its author writes it; without a calendar it has the plain one, without holidays."""

    calendar: str = "plain"


class ProgramDefinition(ProgramHead):
    """A program as it is published: every default filled in, the calendar inside."""

    calendar: CalendarRule
