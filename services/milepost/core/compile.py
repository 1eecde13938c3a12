"""Compiling: a published definition becomes the frozen values that rules read.

A definition was checked when it was published. It is read again for ever, so what a later version of the format adds
is passed over, and nothing outside the definition is looked at.
"""

from collections.abc import Mapping
from datetime import date, time
from typing import Any, assert_never

from milepost.core.calendar import Calendar, Offset, Unit, start_of_day
from milepost.core.program import (
    AllOf,
    Anchor,
    AnchorKind,
    AnyOf,
    AtLeast,
    Attempts,
    ChannelPlan,
    Claimed,
    DateDue,
    Distinct,
    Done,
    Due,
    Each,
    Evidence,
    Gate,
    Live,
    Present,
    Program,
    RelativeDue,
    RuleSettings,
    SignedOff,
    Step,
)
from milepost_schemas import program as rules
from milepost_schemas import program_lines as lines


def compile_program(definition: Mapping[str, Any], published_at: int) -> Program:
    """Return the program that a published definition says; raise pydantic.ValidationError where it is none."""
    read = rules.ProgramDefinition.model_validate(dict(definition), extra="ignore")
    return Program(
        id=read.program,
        version=read.version,
        title=read.title or readable(read.program),
        model=read.model,
        compliance=read.compliance,
        zone=read.zone,
        calendar=compile_calendar(read.calendar),
        opens_at=None if read.opens is None else start_of_day(date.fromisoformat(read.opens), read.zone),
        deadline=_due(read.deadline),
        notice=_offset(read.notice),
        evidence_from=_since(read.evidence_from),
        steps=tuple(_step(step) for step in read.steps),
        gaps={gap_type: _settings(settings) for gap_type, settings in read.gaps.items()},
        published_at=published_at,
    )


def compile_calendar(calendar: rules.CalendarRule) -> Calendar:
    """Return the calendar that a definition carries."""
    return Calendar(
        id=calendar.calendar,
        holidays=frozenset(date.fromisoformat(day) for day in calendar.holidays),
        weekend=frozenset(day - 1 for day in calendar.weekend),
        day_starts=time.fromisoformat(calendar.day_starts),
        day_ends=time.fromisoformat(calendar.day_ends),
    )


def readable(name: str) -> str:
    """Return an id as a title: `on-the-job` reads `On the job`."""
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _step(step: rules.StepRule) -> Step:
    return Step(
        id=step.id,
        stage=step.stage,
        title=step.title or readable(step.id),
        done=_done(step.done),
        required=step.required,
        evidence=_evidence(step.evidence),
        attempts=_attempts(step.attempts),
        live=_live(step.live),
        roster=step.roster,
        channels=tuple(ChannelPlan(name, source) for name, source in (step.channels or {}).items()),
        after=_gate(step.after),
        each=_each(step.each),
        due=_due(step.due),
    )


def _done(done: rules.DoneRule) -> Done:
    match done:
        case str():
            return _condition(lines.read_condition(done))
        case rules.AnyRule():
            return AnyOf(tuple(_done(part) for part in done.any))
        case rules.AllRule():
            return AllOf(tuple(_done(part) for part in done.all))
        case rules.DistinctRule():
            return Distinct(done.distinct, _done(done.of))
        case rules.SignedOffRule():
            return SignedOff(tuple(done.signed_off_by), done.times)
        case _:
            assert_never(done)


def _condition(condition: lines.ConditionLine) -> Done:
    match condition:
        case lines.ClaimLine(claim):
            return Claimed(claim)
        case lines.MeasureLine("present", least, minutes=True):
            return Present(minutes=int(least))
        case lines.MeasureLine("present", least):
            return Present(share=least)
        case lines.MeasureLine("score", least):
            return AtLeast("score", least)
        case lines.MeasureLine(least=least):
            return AtLeast("progress", least)
        case _:
            assert_never(condition)


def _evidence(evidence: rules.EvidenceRule | None) -> Evidence | None:
    if evidence is None:
        return None
    return Evidence(evidence.source, evidence.activity, evidence.match)


def _attempts(attempts: rules.AttemptsRule | None) -> Attempts:
    return Attempts() if attempts is None else Attempts(attempts.take)


def _live(live: rules.LiveRule | None) -> Live | None:
    if live is None:
        return None
    return Live(live.course, live.parts, live.parts if live.attend is None else live.attend, live.make_up)


def _gate(gate: rules.GateRule | None) -> Gate | None:
    if gate is None:
        return None
    return Gate(tuple(gate.steps), gate.gate or "soft")


def _each(each: rules.EachRule | None) -> Each | None:
    if each is None:
        return None
    return Each(
        at=tuple(_offset(text) for text in each.at),
        after=_anchor(lines.read_anchor(each.after)),
        within=_offset(each.within),
    )


def _settings(settings: rules.GapRule) -> RuleSettings:
    return RuleSettings(
        enabled=settings.enabled,
        after=None if settings.after is None else _offset(settings.after),
        at=None if settings.at is None else tuple(_offset(text) for text in settings.at),
        severity=settings.severity,
        tell=None if settings.tell is None else tuple(settings.tell),
    )


def _due(text: str | None) -> Due | None:
    if text is None:
        return None
    match lines.read_due(text):
        case lines.DateLine(on, at, roll):
            return DateDue(on, at, roll)
        case lines.RelativeLine(offset, direction, anchor, at, roll):
            return RelativeDue(_span(offset), direction, _anchor(anchor), at, roll)


def _since(text: str | None) -> Offset | date | None:
    if text is None:
        return None
    since = lines.read_since(text)
    return since if isinstance(since, date) else _span(since)


def _anchor(anchor: lines.AnchorLine) -> Anchor:
    return Anchor(AnchorKind(anchor.moment), anchor.step)


def _offset(text: str) -> Offset:
    return _span(lines.read_offset(text))


def _span(offset: lines.OffsetLine) -> Offset:
    return Offset(offset.count, Unit(offset.unit))
