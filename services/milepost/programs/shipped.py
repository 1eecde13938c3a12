"""What comes with Milepost: calendars and programs, as files beside this module."""

from functools import lru_cache
from pathlib import Path

from milepost.programs.document import read_document
from milepost_schemas.program import CalendarRule

HERE = Path(__file__).parent


def list_calendars() -> tuple[str, ...]:
    """Return the names of the calendars that a program may name."""
    return tuple(sorted(file.stem for file in (HERE / "calendars").glob("*.yaml")))


@lru_cache(maxsize=64)
def find_calendar(name: str) -> CalendarRule | None:
    """Return the calendar of that name and version, or None where there is none."""
    if name not in list_calendars():
        return None
    text = (HERE / "calendars" / f"{name}.yaml").read_text(encoding="utf-8")
    return CalendarRule.model_validate(read_document(text).value)


def list_programs() -> tuple[str, ...]:
    """Return the names of the programs that come with Milepost."""
    return tuple(sorted(file.parent.name for file in HERE.glob("*/program.yaml")))


def shipped_program(name: str) -> Path:
    """Return the file of a program that comes with Milepost; its stories lie beside it. Raise KeyError for another."""
    if name not in list_programs():
        raise KeyError(f"{name!r} does not come with Milepost; there are {', '.join(list_programs())}")
    return HERE / name / "program.yaml"
