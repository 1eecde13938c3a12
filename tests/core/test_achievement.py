"""When a condition of a step was met, and by what."""

from typing import Any

import pytest

from milepost.core.achievement import ANY_ATTEMPT, Achieved, Shown, achieved, present_enough
from milepost.core.asking import BITS
from milepost.core.evidence import Proof, SignOff
from milepost.core.program import AllOf, AnyOf, AtLeast, Attempts, Claimed, Distinct, Done, Present, SignedOff

PASSED, COMPLETED = Claimed("passed"), Claimed("completed")


def proof(at: int, *claims: str, **changes: Any) -> Proof:
    return Proof(at, f"f{at}", sum(BITS[claim] for claim in claims), **changes)  # type: ignore[index, misc]


def met(done: Done, *proofs: Proof, attempts: Attempts = ANY_ATTEMPT) -> int | None:
    found = achieved(done, Shown({"a": proofs}), attempts)
    return None if found is None else found.at


def test_who_passed_has_completed_attempted_and_opened_and_not_the_other_way_round() -> None:
    for claim in ("passed", "completed", "attempted", "opened"):
        assert met(Claimed(claim), proof(3, "passed")) == 3
    assert met(PASSED, proof(3, "completed")) is None
    assert met(COMPLETED, proof(3, "attempted")) is None
    assert met(Claimed("attempted"), proof(3, "opened")) is None


def test_the_first_time_counts() -> None:
    assert met(PASSED, proof(3, "failed"), proof(5, "passed"), proof(7, "passed")) == 5


def test_a_measure_is_met_from_its_limit_on() -> None:
    assert met(AtLeast("score", 0.8), proof(1, score=0.79), proof(2, score=0.8)) == 2
    assert met(AtLeast("progress", 0.5), proof(1, score=0.9), proof(2, progress=0.5)) == 2


def test_a_completion_that_was_unticked_later_does_not_count() -> None:
    assert met(COMPLETED, proof(1, "completed"), proof(2, "uncompleted")) is None
    assert met(COMPLETED, proof(1, "completed"), proof(2, "uncompleted"), proof(3, "completed")) == 3
    assert met(Claimed("opened"), proof(1, "opened"), proof(2, "uncompleted")) == 1


@pytest.mark.parametrize(("take", "expected"), [("best", 3), ("latest", None), ("first", None)])
def test_which_attempt_counts_is_what_the_step_says(take: Any, expected: int | None) -> None:
    tries = (proof(1, "failed"), proof(3, "passed"), proof(5, "failed"))

    assert met(PASSED, *tries, attempts=Attempts(take=take)) == expected


def test_an_attempt_that_counts_and_meets_it_dates_it() -> None:
    tries = (proof(1, "passed"), proof(3, "passed"))

    assert met(PASSED, *tries, attempts=Attempts(take="latest")) == 3
    assert met(PASSED, *tries, attempts=Attempts(take="first")) == 1
    assert met(COMPLETED, proof(2, "completed"), attempts=Attempts(take="latest")) == 2


def test_any_is_met_by_the_first_and_all_by_the_last() -> None:
    both = (proof(2, "completed"), proof(4, score=0.9))
    conditions = (COMPLETED, AtLeast("score", 0.8))

    assert met(AnyOf(conditions), *both) == 2
    assert met(AllOf(conditions), *both) == 4
    assert met(AllOf(conditions), both[0]) is None
    assert met(AllOf(())) is None


def test_distinct_activities_are_counted_once_each() -> None:
    two = Distinct(2, COMPLETED)
    same = Shown({"a": (proof(1, "completed"), proof(2, "completed"))})
    other = Shown({"a": (proof(1, "completed"),), "b": (proof(5, "completed"),), "c": (proof(3, "completed"),)})

    assert achieved(two, same) is None
    assert achieved(two, other) == Achieved(3, ("f1", "f3"))


def test_sign_offs_are_counted_by_role_and_known_when_the_last_was_received() -> None:
    signed = [SignOff(n, f"s{n}", role, known_at=10 * n) for n, role in enumerate(("manager", "peer", "manager"), 1)]

    assert achieved(SignedOff(("manager",), 2), Shown({}, signed)) == Achieved(3, ("s1", "s3"), 30)
    assert achieved(SignedOff(("manager",), 3), Shown({}, signed)) is None


def test_presence_is_shown_by_no_activity() -> None:
    assert met(Present(share=0.8), proof(1, "completed")) is None


@pytest.mark.parametrize(
    ("done", "share", "minutes", "enough"),
    [
        (Present(share=0.8), 0.8, 0, True),
        (Present(share=0.8), 0.79, 59, False),
        (Present(minutes=45), 0.1, 45, True),
        (Present(minutes=45), 0.9, 44, False),
        (AnyOf((Present(share=0.8), Present(minutes=45))), 0.5, 45, True),
        (AllOf((Present(share=0.8), Present(minutes=45))), 0.5, 45, False),
        (COMPLETED, 0.01, 1, True),
        (COMPLETED, 0.0, 0, False),
    ],
)
def test_a_presence_is_enough_from_its_limit_on(done: Done, share: float, minutes: int, *, enough: bool) -> None:
    assert present_enough(done, share, minutes) is enough
