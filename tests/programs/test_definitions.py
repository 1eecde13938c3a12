"""The definition that a program file means: complete in itself, and what its model sets when it is silent."""

import json
from dataclasses import asdict
from datetime import date
from typing import Any

import jsonschema
import pytest

from milepost.core.compile import compile_calendar, compile_program
from milepost.programs import (
    find_calendar,
    list_calendars,
    list_programs,
    load_program,
    parse_program,
    shipped_program,
)
from milepost_schemas.program import GAP_TYPES, GAPS_NOT_YET, PATIENT_GAPS, STEPPED_GAPS, ProgramDefinition, ProgramFile

STEPS = """
steps:
  - {id: pre-work, stage: pre_learning, done: passed, evidence: {source: lms, activity: "https://x.example.com/1"}}
  - {id: practice, stage: live, live: {course: C, parts: 3}, done: present >= 80%, after: {steps: [pre-work]}}
"""


def parsed(head: str = "", steps: str = STEPS) -> dict[str, Any]:
    return parse_program(f"program: crane-signaller\nversion: 1\n{head}{steps}", "crane.yaml")


def test_a_definition_says_what_its_file_left_silent() -> None:
    definition = parsed()

    assert definition["title"] == "Crane signaller"
    assert definition["zone"] == "UTC"
    assert definition["calendar"]["calendar"] == "plain"
    assert definition["steps"][0]["title"] == "Pre work"
    assert definition["steps"][1]["live"]["attend"] == 3
    assert definition["steps"][1]["roster"] == "booking"


@pytest.mark.parametrize(
    ("head", "gate"),
    [
        ("", "soft"),
        ("model: flipped\n", "strict"),
        ("model: rotation\n", "soft"),
        ("model: flex\n", "soft"),
        ("model: enriched_virtual\n", "strict"),
    ],
)
def test_a_gate_that_names_no_kind_has_that_of_the_model(head: str, gate: str) -> None:
    assert parsed(head)["steps"][1]["after"]["gate"] == gate


def test_a_gate_that_names_its_kind_keeps_it() -> None:
    definition = parsed("model: flipped\n", STEPS.replace("[pre-work]}", "[pre-work], gate: soft}"))

    assert definition["steps"][1]["after"]["gate"] == "soft"


def test_severities_of_a_model_stand_where_the_file_says_none() -> None:
    definition = parsed("model: flipped\ngaps: {no_show: {severity: info}, never_started: {after: 5wd}}\n")

    assert definition["gaps"]["no_show"]["severity"] == "info"
    assert definition["gaps"]["attended_without_prework"]["severity"] == "high"
    assert definition["gaps"]["never_started"] == {"enabled": True, "after": "5wd"}


def test_a_definition_is_plain_json_that_needs_no_file() -> None:
    definition = parsed("calendar: de-by@2026\n")

    again = json.loads(json.dumps(definition))

    assert again == definition
    assert asdict(compile_program(again, 1)) == asdict(compile_program(definition, 1))
    assert date(2027, 3, 26) in compile_program(again, 1).calendar.holidays
    jsonschema.validate(again, ProgramDefinition.model_json_schema())


def test_a_program_may_mix_conditions_of_several_kinds() -> None:
    steps = """
steps:
  - {id: a, stage: live, live: {course: C}, done: {all: [present >= 45min, {signed_off_by: [trainer]}]}}
  - {id: b, stage: support, done: {distinct: 2, of: {any: [opened, score >= 0.5]}},
     evidence: {source: lms, activity: "https://x.example.com/aids/", match: prefix}}
  - {id: c, stage: support, done: {signed_off_by: [manager]}, each: {at: [0d, 30d], after: enrollment, within: 7d}}
"""

    assert [step["id"] for step in parsed(steps=steps)["steps"]] == ["a", "b", "c"]


@pytest.mark.parametrize("name", list_programs())
def test_each_shipped_program_is_right_and_compiles(name: str) -> None:
    definition = load_program(shipped_program(name))
    program = compile_program(definition, 1)

    assert program.id == name
    assert {step.stage for step in program.steps} == {"pre_learning", "live", "reinforcement", "support"}
    jsonschema.validate(definition, ProgramDefinition.model_json_schema())


def test_a_program_that_does_not_come_with_milepost_is_named() -> None:
    with pytest.raises(KeyError, match="lockout-tagout"):
        shipped_program("crane")


def test_the_shipped_calendars_keep_the_holidays_of_two_years() -> None:
    assert list_calendars() == ("de-by@2026", "plain", "us-ny@2026")
    assert find_calendar("de-xx@2026") is None
    for name in ("de-by@2026", "us-ny@2026"):
        rule = find_calendar(name)
        assert rule is not None
        assert rule.calendar == name
        assert {day[:4] for day in rule.holidays} == {"2026", "2027"} == {str(year) for year in rule.covers}


@pytest.mark.parametrize(
    ("name", "holidays"),
    [
        ("de-by@2026", ["2026-01-06", "2026-04-03", "2026-05-25", "2026-06-04", "2027-03-29", "2027-05-06"]),
        ("us-ny@2026", ["2026-01-19", "2026-05-25", "2026-09-07", "2026-11-26", "2027-05-31", "2027-07-05"]),
    ],
)
def test_nobody_works_on_a_holiday(name: str, holidays: list[str]) -> None:
    rule = find_calendar(name)
    assert rule is not None
    calendar = compile_calendar(rule)

    assert not any(calendar.is_working_day(date.fromisoformat(day)) for day in holidays)


def test_every_gap_type_has_one_place() -> None:
    assert set(GAP_TYPES) >= PATIENT_GAPS | STEPPED_GAPS
    assert not PATIENT_GAPS & STEPPED_GAPS
    assert not GAPS_NOT_YET & set(GAP_TYPES)


def test_the_file_has_a_json_schema_that_editors_can_use() -> None:
    schema = ProgramFile.model_json_schema()

    jsonschema.Draft202012Validator.check_schema(schema)
    file = {"program": "crane", "version": 1, "steps": [{"id": "a", "stage": "live", "done": {"signed_off_by": ["x"]}}]}
    jsonschema.validate(file, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**file, "deadline": "soon"}, schema)
