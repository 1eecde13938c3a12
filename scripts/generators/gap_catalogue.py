"""Writes docs/gaps.md: what every rule says of itself, and which gap silences which.

`python -m scripts.generators.gap_catalogue DIR` writes below DIR; `make generate` runs it on the repository.
"""

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from milepost.core.calendar import Offset
from milepost.core.inhibition import TABLE, Inhibition
from milepost.core.rules import JOURNEY_RULES, SESSION_RULES, SOURCE_RULES, Rule
from milepost_schemas.program import PATIENT_GAPS

INTRODUCTION = """\
# The gap catalogue

Generated from the rules in `services/milepost/core/rules/` by `make generate`.

A gap is an expectation that was not met, with what shows it and what would close it. It is `open`; `mitigated` while a
plan exists that would close it; `resolved` with the fact that did it; `retracted` when what is known now shows that it
was never true; `superseded` when another gap says it better. A gap about absence opens only once the source that would
have told us was heard past the moment in question, so a silent source opens none.

A program sets what it wants to differ under `gaps`: `enabled`, `after` (the patience), `at` (the moments before
something), `severity`, `tell`. In a program with `compliance: true` every severity is one level up.
"""

KINDS: tuple[tuple[str, Mapping[str, Rule]], ...] = (
    ("About a learner on a program", JOURNEY_RULES),
    ("About a session", SESSION_RULES),
    ("About a source", SOURCE_RULES),
)

SCOPES = {"journey": "in the same journey", "step": "for the same step", "session": "for the same session"}


def page() -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, *(line for title, rules in KINDS for line in _section(title, rules))])


def main(folder: Path) -> None:
    """Write the page below a folder."""
    path = folder / "docs" / "gaps.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(), encoding="utf-8")


def _section(title: str, rules: Mapping[str, Rule]) -> Iterator[str]:
    yield f"## {title}\n"
    for gap, rule in rules.items():
        yield f"### {rule.TITLE}\n"
        yield f"`{gap}`. {_meaning(rule)}\n"
        yield "| | |\n|---|---|"
        yield from (f"| {name} | {text} |" for name, text in _rows(gap, rule))
        yield ""


def _meaning(rule: Any) -> str:
    """Return what the rule's docstring says after the title that it begins with."""
    lines = (inspect.getdoc(rule) or "").split("\n\n")
    first, *more = [" ".join(paragraph.split()) for paragraph in lines]
    _, _, meaning = first.partition(": ")
    return " ".join([meaning[:1].upper() + meaning[1:], *more])


def _rows(gap: str, rule: Any) -> Iterator[tuple[str, str]]:
    yield "why", rule.WHY
    if hasattr(rule, "WHY_NO_SESSION"):
        yield "why, without a session", rule.WHY_NO_SESSION
    if hasattr(rule, "WHY_BEGUN"):
        yield "why, once the session has begun", rule.WHY_BEGUN
    yield "closes when", rule.CLOSES_WHEN
    if hasattr(rule, "CLOSES_WHEN_BEGUN"):
        yield "closes when, once it has begun", rule.CLOSES_WHEN_BEGUN
    if gap in PATIENT_GAPS:
        yield "patience (`after`)", _span(rule.PATIENCE) if hasattr(rule, "PATIENCE") else "none"
    if hasattr(rule, "SPEAKS"):
        yield "speaks (`at`)", ", ".join(_span(offset) for offset in rule.SPEAKS) + " before"
    yield "told (`tell`)", ", ".join(audience.replace("_", " ") for audience in rule.TOLD)
    silenced = [_by(row) for row in TABLE if row.gap == gap]
    if silenced:
        yield "silent while", "; ".join(silenced)


def _by(row: Inhibition) -> str:
    how = "open or pending" if row.pending else "open"
    unless = ", as long as this one is a warning" if row.warnings_only else ""
    return f"`{row.by}` is {how} {SCOPES[row.scope]}{unless}"


def _span(offset: Offset) -> str:
    return f"{offset.count}{offset.unit.value}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
