"""Inhibition: which gap says it better than which.

`A -> B`: while A is open or pending, B is not opened; if it was open it is superseded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from milepost.core.gap import Breach, Finding, Pending, Place

Scope = Literal["journey", "step", "session"]


@dataclass(frozen=True, slots=True)
class Inhibition:
    """One row: `by` silences `gap` where both are about the same thing; `pending` counts unless it says otherwise.

    Some silence a gap only as long as it is a warning: once it is louder, it is heard beside the other.
    """

    by: str
    gap: str
    scope: Scope
    pending: bool = True
    warnings_only: bool = False


TABLE = (
    Inhibition("elearning_done_ilt_missed", "no_show", "step"),
    Inhibition("elearning_done_ilt_missed", "partial_attendance", "step"),
    Inhibition("elearning_done_ilt_missed", "not_booked", "step"),
    Inhibition("elearning_done_ilt_missed", "session_canceled_not_rebooked", "step"),
    Inhibition("session_canceled_not_rebooked", "not_booked", "step"),
    Inhibition("excused_not_rebooked", "not_booked", "step"),
    Inhibition("attended_without_prework", "unprepared_for_session", "session"),
    Inhibition("no_show", "unprepared_for_session", "session"),
    Inhibition("no_show", "reinforcement_not_started", "journey"),
    Inhibition("no_show", "reinforcement_overdue", "journey"),
    Inhibition("elearning_done_ilt_missed", "reinforcement_not_started", "journey"),
    Inhibition("elearning_done_ilt_missed", "reinforcement_overdue", "journey"),
    Inhibition("never_started", "prework_overdue", "journey", pending=False),
    Inhibition("never_started", "unprepared_for_session", "journey", pending=False, warnings_only=True),
)

BY_GAP = {gap: tuple(row for row in TABLE if row.gap == gap) for gap in {row.gap for row in TABLE}}


def inhibitor(gap: str, breach: Breach, findings: Mapping[str, Iterable[Finding]]) -> str | None:
    """Return the gap type that silences this breach now, or None."""
    for row in BY_GAP.get(gap, ()):
        if row.warnings_only and breach.severity != "warning":
            continue
        if any(
            _stands(finding, row) and _same(finding.place, breach.place, row.scope)
            for finding in findings.get(row.by, ())
        ):
            return row.by
    return None


def _stands(finding: Finding, row: Inhibition) -> bool:
    if isinstance(finding, Pending):
        return row.pending
    return finding.ended is None


def _same(one: Place, other: Place, scope: Scope) -> bool:
    match scope:
        case "journey":
            return True
        case "step":
            return one.step == other.step
        case "session":
            return (one.offering, one.session) == (other.offering, other.session)
