"""The gap catalogue: one module per gap type, named as the type is; this page lists them by what they are about."""

from collections.abc import Iterator
from typing import Protocol

from milepost.core.clock import Clock
from milepost.core.gap import Finding
from milepost.core.journey import Journey
from milepost.core.rules import (
    attendance_missing,
    attended_without_prework,
    elearning_done_ilt_missed,
    excused_not_rebooked,
    journey_overdue,
    never_started,
    no_show,
    not_booked,
    observation_missing,
    partial_attendance,
    prework_overdue,
    reinforcement_not_started,
    reinforcement_overdue,
    repeat_no_show,
    session_canceled_not_rebooked,
    source_silent,
    support_not_used,
    unmatched_attendee,
    unprepared_for_session,
    waitlisted,
)
from milepost.core.session import Session
from milepost.core.source import SourceStanding
from milepost_schemas.words import Audience


class Rule(Protocol):
    """What every rule says of itself: a title, the sentence of why, what closes it, and who is told."""

    TITLE: str
    WHY: str
    CLOSES_WHEN: str
    TOLD: tuple[Audience, ...]


class JourneyRule(Rule, Protocol):
    """A rule about one learner on one program."""

    def find(self, journey: Journey, clock: Clock) -> Iterator[Finding]:
        """Yield what is, or was, missing."""
        ...


class SessionRule(Rule, Protocol):
    """A rule about one session."""

    def find(self, session: Session, clock: Clock) -> Iterator[Finding]:
        """Yield what is, or was, missing."""
        ...


class SourceRule(Rule, Protocol):
    """A rule about one source."""

    def find(self, source: SourceStanding, clock: Clock) -> Iterator[Finding]:
        """Yield what is, or was, missing."""
        ...


JOURNEY_RULES: dict[str, JourneyRule] = {
    "never_started": never_started,
    "prework_overdue": prework_overdue,
    "unprepared_for_session": unprepared_for_session,
    "attended_without_prework": attended_without_prework,
    "not_booked": not_booked,
    "waitlisted": waitlisted,
    "session_canceled_not_rebooked": session_canceled_not_rebooked,
    "no_show": no_show,
    "elearning_done_ilt_missed": elearning_done_ilt_missed,
    "partial_attendance": partial_attendance,
    "repeat_no_show": repeat_no_show,
    "excused_not_rebooked": excused_not_rebooked,
    "reinforcement_not_started": reinforcement_not_started,
    "reinforcement_overdue": reinforcement_overdue,
    "support_not_used": support_not_used,
    "observation_missing": observation_missing,
    "journey_overdue": journey_overdue,
}

SESSION_RULES: dict[str, SessionRule] = {
    "attendance_missing": attendance_missing,
    "unmatched_attendee": unmatched_attendee,
}

SOURCE_RULES: dict[str, SourceRule] = {"source_silent": source_silent}

RULES: dict[str, Rule] = {**JOURNEY_RULES, **SESSION_RULES, **SOURCE_RULES}
"""Every gap type by its name."""
