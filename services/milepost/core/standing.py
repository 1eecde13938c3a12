"""The gaps that stand: what the rules find, as the program wants them heard, without what another gap says better."""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from milepost.core.gap import LOUDER, Breach, Ended, Finding, Plan, gap_id
from milepost.core.inhibition import inhibitor
from milepost.core.program import RuleSettings
from milepost_schemas.projections import GapRow
from milepost_schemas.words import Audience, Severity, SubjectKind


class Subject(Struct, frozen=True):
    """What gaps are about: one attempt, session or source of a tenant."""

    tenant: str
    kind: SubjectKind
    id: str
    learner: str | None = None
    program: str | None = None
    source: str | None = None
    compliance: bool = False
    ended: Ended | None = None
    """When nothing more is expected of the subject: the learner withdrew."""


class StandingGap(Struct, frozen=True):
    """A breach with its id, its loudness, and the gap that silences it, if one does. `row` is as if just opened."""

    row: GapRow
    ended: Ended | None
    plan: Plan | None
    silenced_by: str | None


Settings = Callable[[str], RuleSettings]


def standing_gaps(
    subject: Subject,
    findings: Mapping[str, Iterable[Finding]],
    settings: Settings,
    told_by: Mapping[str, tuple[Audience, ...]],
    tracking_from: int,
) -> dict[str, StandingGap]:
    """Return the gaps of a subject by id, each with what it would say if it were opened now."""
    made = {gap: tuple(found) for gap, found in findings.items()}
    on = {gap: found for gap, found in made.items() if found and settings(gap).enabled}
    standing = {}
    for gap, found in on.items():
        for breach in found:
            if isinstance(breach, Breach):
                row = _row(subject, gap, breach, settings(gap), told_by[gap], tracking_from)
                end = _end(breach, subject)
                standing[row.gap_id] = StandingGap(row, end, breach.plan, inhibitor(gap, breach, on))
    return standing


def _end(breach: Breach, subject: Subject) -> Ended | None:
    ends = [end for end in (breach.ended, subject.ended) if end is not None]
    return min(ends, key=lambda end: end.at) if ends else None


def _row(
    subject: Subject,
    gap: str,
    breach: Breach,
    settings: RuleSettings,
    told: tuple[Audience, ...],
    tracking_from: int,
) -> GapRow:
    historical = breach.since < tracking_from
    place = breach.place
    return GapRow(
        gap_id=gap_id(subject.tenant, subject.id, gap, place),
        gap=gap,
        subject_kind=subject.kind,
        subject=subject.id,
        about=place.name,
        state="open",
        severity=_severity(subject, breach, settings),
        since=breach.since,
        opened_at=0,
        changed_at=0,
        historical=historical,
        told=() if historical else settings.tell or told,
        shown_by=breach.shown_by,
        occurrences=breach.occurrences,
        learner=subject.learner,
        program=subject.program,
        step=place.step,
        offering=place.offering,
        session=place.session,
        identifier=place.identifier,
        source=subject.source,
        values=dict(breach.values),
    )


def _severity(subject: Subject, breach: Breach, settings: RuleSettings) -> Severity:
    said = breach.severity if settings.severity is None else settings.severity
    return LOUDER[said] if subject.compliance and settings.severity is None else said
