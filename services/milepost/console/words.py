"""The words of the pages for what the contracts name by codes."""

from milepost_schemas.projections import StepState
from milepost_schemas.words import Audience, Severity, Stage

STAGES: dict[Stage, str] = {
    "pre_learning": "Pre-learning",
    "live": "Live",
    "reinforcement": "Reinforcement",
    "support": "Support",
}

STEP_STATES: dict[StepState, tuple[str, str]] = {
    "done": ("Done", "satisfied, with the day"),
    "due": ("Due", "expected, and there is time"),
    "late": ("Late", "its due has passed"),
    "missed": ("Missed", "the session took place without them"),
    "unknown": ("Unknown", "it is over, and we wait for word"),
    "not_expected": ("Not expected", "not open yet, optional, or waived"),
}

SEVERITIES: dict[Severity, str] = {
    "critical": "Critical",
    "high": "High",
    "warning": "Warning",
    "info": "For information",
}

VIEWS = {
    "open": "Open",
    "mitigated": "With a plan",
    "closed": "Closed",
    "retracted": "Retracted",
    "historical": "Historical",
}

OUTCOMES = {
    "attended": "attended",
    "partial": "in part",
    "absent": "absent",
    "unknown": "unknown",
    "upcoming": "to come",
    "not_expected": "not expected",
    "excused": "excused",
    "canceled": "canceled",
}

SEATS = {
    "requested": "asked for",
    "waitlisted": "on the waitlist",
    "booked": "booked",
    "canceled": "canceled",
    None: "no seat",
}

AUDIENCES: dict[Audience, str] = {
    "learner": "learner",
    "coordinator": "coordinator",
    "manager": "manager",
    "instructor": "instructor",
    "program_owner": "program owner",
    "data_admin": "data administrator",
}

CLOSED_HOW = {
    "roster": "a person closed the roster",
    "sheet": "the sheet is in",
    "end_marker": "the host ended the meeting, and its last messages had time to come",
    "lateness": "nothing more is to be expected after so long",
}

CLOSED_BY = {
    "roster": "roster closed by hand",
    "sheet": "the sheet is in",
    "end_marker": "the meeting ended",
    "lateness": "nothing more is to be expected",
}
"""What closed a channel, as short as the row of somebody who was absent has room for."""

MODELS = {
    "flipped": "flipped classroom",
    "rotation": "rotation",
    "flex": "flex",
    "enriched_virtual": "enriched virtual",
}

GAP_MOMENTS = {
    "milepost.gap.opened.v1": "Opened",
    "milepost.gap.mitigated.v1": "A plan exists",
    "milepost.gap.severity_changed.v1": "Now",
    "milepost.gap.resolved.v1": "Closed",
    "milepost.gap.retracted.v1": "Retracted: it was never true",
    "milepost.gap.superseded.v1": "Superseded by",
}
