"""All stories: those of the suite, and those beside a shipped program."""

from pathlib import Path

from milepost.programs import list_programs, shipped_program

HERE = Path(__file__).parent


SUITE = sorted([*(HERE / "scenarios").glob("*.yaml"), *(HERE / "rules").glob("*.yaml")])


SHIPPED = sorted(file for name in list_programs() for file in (shipped_program(name).parent / "stories").glob("*.yaml"))


def told_as(file: Path) -> str:
    """Return a short name of a story for the report of the tests."""
    return f"{file.parent.name}/{file.stem}" if file in SUITE else f"{file.parent.parent.name}/{file.stem}"
