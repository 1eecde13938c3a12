"""The reference of the format says what is so."""

import re
from pathlib import Path

from milepost.programs import list_calendars
from milepost_schemas.program import GAP_TYPES, NOT_YET, PATIENT_GAPS, ProgramFile
from milepost_schemas.program_lines import CLAIMS, UNITS, read_due

TEXT = (Path(__file__).parents[2] / "docs" / "programs.md").read_text(encoding="utf-8")


def test_every_word_of_the_format_is_in_its_reference() -> None:
    words = [*ProgramFile.model_fields, *GAP_TYPES, *NOT_YET, *CLAIMS, *UNITS, *list_calendars()]

    assert [word for word in words if f"`{word}" not in TEXT] == []


def test_the_due_rules_of_the_reference_can_be_read() -> None:
    lines = [line.split("#")[0].removeprefix("due:").strip() for line in TEXT.splitlines() if line.startswith("due:")]

    assert len(lines) == 5
    assert all(read_due(line) for line in lines)


def test_the_reference_lists_the_gap_types_that_wait() -> None:
    (listed,) = re.findall(r"`after` is for (.*?)\.", TEXT, re.DOTALL)

    assert set(re.findall(r"`(\w+)`", listed)) == PATIENT_GAPS
