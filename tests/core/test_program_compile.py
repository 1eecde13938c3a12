"""What a published definition compiles to, and when a due rule falls due."""

import json
from datetime import date, time
from typing import Any

import pytest
from pydantic import ValidationError

from milepost.core.calendar import Calendar, Offset, Unit
from milepost.core.compile import compile_program
from milepost.core.program import (
    AllOf,
    Anchor,
    AnchorKind,
    AnyOf,
    AtLeast,
    Attempts,
    Claimed,
    DateDue,
    Distinct,
    Present,
    Program,
    RelativeDue,
    RuleSettings,
    SignedOff,
    due_at,
)
from milepost_schemas.instants import from_text, to_text

BERLIN = "Europe/Berlin"
PLAIN = Calendar("plain", holidays=frozenset({date(2027, 1, 6)}))


def definition(**changes: Any) -> dict[str, Any]:
    plain = {"calendar": "plain"}
    step = {"id": "theory", "stage": "pre_learning", "done": "passed", "evidence": {"source": "lms", "activity": "a:b"}}
    return {"program": "crane", "version": 1, "calendar": plain, "steps": [step], **changes}


def compiled(**changes: Any) -> Program:
    return compile_program(json.loads(json.dumps(definition(**changes))), 7)


def step(**changes: Any) -> Any:
    whole = {"id": "s", "stage": "live", "done": "completed", **changes}
    return compiled(steps=[whole]).steps[0]


def test_a_program_carries_its_calendar_and_when_it_was_published() -> None:
    calendar = {"calendar": "own", "weekend": [5, 6], "day_ends": "16:00", "holidays": {"2026-10-03": "Unity"}}
    program = compiled(calendar=calendar)

    assert program.calendar == Calendar("own", frozenset({date(2026, 10, 3)}), frozenset({4, 5}), time(9), time(16))
    assert program.published_at == 7
    assert program.step("theory").title == "Theory"
    assert program.stages == ("pre_learning",)
    with pytest.raises(KeyError):
        program.step("practice")


def test_a_program_opens_with_its_day_in_its_zone() -> None:
    assert compiled().opens_at is None
    assert compiled(opens="2026-09-01", zone=BERLIN).opens_at == from_text("2026-08-31T22:00:00Z")


def test_work_may_count_from_a_date_or_from_so_long_before_the_enrollment() -> None:
    assert compiled().evidence_from is None
    assert compiled(evidence_from="2026-01-01").evidence_from == date(2026, 1, 1)
    assert compiled(evidence_from="90d").evidence_from == Offset(90, Unit.DAY)


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ("passed", Claimed("passed")),
        ("score >= 0.8", AtLeast("score", 0.8)),
        ("progress >= 0.9", AtLeast("progress", 0.9)),
        ("present >= 80%", Present(share=0.8)),
        ("present >= 45min", Present(minutes=45)),
        ({"any": ["passed", {"all": ["completed", "score >= 1"]}]},
         AnyOf((Claimed("passed"), AllOf((Claimed("completed"), AtLeast("score", 1.0)))))),
        ({"distinct": 2, "of": "completed"}, Distinct(2, Claimed("completed"))),
        ({"signed_off_by": ["assessor"], "times": 2}, SignedOff(("assessor",), 2)),
    ],
)  # fmt: skip
def test_each_condition_has_its_value(done: Any, expected: object) -> None:
    assert step(done=done).done == expected


def test_an_observation_is_shown_by_a_person_alone() -> None:
    assert step(done={"signed_off_by": ["a"]}).is_observation
    assert not step(live={"course": "C"}).is_observation


def test_all_parts_are_to_be_attended_unless_fewer_are_said() -> None:
    assert step(live={"course": "C", "parts": 3}).live.attend == 3
    assert step(live={"course": "C", "parts": 3, "attend": 2}).live.attend == 2


