"""What the cell of a list says, by the name of its column: a text, a moment, a number, yes or no, or several names."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from milepost.core.calendar import on_day, start_of_day
from milepost_schemas.instants import from_text, to_text

FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

MOMENTS = frozenset({"occurred_at", "recorded_at", "start_at", "end_at", "list_expires_at"})

_LOCAL = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?", re.ASCII)
"""A day, or a time of a day."""


def value_of(column: str, cell: str, zone: str | None) -> Any:
    """Return the value as JSON has it, local times by the zone of their row; raise ValueError where it is none."""
    if column in MOMENTS:
        return _moment(cell, zone)
    return _READ.get(column, str)(cell)


def _moment(cell: str, zone: str | None) -> str:
    """Return a moment in RFC 3339; a day is its first moment."""
    found = _LOCAL.fullmatch(cell)
    if found is None:
        return to_text(_instant(cell))
    if zone is None:
        raise ValueError("a local time needs its zone: a column zone with e.g. Europe/Berlin, or 2026-09-07T10:00:00Z")
    local = datetime.fromisoformat(cell)
    return to_text(on_day(local.date(), local.time(), zone) if found[1] else start_of_day(local.date(), zone))


def _instant(cell: str) -> int:
    try:
        return from_text(cell)
    except ValueError as error:
        raise ValueError("must be a moment such as 2026-09-07 10:00, 2026-09-07 or 2026-09-07T10:00:00Z") from error


def _flag(cell: str) -> bool:
    if cell.lower() not in FLAGS:
        raise ValueError("must be yes or no")
    return FLAGS[cell.lower()]


def _number(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) < 20):
        raise ValueError("must be a whole number")
    return int(cell)


def _names(cell: str) -> list[str]:
    return [name.strip() for name in cell.split(";") if name.strip()]


_READ: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("excused", "closed", "waived", "canceled"), _flag),
    **dict.fromkeys(("sequence", "capacity", "part", "occurrence"), _number),
    "instructors": _names,
}
