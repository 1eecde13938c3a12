"""What a file leaves silent: defaults are filled in once, as a file is read, so that no rule sees the model."""

from typing import Any

from milepost.core.compile import readable
from milepost_schemas import program as rules
from milepost_schemas.words import Severity

GATES: dict[rules.Model, rules.GateKind] = {
    "flipped": "strict",
    "rotation": "soft",
    "flex": "soft",
    "enriched_virtual": "strict",
}

SEVERITIES: dict[rules.Model, dict[rules.GapType, Severity]] = {
    "flipped": {"no_show": "high", "attended_without_prework": "high"},
    "rotation": {"no_show": "high"},
    "flex": {},
    "enriched_virtual": {"no_show": "high"},
}


def fill_in(file: rules.ProgramFile, calendar: rules.CalendarRule) -> dict[str, Any]:
    """Return the definition that a file means, as plain JSON: complete in itself, its calendar inside."""
    whole = rules.ProgramDefinition(
        **{key: getattr(file, key) for key in rules.ProgramHead.model_fields}
        | {
            "title": file.title or readable(file.program),
            "steps": [_step(step, file.model) for step in file.steps],
            "gaps": _gaps(file),
            "calendar": calendar,
        }
    )
    return whole.model_dump(mode="json", exclude_none=True)


def _step(step: rules.StepRule, model: rules.Model | None) -> rules.StepRule:
    filled: dict[str, Any] = {"title": step.title or readable(step.id)}
    if step.after is not None and step.after.gate is None:
        filled["after"] = step.after.model_copy(update={"gate": GATES[model] if model else "soft"})
    if step.live is not None:
        filled["live"] = step.live.model_copy(update={"attend": step.live.attend or step.live.parts})
        filled["roster"] = "booking"
    return step.model_copy(update=filled)


def _gaps(file: rules.ProgramFile) -> dict[rules.GapType, rules.GapRule]:
    gaps = dict(file.gaps)
    for gap_type, severity in SEVERITIES[file.model].items() if file.model else ():
        said = gaps.get(gap_type, rules.GapRule())
        gaps[gap_type] = said.model_copy(update={"severity": said.severity or severity})
    return gaps
