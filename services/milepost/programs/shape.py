"""The shape of a program file: which keys stand where, and what each may hold.

What is wrong with one key does not hide what is wrong with the next: the broken keys are left out, and what remains is
a draft that the other checks still read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from milepost.programs.problem import Finding, Path
from milepost_schemas import program as rules
from milepost_schemas.program_lines import CONDITION_FORM, DUE_FORM, OFFSET_FORM, Unreadable, suggest


@dataclass(frozen=True, slots=True)
class DraftStep:
    """A step as far as it can be read; `broken` names the keys that cannot, and hold a placeholder or nothing."""

    index: int
    rule: rules.StepRule
    broken: frozenset[str]


@dataclass(frozen=True, slots=True)
class Draft:
    """A program as far as it can be read, with the id of every step, readable or not."""

    head: rules.ProgramFile
    steps: tuple[DraftStep, ...]
    ids: tuple[str, ...]


PLACEHOLDERS: Mapping[str, Any] = {"id": "unreadable", "stage": "pre_learning", "done": "completed"}
HEAD_PLACEHOLDERS: Mapping[str, Any] = {"program": "unreadable", "version": 1}

MODELS: Mapping[str, type[BaseModel]] = {
    "evidence": rules.EvidenceRule,
    "attempts": rules.AttemptsRule,
    "live": rules.LiveRule,
    "after": rules.GateRule,
    "each": rules.EachRule,
    "any_of": rules.AnyRule,
    "all_of": rules.AllRule,
    "distinct_of": rules.DistinctRule,
    "sign_off": rules.SignedOffRule,
}

FORMS: Mapping[str, str] = {
    "program": "the program's id: letters, digits, -, _ and ., e.g. crane-signaller",
    "version": "a whole number from 1",
    "steps": "a list of steps, each with id, stage and done",
    "id": "a short id of the step: letters, digits, - and _",
    "stage": "pre_learning, live, reinforcement or support",
    "done": f"{CONDITION_FORM}, or a mapping with any, all, distinct or signed_off_by",
    "of": CONDITION_FORM,
    "any": "a list of conditions, e.g. [passed, score >= 0.8]",
    "all": "a list of conditions, e.g. [completed, score >= 0.8]",
    "due": DUE_FORM,
    "deadline": DUE_FORM,
    "notice": OFFSET_FORM,
    "within": OFFSET_FORM,
    "evidence_from": "how old work may be, e.g. 90d (before the enrollment), or a date",
    "opens": "a date, e.g. 2026-09-01",
    "calendar": "the name of a calendar, e.g. de-by@2026",
    "zone": "a time zone, e.g. Europe/Berlin",
    "evidence": '{source: lms, activity: "https://lms.example.com/mod/quiz/view.php?id=4"}',
    "source": "the name of the source that reports it, e.g. lms",
    "activity": "the activity's IRI, in quotes",
    "live": "{course: TMS-CRANE}, with parts, attend and make_up where it has several parts",
    "course": "the course as the training office names it, in quotes if it is a number",
    "channels": "the ways of being there and who reports each, e.g. {room: sheet, remote: zoom}",
    "each": "{at: [3d, 10d, 30d], after: practice, within: 4d}",
    "at": "a list of spans of time, e.g. [72h, 24h]",
    "attempts": "{max: 3, take: best}",
    "signed_off_by": "a list of roles, e.g. [assessor]",
    "gaps": "gap types and their settings, e.g. never_started: {after: 5wd}",
    "tell": "a list of who is told, e.g. [coordinator, manager]",
}


def read_shape(value: Any) -> tuple[Draft, list[Finding]]:
    """Return the draft of a file's value, and what is wrong with its shape."""
    if not isinstance(value, dict):
        nothing = Finding((), "no program here", "a program begins with `program:`, `version:` and `steps:`")
        return Draft(_head({}, frozenset()), (), ()), [nothing]
    errors = _errors(rules.ProgramFile, value)
    cycles = _cycles(value.get("steps"))
    findings = [_not_yet(("steps", index, "cycle"), "cycle") for index in sorted(cycles)]
    findings += [_finding(error) for error in errors if not _follows(error, cycles)]
    findings += _empty(value, {finding.path for finding in findings})
    broken = frozenset(str(error["loc"][0]) for error in errors)
    steps = value.get("steps")
    items = list(enumerate(steps)) if isinstance(steps, list) else []
    drafts = [_step(index, item) for index, item in items if isinstance(item, dict) and index not in cycles]
    ids = tuple(item["id"] for _, item in items if isinstance(item, dict) and isinstance(item.get("id"), str))
    return Draft(_head(_without_broken_gaps(value, errors), broken), tuple(drafts), ids), findings


def _empty(value: Any, reported: Set[Path], path: Path = ()) -> Iterator[Finding]:
    """Yield the keys behind which nothing stands: the model would take them for left out."""
    if value is None and path not in reported:
        yield Finding(path, shown(value), _form(path, "write a value, or leave the key out"))
    for key, item in value.items() if isinstance(value, dict) else ():
        yield from _empty(item, reported, (*path, key))
    for index, item in enumerate(value) if isinstance(value, list) else ():
        yield from _empty(item, reported, (*path, index))


def _errors(model: type[BaseModel], value: Any) -> list[ErrorDetails]:
    try:
        model.model_validate(value)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _cycles(steps: Any) -> frozenset[int]:
    items = steps if isinstance(steps, list) else []
    return frozenset(index for index, item in enumerate(items) if isinstance(item, dict) and "cycle" in item)


