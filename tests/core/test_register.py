"""A register: the last word under a total order, and since when it has been known."""

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from milepost.core.register import KEPT, Register
from milepost_schemas.facts import SourceHeard
from tests.core.builders import TENANT

SAYINGS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.integers(0, 6), st.sampled_from("xyz"), st.integers(0, 9)),
    max_size=10,
    unique_by=lambda said: said[1:4],
)


def fact(recorded_at: int, name: str = "f", *, received_at: int = 0, occurred_at: int | None = None) -> SourceHeard:
    at = recorded_at if occurred_at is None else occurred_at
    known: dict[str, Any] = {"occurred_at": at, "recorded_at": recorded_at, "received_at": received_at}
    return SourceHeard(tenant=TENANT, source="lms", fact_id=f"{name}{recorded_at}", **known)


def said(*sayings: tuple[str, int]) -> Register[str]:
    register: Register[str] = Register()
    for content, recorded_at in sayings:
        register.say(content, fact(recorded_at))
    return register


def last(register: Register[str]) -> str:
    entry = register.last
    assert entry is not None
    return entry.content


def since(register: Register[str]) -> int:
    entry = register.last
    assert entry is not None
    return register.since(entry)


def test_nothing_was_said_at_first() -> None:
    assert Register[str]().last is None


def test_what_was_recorded_last_counts_whenever_it_comes() -> None:
    assert last(said(("booked", 1), ("canceled", 2))) == "canceled"
    assert last(said(("canceled", 2), ("booked", 1))) == "canceled"


def test_of_two_that_were_recorded_together_the_higher_id_counts() -> None:
    for order in (("a", "z"), ("z", "a")):
        register: Register[str] = Register()
        for name in order:
            register.say(name, fact(1, name))

        assert last(register) == "z"


def test_a_higher_rank_outweighs_what_was_recorded_later() -> None:
    register: Register[str] = Register()
    register.say("present", fact(1), rank=30)
    register.say("absent", fact(9), rank=10)

    assert last(register) == "present"


def test_a_repetition_every_night_moves_nothing() -> None:
    register = said(("booked", 1), ("booked", 2), ("booked", 3))

    assert since(register) == 1
    assert register.entries[-1].fact_id == "f1"
    assert register.entries[-1].order == (0, 3, "f3")


def test_what_comes_back_after_something_else_holds_from_its_return() -> None:
    assert since(said(("booked", 1), ("canceled", 2), ("booked", 3))) == 3
    assert since(said(("booked", 3), ("booked", 1))) == 1


def test_it_is_known_since_it_was_received_first() -> None:
    register: Register[str] = Register()
    register.say("booked", fact(1, received_at=9))
    register.say("booked", fact(2, received_at=5))

    assert register.entries[0].known_at == 5


def test_of_many_contents_the_lowest_are_forgotten() -> None:
    register = said(*((f"version {number}", number) for number in range(KEPT + 2)))

    assert len(register.entries) == KEPT
    assert register.entries[0].content == "version 2"


def test_merging_takes_in_what_the_other_knows_and_leaves_it_alone() -> None:
    ours, theirs = said(("booked", 3)), said(("booked", 1), ("canceled", 5))

    ours.merge(theirs)
    ours.say("canceled", fact(7))

    assert since(ours) == 5
    assert ours.entries[0].first == (1, "f1")
    assert theirs.entries[-1].order == (0, 5, "f5")


@given(SAYINGS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_and_repetitions_do_not_matter(
    sayings: list[tuple[str, int, int, str, int]], random: Random
) -> None:
    one, other = _register(sayings), _register(random.sample(sayings, len(sayings)) + sayings[:3])

    assert one == other


@given(SAYINGS, st.integers(0, 10))
def test_two_halves_merged_are_the_whole(sayings: list[tuple[str, int, int, str, int]], cut: int) -> None:
    whole, left = _register(sayings), _register(sayings[:cut])

    left.merge(_register(sayings[cut:]))

    assert left == whole


def _register(sayings: list[tuple[str, int, int, str, int]]) -> Register[str]:
    register: Register[str] = Register()
    for content, rank, recorded_at, name, received_at in sayings:
        register.say(content, fact(recorded_at, name, received_at=received_at), rank)
    return register
