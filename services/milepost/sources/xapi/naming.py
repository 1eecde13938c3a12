"""What an activity is called, by a statement that names it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from milepost.sources.xapi.canonical import in_one_language
from milepost.sources.xapi.statement import Statement


def name_in(statement: Statement, activity: str, preferred: Sequence[str]) -> str | None:
    """Return what a kept statement calls an activity, in the first of these languages that it has, else in any."""
    for each in _activities(in_one_language(statement, preferred)):
        if each.get("id") == activity:
            for name in each.get("definition", {}).get("name", {}).values():
                return str(name)
    return None


def _activities(statement: Statement) -> Iterator[Mapping[str, Any]]:
    yield statement["object"]
    for alike in statement.get("context", {}).get("contextActivities", {}).values():
        yield from alike
