"""What a shape cannot tell: names that nobody has, rules that wait for each other, thresholds out of reach."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from zoneinfo import available_timezones

from milepost.core.calendar import is_zone
from milepost.programs.circles import find_circles
from milepost.programs.problem import Finding, Path
from milepost.programs.shape import Draft, DraftStep, shown
from milepost.programs.shipped import find_calendar, list_calendars
from milepost_schemas import program as rules
from milepost_schemas.program_lines import (
    AnchorLine,
    ClaimLine,
    DateLine,
    DueLine,
    RelativeLine,
    read_anchor,
    read_condition,
    read_due,
    read_offset,
    suggest,
)

NOMINAL_MINUTES = {"min": 1, "h": 60, "wh": 60, "d": 1440, "wd": 1440, "w": 10080, "mo": 43200}
"""About how long a unit is, to see whether spans stand in order."""


def check_draft(draft: Draft) -> Iterator[Finding]:
    """Yield everything that is wrong with a program although its shape is right."""
    yield from _head(draft)
    yield from _duplicates(draft)
    for step in draft.steps:
        yield from _references(step, draft)
        yield from _how_it_is_shown(step)
        yield from _live(step)
        yield from _occurrences(step)
    yield from find_circles(draft)


def _head(draft: Draft) -> Iterator[Finding]:
    head = draft.head
    if not is_zone(head.zone):
        close = get_close_matches(head.zone, sorted(available_timezones()), n=1)
        wish = f"did you mean {close[0]!r}?" if close else "write a zone of the IANA database, e.g. Europe/Berlin"
        yield Finding(("zone",), f"unknown zone {head.zone!r}", wish)
    if find_calendar(head.calendar) is None:
        wish = suggest(head.calendar, list_calendars())
        yield Finding(("calendar",), f"unknown calendar {head.calendar!r}", wish)
    if head.deadline is not None:
        yield from _due(("deadline",), read_due(head.deadline), draft)
    for gap_type, settings in head.gaps.items():
        yield from _gap(("gaps", gap_type), gap_type, settings)


def _gap(path: Path, gap_type: str, settings: rules.GapRule) -> Iterator[Finding]:
    if gap_type in rules.GAPS_OF_SOURCES:
        yield Finding(
            path, f"{gap_type} is about a source, not a program", "set the source's rhythm where it is declared"
        )
        return
    if settings.after is not None and gap_type not in rules.PATIENT_GAPS:
        wish = "set `at`, e.g. [72h, 24h]" if gap_type in rules.STEPPED_GAPS else "leave `after` out"
        yield Finding((*path, "after"), f"{gap_type} has no patience to set", wish)
    if settings.at is not None and gap_type not in rules.STEPPED_GAPS:
        listed = ", ".join(sorted(rules.STEPPED_GAPS))
        yield Finding((*path, "at"), f"{gap_type} does not speak before something", f"`at` is for {listed}")
    if settings.at is not None and not _rises([_minutes(text) for text in reversed(settings.at)]):
        yield Finding((*path, "at"), "spans out of order", "write the earliest moment first, e.g. [72h, 24h]")


def _duplicates(draft: Draft) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for step in draft.steps:
        if "id" in step.broken:
            continue
        if step.rule.id in first:
            found = f"the id {step.rule.id!r} is also that of steps[{first[step.rule.id]}]"
            yield Finding(("steps", step.index, "id"), found, "every step needs an id of its own")
        first.setdefault(step.rule.id, step.index)


def _references(step: DraftStep, draft: Draft) -> Iterator[Finding]:
    here: Path = ("steps", step.index)
    if step.rule.due is not None:
        yield from _due((*here, "due"), read_due(step.rule.due), draft)
    if step.rule.each is not None:
        yield from _anchor((*here, "each", "after"), read_anchor(step.rule.each.after), draft)
    for position, name in enumerate(step.rule.after.steps if step.rule.after else ()):
        if name not in draft.ids:
            found = f"unknown step {name!r}"
            yield Finding((*here, "after", "steps", position), found, suggest(name, _others(draft, step)))


def _others(draft: Draft, step: DraftStep) -> list[str]:
    return [name for name in draft.ids if name != step.rule.id]


def _due(path: Path, due: DueLine, draft: Draft) -> Iterator[Finding]:
    match due:
        case DateLine(on=on):
            opens = draft.head.opens
            if opens is not None and on < date.fromisoformat(opens):
                yield Finding(path, f"due on {on}, before the program opens on {opens}", "a date from then on")
        case RelativeLine(direction="before", anchor=AnchorLine(moment="enrollment")):
            yield Finding(path, "a due before the enrollment has always passed", "write `after enrollment`")
        case RelativeLine(direction="before", anchor=AnchorLine(moment="satisfied", step=name)) if name in draft.ids:
            found = f"`before {name}` is known only once {name} was satisfied"
            yield Finding(
                path, found, f"write `before {name}.start`" if _is_live(name, draft) else f"write `after {name}`"
            )
        case RelativeLine(anchor=anchor):
            yield from _anchor(path, anchor, draft)


def _anchor(path: Path, anchor: AnchorLine, draft: Draft) -> Iterator[Finding]:
    if anchor.step is None:
        return
    if anchor.step not in draft.ids:
        yield Finding(path, f"unknown anchor {anchor.step!r}", suggest(anchor.step, ["enrollment", *draft.ids]))
    elif anchor.moment in ("start", "end") and not _is_live(anchor.step, draft):
        moments = [f"{step.rule.id}.{anchor.moment}" for step in draft.steps if step.rule.live]
        found = f"{anchor.step!r} has no sessions, so no {anchor.moment}: it is no live step"
        yield Finding(path, found, suggest(str(anchor), [*moments, anchor.step]))


def _is_live(name: str, draft: Draft) -> bool:
    return any(step.rule.id == name and (step.rule.live or "live" in step.broken) for step in draft.steps)


def _how_it_is_shown(step: DraftStep) -> Iterator[Finding]:
    if step.broken & {"done", "evidence", "live"}:
        return
    rule, here = step.rule, ("steps", step.index)
    needs = set(_needs(rule.done))
    if rule.evidence and rule.live:
        yield Finding((*here, "live"), "both `live` and `evidence`", "make two steps of it")
    if "evidence" in needs and not rule.evidence:
        wish = "add `evidence: {source, activity}`" + ("" if rule.live else ", or `signed_off_by` in `done`")
        yield Finding((*here, "done"), f"{_spoken(rule.done)}, but no `evidence` says of which activity", wish)
    if "live" in needs and not rule.live:
        yield Finding((*here, "done"), f"{_spoken(rule.done)}, but the step has no `live`", "add `live: {course: ...}`")
    if rule.evidence and not rule.live and "evidence" not in needs:
        found = f"`evidence` that {_spoken(rule.done)} never reads"
        yield Finding((*here, "evidence"), found, "leave it out, or add a condition such as completed to `done`")
    if rule.live and not rule.evidence and "live" not in needs:
        found = f"`live` that {_spoken(rule.done)} never reads"
        yield Finding((*here, "live"), found, "add a condition such as present >= 80% to `done`")
    yield from _distinct((*here, "done"), rule.done, rule)


def _spoken(done: rules.DoneRule) -> str:
    return f"`done: {done}`" if isinstance(done, str) else "`done`"


def _needs(done: rules.DoneRule) -> Iterator[str]:
    match done:
        case str():
            condition = read_condition(done)
            yield "live" if not isinstance(condition, ClaimLine) and condition.what == "present" else "evidence"
        case rules.SignedOffRule():
            yield "sign_off"
        case rules.DistinctRule(of=of):
            yield from _needs(of)
        case rules.AnyRule(any=parts) | rules.AllRule(all=parts):
            for part in parts:
                yield from _needs(part)


def _distinct(path: Path, done: rules.DoneRule, rule: rules.StepRule) -> Iterator[Finding]:
    match done:
        case rules.AnyRule(any=parts):
            for index, part in enumerate(parts):
                yield from _distinct((*path, "any", index), part, rule)
        case rules.AllRule(all=parts):
            for index, part in enumerate(parts):
                yield from _distinct((*path, "all", index), part, rule)
        case rules.DistinctRule():
            yield from _one_distinct(path, done, rule)


def _one_distinct(path: Path, done: rules.DistinctRule, rule: rules.StepRule) -> Iterator[Finding]:
    if set(_needs(done.of)) != {"evidence"}:
        found = "`distinct` counts activities, and `of` is no condition on one"
        yield Finding((*path, "of"), found, "write of: completed, passed or score >= 0.8")
    if rule.each:
        yield Finding((*path, "distinct"), "`distinct` in a step with `each`", "`each` counts its occurrences itself")
    elif done.distinct > 1 and rule.evidence and rule.evidence.match == "exact":
        found = f"{done.distinct} different activities, but `evidence` names one"
        yield Finding((*path, "distinct"), found, "add `match: prefix` to `evidence`")


def _live(step: DraftStep) -> Iterator[Finding]:
    rule, here = step.rule, ("steps", step.index)
    if rule.live and rule.live.attend is not None and rule.live.attend > rule.live.parts:
        found = f"attend {rule.live.attend} of {rule.live.parts}: that can never be met"
        yield Finding((*here, "live", "attend"), found, f"at most {rule.live.parts}")
    if not rule.live and "live" not in step.broken:
        for key in ("roster", "channels"):
            if getattr(rule, key) is not None:
                yield Finding(
                    (*here, key), f"`{key}` in a step without `live`", "add `live: {course: ...}` or leave it out"
                )
    if rule.attempts and not rule.evidence and "evidence" not in step.broken:
        yield Finding((*here, "attempts"), "`attempts` in a step without `evidence`", "leave it out")


def _occurrences(step: DraftStep) -> Iterator[Finding]:
    rule, here = step.rule, ("steps", step.index)
    if rule.evidence:
        yield from _braces((*here, "evidence", "activity"), rule.evidence, bool(rule.each) or "each" in step.broken)
    if rule.each is None:
        return
    if rule.due is not None:
        yield Finding((*here, "due"), "both `due` and `each`", "leave `due` out: every occurrence is due by `within`")
    if rule.live:
        yield Finding((*here, "each"), "`each` in a live step", "write a live step for each date")
    if not _rises([_minutes(text) for text in rule.each.at]):
        found = f"{', '.join(rule.each.at)}: occurrences out of order"
        yield Finding((*here, "each", "at"), found, "write them in the order in which they open")
    if _minutes(rule.each.within) == 0:
        yield Finding((*here, "each", "within"), f"{rule.each.within}: due as it opens", "a span above zero, e.g. 4d")


def _braces(path: Path, evidence: rules.EvidenceRule, has_each: bool) -> Iterator[Finding]:
    names = re.findall(r"\{([^}]*)\}", evidence.activity)
    for name in names:
        if name == "cycle":
            yield Finding(path, "`{cycle}` is not supported yet", rules.NOT_YET["cycle"])
        elif name != "n":
            yield Finding(path, f"unknown placeholder {shown('{' + name + '}')}", "the only one is {n}, with `each`")
    if "n" not in names:
        return
    if not has_each:
        yield Finding(path, "`{n}` without `each`", "add `each: {at, after, within}`, or write the whole IRI")
    if names.count("n") > 1:
        yield Finding(path, "`{n}` stands twice", "write it once")
    if evidence.match == "prefix":
        yield Finding(path, "`{n}` with `match: prefix`: 1 also begins 10", "leave `match` out")


def _minutes(text: str) -> int:
    offset = read_offset(text)
    return offset.count * NOMINAL_MINUTES[offset.unit]


def _rises(numbers: Iterable[int]) -> bool:
    return all(earlier < later for earlier, later in pairwise(numbers))