def _follows(error: ErrorDetails, cycles: frozenset[int]) -> bool:
    """Return whether an error only follows from what is refused as a whole: a cycle, a survey, a desk for help."""
    loc = error["loc"]
    if len(loc) > 1 and loc[0] == "steps" and loc[1] in cycles:
        return True
    missing_done = error["type"] == "missing" and loc[-1] == "done"
    return missing_done and isinstance(error["input"], dict) and not {"survey", "help"}.isdisjoint(error["input"])


def _step(index: int, item: dict[str, Any]) -> DraftStep:
    broken = frozenset(str(error["loc"][0]) for error in _errors(rules.StepRule, item))
    kept = {key: value for key, value in item.items() if key not in broken}
    return DraftStep(index, rules.StepRule.model_validate({**PLACEHOLDERS, **kept}), broken)


def _head(value: Mapping[str, Any], broken: frozenset[str]) -> rules.ProgramFile:
    kept = {key: value for key, value in value.items() if key not in broken - {"gaps"} and key != "steps"}
    step = {"id": "unreadable", "stage": "live", "done": "completed"}
    return rules.ProgramFile.model_validate({**HEAD_PLACEHOLDERS, **kept, "steps": [step]})


def _without_broken_gaps(value: Mapping[str, Any], errors: list[ErrorDetails]) -> dict[str, Any]:
    gaps = value.get("gaps")
    broken = {error["loc"][1] for error in errors if error["loc"][0] == "gaps" and len(error["loc"]) > 1}
    kept = {key: item for key, item in gaps.items() if key not in broken} if isinstance(gaps, dict) else {}
    return {**value, "gaps": kept}


def _finding(error: ErrorDetails) -> Finding:
    loc = error["loc"]
    path = tuple(part for part in loc if part not in (*rules.DONE_TAGS, "[key]"))
    return Finding(path, *_explained(error, loc, str(path[-1]) if path else ""))


def _explained(error: ErrorDetails, loc: Path, key: str) -> tuple[str, str]:
    given = error["input"]
    match error["type"]:
        case "value_error" if isinstance(unreadable := error.get("ctx", {}).get("error"), Unreadable):
            return unreadable.found, unreadable.possible
        case "extra_forbidden":
            return _unknown_key(loc, key)
        case "missing":
            return f"`{key}` is missing", _form(loc, "one is needed")
        case "literal_error":
            return _unknown_word(loc, key, given, re.findall(r"'([^']*)'", error["ctx"]["expected"]))
        case "union_tag_not_found":
            return _unknown_condition(given)
        case "bool_type":
            likely = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(str(given).lower())
            return shown(given), f"did you mean {likely}? possible: true, false" if likely else "possible: true, false"
        case "string_type" if isinstance(given, list) and key == "due":
            return "a list of dates", f"not supported yet, it goes with `cycle`; one due for one step: {DUE_FORM}"
        case "string_type" if isinstance(given, int | float):
            return shown(given), f'put it in quotes: "{given}"'
    return shown(given), _form(loc, error["msg"])


def _form(loc: Path, otherwise: str) -> str:
    named = [part for part in loc if isinstance(part, str) and part in FORMS]
    return f"write {FORMS[named[-1]]}" if named and not _is_number(otherwise) else otherwise


def _is_number(message: str) -> bool:
    return message.startswith("Input should be greater") or message.startswith("Input should be less")


def _unknown_key(loc: Path, key: str) -> tuple[str, str]:
    if key in rules.NOT_YET:
        return f"`{key}` is not supported yet", rules.NOT_YET[key]
    if key == "within" and "sign_off" in loc:
        return "`within` of a sign-off is not supported yet", "leave it out; give the step a due of its own"
    return f"unknown key {key!r}", suggest(key, _keys(loc))


def _keys(loc: Path) -> Iterable[str]:
    if len(loc) == 1:
        return rules.ProgramFile.model_fields
    if loc[0] == "gaps":
        return rules.GapRule.model_fields
    named = [MODELS[part] for part in loc[2:-1] if isinstance(part, str) and part in MODELS]
    return (named[-1] if named else rules.StepRule).model_fields


def _unknown_word(loc: Path, key: str, given: Any, choices: list[str]) -> tuple[str, str]:
    if str(given) in rules.GAPS_NOT_YET and loc[0] == "gaps":
        return f"no rule finds {given} yet", suggest("", choices)
    if given in rules.ROSTERS_NOT_YET and key == "roster":
        return f"the roster {given!r} is not supported yet", "write roster: booking, and book the cohort's members"
    return f"{shown(given)} is unknown here", suggest(str(given), choices)


def _unknown_condition(given: Any) -> tuple[str, str]:
    choices = ("any", "all", "distinct", "signed_off_by")
    if isinstance(given, dict) and given:
        return f"no condition has the keys {', '.join(given)}", suggest(str(next(iter(given))), choices)
    return shown(given), f"write {FORMS['done']}"


def _not_yet(path: Path, construct: str) -> Finding:
    return Finding(path, f"`{construct}` is not supported yet", rules.NOT_YET[construct])


def shown(value: Any) -> str:
    """Return a value as it may be quoted in a sentence."""
    match value:
        case None:
            return "nothing stands here"
        case True | False:
            return str(value).lower()
        case dict():
            return "a mapping"
        case list():
            return "a list" if value else "an empty list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