def test_the_rest_of_a_step_is_taken_as_it_stands() -> None:
    whole = step(
        attempts={"take": "latest"},
        channels={"room": "sheet", "remote": "zoom"},
        after={"steps": ["theory"]},
        each={"at": ["3d", "10d"], "after": "practice", "within": "4d"},
        due="5wd after practice.end at 18:00 roll back",
    )

    assert whole.attempts == Attempts("latest")
    assert [(plan.name, plan.source) for plan in whole.channels] == [("room", "sheet"), ("remote", "zoom")]
    assert whole.after.kind == "soft"
    assert whole.each.at == (Offset(3, Unit.DAY), Offset(10, Unit.DAY))
    assert whole.each.after == Anchor(AnchorKind.SATISFIED, "practice")
    assert whole.due == RelativeDue(
        Offset(5, Unit.WORKING_DAY), "after", Anchor(AnchorKind.END, "practice"), time(18), "back"
    )


def test_what_a_program_says_of_a_gap_is_kept_and_the_rest_left_to_the_rule() -> None:
    program = compiled(
        gaps={"never_started": {"after": "5wd", "tell": ["manager"]}, "unprepared_for_session": {"at": ["72h", "24h"]}}
    )

    assert program.settings("never_started") == RuleSettings(after=Offset(5, Unit.WORKING_DAY), tell=("manager",))
    assert program.settings("unprepared_for_session").at == (Offset(72, Unit.HOUR), Offset(24, Unit.HOUR))
    assert program.settings("no_show") == RuleSettings()


def test_a_definition_of_a_later_format_is_read_as_far_as_it_is_known() -> None:
    assert compiled(later={"a": 1}).id == "crane"


def test_what_is_no_definition_is_refused() -> None:
    with pytest.raises(ValidationError):
        compiled(version=0)


def due(rule: Any, anchor: str | None = None, zone: str = BERLIN) -> str | None:
    moment = due_at(rule, None if anchor is None else from_text(anchor), zone, PLAIN)
    return None if moment is None else to_text(moment)


def relative(count: int, unit: Unit, direction: Any, **more: Any) -> RelativeDue:
    return RelativeDue(Offset(count, unit), direction, Anchor(AnchorKind.START, "practice"), **more)


def test_without_its_anchor_nothing_is_due() -> None:
    assert due(relative(1, Unit.DAY, "before")) is None


def test_a_relative_due_keeps_the_time_of_its_anchor_unless_it_has_its_own() -> None:
    assert due(relative(1, Unit.WORKING_DAY, "before"), "2026-09-07T10:00:00Z") == "2026-09-04T10:00:00.000Z"
    assert (
        due(relative(1, Unit.WORKING_DAY, "before", at=time(18)), "2026-09-07T10:00:00Z") == "2026-09-04T16:00:00.000Z"
    )
    assert due(relative(5, Unit.DAY, "after"), "2026-09-07T10:00:00Z") == "2026-09-12T10:00:00.000Z"


def test_a_due_that_falls_on_a_weekend_rolls_if_it_is_told_to() -> None:
    assert due(relative(5, Unit.DAY, "after", roll="back"), "2026-09-07T10:00:00Z") == "2026-09-11T10:00:00.000Z"
    assert (
        due(relative(5, Unit.DAY, "after", roll="forward", at=time(9)), "2026-09-07T10:00:00Z")
        == "2026-09-14T07:00:00.000Z"
    )


def test_a_date_is_due_at_its_end_or_at_the_time_said() -> None:
    assert due(DateDue(date(2027, 1, 6))) == "2027-01-06T22:59:59.999Z"
    assert due(DateDue(date(2027, 1, 6), roll="back")) == "2027-01-05T22:59:59.999Z"
    assert due(DateDue(date(2027, 1, 6), roll="forward", at=time(18))) == "2027-01-07T17:00:00.000Z"
    assert due(DateDue(date(2027, 1, 6)), zone="America/New_York") == "2027-01-07T04:59:59.999Z"
