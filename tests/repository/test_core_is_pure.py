"""The core makes ids from what they are about and learns the time from ticks: what the imports cannot show."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.tracked import ROOT

PURE = ("services/milepost/core", "services/milepost/sources", "schemas/milepost_schemas")
WORLDLY = {"now", "utcnow", "today", "uuid1", "uuid4", "open", "print", "input", "__import__"}


def worldly_calls(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each call that asks the world for something."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (name := called(node.func)) in WORLDLY:
            yield node.lineno, name


def called(function: ast.expr) -> str:
    """Return the last name of what is called."""
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


@pytest.mark.parametrize("package", PURE)
def test_nothing_pure_asks_for_the_time_draws_an_id_or_opens_a_file(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}()"
        for path in Path(ROOT / package).rglob("*.py")
        for line, name in worldly_calls(path.read_text())
    ]

    assert not found


def test_a_call_to_the_clock_would_be_found() -> None:
    source = "from datetime import datetime, UTC\nat = datetime.now(UTC)\nopened = open('x')\n"

    assert list(worldly_calls(source)) == [(2, "now"), (3, "open")]
