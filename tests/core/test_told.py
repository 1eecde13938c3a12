"""What was told: changes are the difference between what stands and what was told."""

from dataclasses import replace
from typing import Any

from milepost.core.gap import Ended, Plan
from milepost.core.standing import StandingGap
from milepost.core.told import REMEMBERED, tell
from milepost_schemas.changes import AnyChange
from milepost_schemas.projections import GapRow
from tests.core.builders import TENANT

Told = dict[str, GapRow]


def stands(since: int = 5, **changes: Any) -> dict[str, StandingGap]:
    row = GapRow(
        gap_id="g1",
        gap="no_show",
        subject_kind="journey",
        subject="ana/P/1",
        about="L/S/1",
        state="open",
        severity=changes.pop("severity", "warning"),
        since=since,
        opened_at=0,
        changed_at=0,
        shown_by=changes.pop("shown_by", ("f1",)),
        values={},
    )
    return {"g1": StandingGap(row=row, **{"ended": None, "plan": None, "silenced_by": None, **changes})}


def names(changes: tuple[AnyChange, ...]) -> list[str]:
    return [type(change).__name__ for change in changes]


def opened(at: int = 10) -> Told:
    return tell(TENANT, {}, stands(), at)[0]


def test_what_stands_and_was_not_told_is_opened() -> None:
    told, changes = tell(TENANT, {}, stands(), 10)

    assert names(changes) == ["GapOpened"]
    assert (told["g1"].state, told["g1"].opened_at, told["g1"].changed_at) == ("open", 10, 10)
    assert (changes[0].at, changes[0].since, changes[0].shown_by) == (10, 5, ("f1",))  # type: ignore[union-attr]


def test_what_stands_as_it_was_told_is_told_no_more() -> None:
    assert tell(TENANT, opened(), stands(), 20) == (opened(), ())


def test_new_proof_is_shown_without_a_word() -> None:
    told, changes = tell(TENANT, opened(), stands(shown_by=("f1", "f2")), 20)

    assert changes == ()
    assert (told["g1"].shown_by, told["g1"].changed_at) == (("f1", "f2"), 10)


def test_what_has_ended_is_resolved_by_what_ended_it() -> None:
    told, changes = tell(TENANT, opened(), stands(ended=Ended(8, "f9")), 20)

    assert names(changes) == ["GapResolved"]
    assert (told["g1"].state, told["g1"].ended_at, told["g1"].ended_by) == ("resolved", 8, "f9")
    assert (told["g1"].opened_at, told["g1"].changed_at) == (10, 20)
    assert tell(TENANT, told, stands(ended=Ended(8, "f9")), 30) == (told, ())


def test_what_stands_no_more_at_all_is_retracted() -> None:
    told, changes = tell(TENANT, opened(), {}, 20)

    assert names(changes) == ["GapRetracted"]
    assert (told["g1"].state, told["g1"].ended_at) == ("retracted", 20)
    assert tell(TENANT, told, {}, 30) == (told, ())


def test_an_earlier_breach_that_has_ended_does_not_resolve_one_that_never_was() -> None:
    earlier = stands(since=1, ended=Ended(3, "f9"))

    assert names(tell(TENANT, opened(), earlier, 20)[1]) == ["GapRetracted"]
    assert names(tell(TENANT, opened(), stands(since=1, ended=Ended(5, "f9")), 20)[1]) == ["GapResolved"]
    assert names(tell(TENANT, opened(), stands(since=5, ended=Ended(3, "f9")), 20)[1]) == ["GapResolved"]


def test_what_another_gap_says_better_is_superseded_and_never_opened() -> None:
    told, changes = tell(TENANT, opened(), stands(silenced_by="elearning_done_ilt_missed"), 20)

    assert names(changes) == ["GapSuperseded"]
    assert (told["g1"].state, told["g1"].superseded_by) == ("superseded", "elearning_done_ilt_missed")
    assert tell(TENANT, {}, stands(silenced_by="elearning_done_ilt_missed"), 20) == ({}, ())
    assert tell(TENANT, told, stands(silenced_by="elearning_done_ilt_missed"), 30) == (told, ())


def test_what_had_ended_before_anybody_was_told_is_never_told() -> None:
    assert tell(TENANT, {}, stands(ended=Ended(8, "f9")), 20) == ({}, ())


def test_a_plan_mitigates_and_opens_it_again_when_it_falls_through() -> None:
    planned, changes = tell(TENANT, opened(), stands(plan=Plan("f7")), 20)
    assert names(changes) == ["GapMitigated"]
    assert (planned["g1"].state, planned["g1"].planned_by) == ("mitigated", "f7")

    told, again = tell(TENANT, planned, stands(), 30)

    assert names(again) == ["GapOpened"]
    assert (told["g1"].opened_at, told["g1"].changed_at, told["g1"].planned_by) == (10, 30, None)


def test_a_gap_with_a_plan_from_the_start_is_told_as_mitigated() -> None:
    assert names(tell(TENANT, {}, stands(plan=Plan("f7")), 20)[1]) == ["GapMitigated"]


def test_a_move_of_its_severity_is_a_change_of_its_own() -> None:
    told, changes = tell(TENANT, opened(), stands(severity="high"), 20)

    assert names(changes) == ["GapSeverityChanged"]
    assert (told["g1"].severity, told["g1"].changed_at) == ("high", 20)


def test_what_is_true_again_is_opened_again_under_its_id() -> None:
    retracted, _ = tell(TENANT, opened(), {}, 20)
    told, changes = tell(TENANT, retracted, stands(severity="high"), 30)

    assert names(changes) == ["GapOpened"]
    assert (told["g1"].gap_id, told["g1"].state, told["g1"].ended_at) == ("g1", "open", None)


def test_of_many_that_have_ended_those_that_ended_first_are_forgotten() -> None:
    row = tell(TENANT, opened(), {}, 20)[0]["g1"]
    many = {f"g{n}": replace(row, gap_id=f"g{n}", changed_at=n) for n in range(REMEMBERED + 5)}
    still_open = replace(row, gap_id="open", state="open", changed_at=0)

    told, _ = tell(TENANT, {**many, "open": still_open}, {}, 99)

    assert len(told) == REMEMBERED
    assert "g0" not in told
    assert "open" in told
    assert f"g{REMEMBERED + 4}" in told
