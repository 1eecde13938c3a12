"""The words of the pages for what the contracts name by codes."""

from milepost_schemas.projections import StepState
from milepost_schemas.words import Audience, Severity, Stage

STAGES: dict[Stage, str] = {
    "pre_learning": "Pre-learning",
    "live": "Live",
    "reinforcement": "Reinforcement",
    "support": "Support",
}

JOURNEYS = {"complete": "Complete", "withdrawn": "Withdrawn", "unknown_program": "Waiting"}
"""Where learners are who are in no stage."""

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
    "snoozed": "Snoozed",
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

KINDS = {
    "moodle": "Moodle",
    "zoom": "Zoom",
    "xapi": "xAPI",
    "office": "Training office",
}

LISTS = {
    "learner_enrolled": "Who is enrolled in a program",
    "offering_scheduled": "When sessions take place",
    "seat_changed": "Who has a seat",
    "sheet_submitted": "Who was there, whole",
    "attendance_marked": "Who was there, one by one",
    "seat_excused": "Who is excused",
    "roster_closed": "Which rosters are complete",
    "observation_signed_off": "What was signed off on the job",
    "step_waived": "Who need not do a step",
    "learner_withdrawn": "Who has left a program",
    "person_described": "What people are called",
}
"""What lists say, by the type of their facts."""

DEEDS = {
    "took_list": "took in a list",
    "saw_learner": "saw a learner",
    "saw_roster": "saw a roster",
    "exported": "took out as data",
    "acknowledged_gap": "acknowledged a gap",
    "unacknowledged_gap": "took back an acknowledgment",
    "assigned_gap": "assigned a gap",
    "noted_gap": "wrote a note on a gap",
    "snoozed_gap": "snoozed a gap",
    "woke_gap": "woke a gap",
    "judged_roster": "judged on a roster",
    "closed_roster": "closed a roster",
    "reopened_roster": "opened a roster again",
    "linked": "linked somebody",
    "marked_guest": "marked a guest",
    "undid_identity": "took back who somebody is",
    "signed_in": "signed in",
    "person_erased": "erased a person",
    "signed_out": "signed out",
    "changed_password": "changed their password",
    "added_account": "added an account",
    "set_password": "set a password",
    "made_key": "made a key",
    "ended_key": "ended a key",
    "disabled_account": "disabled an account",
    "enabled_account": "enabled an account",
}
"""What stands in the audit log."""

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
