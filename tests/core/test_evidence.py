"""Evidence: a selection of the facts that depends on the set of them alone."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from milepost.core.achievement import Shown, achieved
from milepost.core.asking import BITS, CLAIMS, EVERYTHING, UNCOMPLETED, asked_of, daily
from milepost.core.evidence import DAYS_KEPT, IN_ORDER, ActivityEvidence, Proof, Slice, activity_key
from milepost.core.program import AtLeast, Attempts, Claimed, Done, Step
from milepost_schemas.facts import ActivityReported, ObservationSignedOff
from milepost_schemas.instants import DAY
from milepost_schemas.words import Asks
from tests.core.builders import ANA, TENANT

PLACE = activity_key("lms", "a:e")

PROOFS = st.lists(
    st.builds(
        Proof,
        at=st.integers(0, 5),
        fact=st.text("abcdefgh", min_size=2, max_size=3),
        claims=st.integers(0, 255),
        score=st.sampled_from([None, 0.1, 0.5, 0.9]),
        progress=st.sampled_from([None, 0.2, 0.8]),
        withdrawn_at=st.sampled_from([None, None, 7]),
    ),
    max_size=40,
    unique_by=lambda proof: proof.fact_id,
)


def did(fact_id: str, at: int = 10, claim: Any = "passed", **changes: Any) -> ActivityReported:
    known = {"occurred_at": at, "recorded_at": at, "received_at": 1000, **changes}
    return ActivityReported(tenant=TENANT, fact_id=fact_id, source="lms", activity="a:e", claims=(claim,), **known)


def signed(fact_id: str, at: int = 10) -> ObservationSignedOff:
    known: dict[str, Any] = {"occurred_at": at, "recorded_at": at, "received_at": 1000, "source": "console"}
    return ObservationSignedOff(tenant=TENANT, fact_id=fact_id, program="P", step="o", role="manager", **known)


def slice_of(*facts: Any, asks: Asks | None = None) -> Slice:
    evidence = Slice()
    for fact in facts:
        evidence.add(fact, asks)
    return evidence


def kept(evidence: Slice) -> list[str]:
    return [proof.fact_id for proof in evidence.activities[PLACE].proofs]


def first_pass(evidence: Slice) -> int | None:
    met = achieved(Claimed("passed"), Shown({PLACE: evidence.activities[PLACE].proofs}))
    return None if met is None else met.at


QUESTIONS = ["passed", "completed", "answered", "opened", "outcome", "score 0.5", "progress 0.8"]
ASKS = st.sets(st.sampled_from([*QUESTIONS, *daily(QUESTIONS), "daily any"])).map(asked_of) | st.booleans()


@given(PROOFS, st.integers(0, 40), ASKS)
def test_a_selection_of_selections_is_the_selection(proofs: list[Proof], cut: int, asks: Asks | bool) -> None:
    proofs = [replace(proof, at=proof.at * DAY // 2, claims=proof.claims & ~UNCOMPLETED) for proof in proofs]
    whole, left, right = (ActivityEvidence(asks=asks) for _ in range(3))
    whole.add(proofs)
    left.add(proofs[:cut])
    right.add(proofs[cut:])

    left.add(right.proofs)

    assert left.proofs == whole.proofs


@given(PROOFS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(proofs: list[Proof], random: Random) -> None:
    proofs = [replace(proof, claims=proof.claims & ~UNCOMPLETED) for proof in proofs]
    one, other = ActivityEvidence(), ActivityEvidence()
    for proof in proofs:
        one.add((proof,))
    for proof in random.sample(proofs, len(proofs)) + proofs[:2]:
        other.add((proof,))

    assert one.proofs == other.proofs


@given(PROOFS, st.sets(st.sampled_from(QUESTIONS)).map(asked_of))
def test_what_is_kept_is_bounded_and_what_was_left_out_is_noted(proofs: list[Proof], asks: Asks) -> None:
    proofs = [replace(proof, claims=proof.claims & ~UNCOMPLETED) for proof in proofs]
    evidence = ActivityEvidence(asks=asks)
    evidence.add(proofs)

    withdrawn = sum(proof.withdrawn_at is not None for proof in proofs)
    latest = 2 if "outcome" in asks else 0
    assert len(evidence.proofs) <= withdrawn + 2 * (1 + len(asks)) + latest
    assert evidence.more == (len(evidence.proofs) < len(proofs))


ANYTHING: list[Done] = [Claimed(claim) for claim in CLAIMS if claim != "uncompleted"]
ANYTHING += [AtLeast("score", 0.1), AtLeast("score", 0.5), AtLeast("progress", 0.8)]

OVER_DAYS = st.lists(
    st.builds(
        Proof,
        at=st.integers(0, 12 * DAY),
        fact=st.uuids().map(str),
        claims=st.sampled_from([BITS[claim] for claim in CLAIMS if claim != "uncompleted"]),
        score=st.sampled_from([None, 0.1, 0.5, 0.9]),
        progress=st.sampled_from([None, 0.2, 0.8]),
    ),
    max_size=60,
    unique_by=lambda proof: proof.fact_id,
)


def all_of(proofs: list[Proof], asks: Asks | bool = False) -> ActivityEvidence:
    """Return what is kept of these, which came one after the other."""
    evidence = ActivityEvidence(asks=asks)
    for proof in proofs:
        evidence.add((proof,))
    return evidence


def asks_of(done: Done, take: Any = "best") -> Asks:
    """Return what a step asks that is done by this."""
    return Step("s", "pre_learning", "S", done, attempts=Attempts(take)).asks


@given(
    OVER_DAYS,
    st.sampled_from(ANYTHING),
    st.sampled_from(["best", "first", "latest"]),
    st.sampled_from([(), EVERYTHING]),
)
def test_what_is_kept_answers_about_all_time_as_all_facts_do(
    proofs: list[Proof], done: Done, take: Any, more: Asks
) -> None:
    kept = all_of(proofs, asked_of(asks_of(done, take), more))

    told = achieved(done, Shown({PLACE: kept.proofs}), Attempts(take))

    assert told == achieved(done, Shown({PLACE: sorted(proofs, key=IN_ORDER)}), Attempts(take))


@given(OVER_DAYS, st.sampled_from(ANYTHING), st.integers(0, 12 * DAY), st.integers(DAY, 12 * DAY))
def test_where_days_are_kept_they_answer_about_every_window_to_the_day(
    proofs: list[Proof], done: Done, begins: int, lasts: int
) -> None:
    def within(every: list[Proof]) -> Shown:
        return Shown({PLACE: [proof for proof in every if begins <= proof.at < begins + lasts]})

    told = achieved(done, within(all_of(proofs, daily(asks_of(done))).proofs))
    wanted = achieved(done, within(sorted(proofs, key=IN_ORDER)))

    assert (told is None) == (wanted is None)
    assert told is None or wanted is None or told.at // DAY == wanted.at // DAY


@pytest.mark.parametrize("again", range(8))
def test_what_was_completed_again_after_it_was_unticked_keeps_its_day(again: int) -> None:
    claims = ["completed"] * 4 + ["uncompleted"] + ["completed"] * (1 + again)
    proofs = [Proof(at * DAY, f"f{at}", BITS[claim]) for at, claim in enumerate(claims)]  # type: ignore[index]

    told = achieved(Claimed("completed"), Shown({PLACE: all_of(proofs).proofs}))

    assert told is not None
    assert told.at == 5 * DAY


def test_of_many_days_the_earliest_and_the_latest_are_kept() -> None:
    proofs = [Proof(at * DAY, f"f{at}", BITS["answered"]) for at in range(3 * DAYS_KEPT)]

    days = [proof.at // DAY for proof in all_of(proofs, ("answered", "daily answered")).proofs]

    assert days == [*range(DAYS_KEPT // 2), *range(3 * DAYS_KEPT - DAYS_KEPT // 2, 3 * DAYS_KEPT)]


def test_what_was_left_out_before_it_was_asked_is_missed_once() -> None:
    few, many = (slice_of(*(did(f"f{at}", at) for at in range(count)), asks=("passed",)) for count in (1, 9))
    wanted = ("passed", "score 0.8")

    assert not few.add(did("g"), wanted)
    assert many.add(did("g"), wanted)
    assert not many.add(did("h"), wanted)
    assert not many.add(did("i"), ("passed",))
    assert many.asks(PLACE) == wanted


def test_facts_that_are_taken_in_once_more_lose_nothing_to_what_comes_later_among_them() -> None:
    facts = [did(f"f{at}", at * DAY, "completed", received_at=at * DAY) for at in range(9)]
    facts.append(did("u", 4 * DAY, "uncompleted", received_at=4 * DAY))
    evidence = slice_of(*facts, asks=("completed",))

    assert "f5" not in kept(evidence)
    evidence.add_all([*facts, signed("s1")])

    assert kept(evidence) == [*(f"f{at}" for at in range(5)), "u", *(f"f{at}" for at in range(5, 9))]
    assert [one.fact_id for one in evidence.signed_off["P/o"]] == ["s1"]


def test_where_nobody_said_what_is_asked_everything_is_kept_but_days() -> None:
    old = slice_of(*(did(f"f{at}", at, score=at / 10) for at in range(9)))
    days = slice_of(*(did(f"f{at}", at) for at in range(9)))

    assert not old.add(did("g"), ("passed", "score 0.8"))
    assert "f8" in kept(old)
    assert days.add(did("g"), ("daily passed", "passed"))


def test_an_activity_that_is_unticked_has_its_days_kept() -> None:
    evidence = slice_of(*(did(f"f{at}", at, "completed") for at in range(9)), asks=("completed",))

    assert evidence.add(did("u", 10, "uncompleted"))
    assert not evidence.add(did("v", 11, "uncompleted"))
    for at in range(20, 24):
        evidence.add(did(f"f{at}", at, "completed"))
    assert kept(evidence) == ["f0", "f1", "u", "v", "f23"]


def test_an_activity_whose_unticking_was_revoked_is_as_if_it_never_was() -> None:
    facts = [did(f"f{at}", at * DAY, "completed", received_at=at * DAY) for at in range(3)]
    never, revoked = slice_of(*facts, asks=("completed",)), slice_of(*facts, did("u", 5, "uncompleted"))

    revoked.add(did("f3", 3 * DAY, "completed", received_at=3 * DAY), ("completed",))
    revoked.revoke("u", 50)
    never.add(did("f3", 3 * DAY, "completed", received_at=3 * DAY), ("completed",))

    assert kept(revoked) == kept(never)
    assert revoked.activities[PLACE].more


def test_the_first_two_answers_are_kept_and_the_last_two_where_the_latest_counts() -> None:
    scores = {3: 0.2, 4: 0.9, 5: 0.5, 6: 0.9}
    facts = [did(f"f{at}", at, "failed", score=scores.get(at)) for at in range(9)]
    first, latest = slice_of(*facts, asks=("score 0.4",)), slice_of(*facts, asks=("outcome", "score 0.9"))

    assert kept(first) == ["f0", "f1", "f4", "f5"]
    assert kept(latest) == ["f0", "f1", "f4", "f6", "f7", "f8"]
    assert first.activities[PLACE].more


def test_what_answers_nothing_new_leaves_all_as_it_is() -> None:
    evidence = slice_of(*(did(f"f{at}", at) for at in range(4)), asks=("passed",))
    before = evidence.proofs(PLACE)

    evidence.add(did("g", 20), ("passed",))

    assert evidence.proofs(PLACE) is before


def test_an_activity_counts_when_it_was_received_at_the_latest() -> None:
    assert slice_of(did("f1", 2000)).activities[PLACE].proofs[0].at == 1000
    assert slice_of(signed("f1", 2000)).signed_off["P/o"][0].at == 1000


def test_a_fact_that_is_revoked_does_not_count_whichever_came_first() -> None:
    after = slice_of(did("f1"))
    assert after.revoke("f1", 50) is False
    before = Slice()
    before.revoke("f1", 50)
    before.add(did("f1"))

    assert after.activities[PLACE].proofs == []
    assert PLACE not in before.activities


def test_one_that_may_be_sent_again_counts_until_it_is_withdrawn() -> None:
    after, before = slice_of(did("f1", provisional=True)), Slice()
    after.revoke("f1", 60)
    after.revoke("f1", 50)
    before.revoke("f1", 50)
    before.add(did("f1", provisional=True))

    assert after.activities == before.activities
    assert after.activities[PLACE].proofs[0].withdrawn_at == 50
    assert first_pass(after) is None


def test_a_withdrawn_proof_keeps_its_date_if_it_was_proved_again_in_time() -> None:
    again = slice_of(did("f1", 10, provisional=True), did("f2", 40))
    again.revoke("f1", 50)
    too_late = slice_of(did("f1", 10, provisional=True), did("f2", 50))
    too_late.revoke("f1", 50)

    assert first_pass(again) == 10
    assert first_pass(too_late) == 50


def test_one_that_was_left_out_and_is_withdrawn_then_is_as_if_it_had_been_withdrawn_before() -> None:
    facts = [did(f"f{at}", at, provisional=True) for at in range(4)]
    before, after = Slice(), slice_of(*facts, asks=("passed",))
    before.revoke("f3", 50)
    for fact in facts:
        before.add(fact, ("passed",))

    assert after.revoke("f3", 50) is False
    assert kept(before) == kept(after) == ["f0", "f1"]


def test_withdrawn_proofs_take_no_place_of_those_that_stand() -> None:
    evidence = Slice()
    for number in (1, 2):
        evidence.revoke(f"f{number}", 50)
    for number in range(1, 10):
        evidence.add(did(f"f{number}", number, provisional=number < 3), ("passed",))

    assert kept(evidence) == ["f1", "f2", "f3", "f4"]


def test_where_facts_were_left_out_a_revocation_asks_for_the_slice_to_be_built_anew() -> None:
    few, many, other = (slice_of(*(did(f"f{n}", n) for n in range(count)), asks=("passed",)) for count in (2, 5, 5))

    assert few.revoke("f1", 50) is False
    assert many.revoke("f1", 50) is True
    assert other.revoke("f4", 50) is False


def test_a_sign_off_that_is_revoked_does_not_count_whichever_came_first() -> None:
    after, before = slice_of(signed("f1"), signed("f2")), Slice()
    after.revoke("f1", 50)
    before.revoke("f1", 50)
    before.add(signed("f1"))
    before.add(signed("f2"))

    assert after.signed_off == before.signed_off
    assert [one.fact_id for one in after.signed_off["P/o"]] == ["f2"]


def test_of_many_revocations_the_latest_are_remembered() -> None:
    evidence = Slice()
    for number in range(70):
        evidence.revoke(f"f{number}", number)

    assert set(evidence.revoked) == {f"f{number}" for number in range(6, 70)}


def test_two_slices_merged_know_what_both_know() -> None:
    ours = slice_of(did("f1", 1), signed("f3"), ANA.enrolled().fact, ANA.waived("e", "Mon 7 09:00").fact)  # type: ignore[union-attr]
    theirs = slice_of(*(did(f"g{n}", n) for n in range(5)), signed("f4"))

    ours.merge(theirs)

    assert kept(ours) == ["g0", "f1", "g3", "g4"]
    assert ours.activities[PLACE].more
    assert len(ours.signed_off["P/o"]) == 2
    assert len(theirs.signed_off["P/o"]) == 1
