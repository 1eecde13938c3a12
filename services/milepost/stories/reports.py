"""What came of stories, for people, for programs, and for continuous integration."""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from milepost.stories.comparing import Difference
from milepost.stories.moments import write
from milepost.stories.running import Outcome


def as_text(outcomes: Sequence[Outcome]) -> str:
    """Return a report as people read it."""
    lines = [line for outcome in outcomes for line in _story(outcome)]
    failed = sum(not outcome.passed for outcome in outcomes)
    checks = sum(outcome.checks for outcome in outcomes)
    passed = f"{len(outcomes) - failed} passed"
    summary = f"{passed}, {failed} failed" if failed else passed
    return "\n".join([*lines, f"{summary} ({checks} checks)"])


def as_json(outcomes: Iterable[Outcome]) -> str:
    """Return a report as JSON."""
    return json.dumps([_plain(outcome) for outcome in outcomes], indent=2, ensure_ascii=False)


def as_junit(outcomes: Sequence[Outcome]) -> bytes:
    """Return a report as JUnit XML: a suite of one test case for each run of a story."""
    failed = sum(not outcome.passed for outcome in outcomes)
    suite = Element("testsuite", name="stories", tests=str(len(outcomes)), failures=str(failed), errors="0")
    for outcome in outcomes:
        case = SubElement(suite, "testcase", classname=outcome.story.file, name=_name(outcome))
        for difference in outcome.differences:
            failure = SubElement(case, "failure", message=f"{_where(difference, outcome)} {difference.expected}")
            failure.text = "\n".join(_difference(difference, outcome))
    indent(suite)
    return bytes(tostring(suite, encoding="utf-8", xml_declaration=True))


def _story(outcome: Outcome) -> list[str]:
    if outcome.passed:
        return [f"ok      {outcome.story.file}: {_name(outcome)}"]
    differences = [line for difference in outcome.differences for line in _difference(difference, outcome)]
    return [f"FAILED  {outcome.story.file}: {_name(outcome)}", *(f"  {line}" for line in differences), ""]


def _difference(difference: Difference, outcome: Outcome) -> list[str]:
    return [
        _where(difference, outcome),
        f"  expected {difference.expected}",
        f"  got      {difference.got}",
        *(f"    {why}" for why in difference.why),
    ]


def _where(difference: Difference, outcome: Outcome) -> str:
    when = "" if difference.at is None else f" {write(difference.at, outcome.story.zone)}"
    return f"{outcome.story.file}:{difference.line}:{when}"


def _name(outcome: Outcome) -> str:
    return outcome.story.title if outcome.seed is None else f"{outcome.story.title} (seed {outcome.seed})"


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "file": outcome.story.file,
        "title": outcome.story.title,
        "seed": outcome.seed,
        "passed": outcome.passed,
        "checks": outcome.checks,
        "differences": [
            {
                "line": difference.line,
                "at": None if difference.at is None else write(difference.at, outcome.story.zone),
                "expected": difference.expected,
                "got": difference.got,
                "why": list(difference.why),
            }
            for difference in outcome.differences
        ],
    }
