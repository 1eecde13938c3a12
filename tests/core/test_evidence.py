"""Evidence: a selection of the facts that depends on the set of them alone."""

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from milepost.core.achievement import Shown, achieved
from milepost.core.evidence import ActivityEvidence, Proof, Slice, activity_key
from milepost.core.program import Claimed
from milepost_schemas.facts import ActivityReported, ObservationSignedOff
from tests.core.builders import ANA, TENANT

PLACE = activity_key("lms", "a:e")

PROOFS = st.lists(
    st.builds(
        Proof,
        at=st.integers(0, 5),
        fact_id=st.text("abcdefgh", min_size=2, max_size=3),
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


def slice_of(*facts: Any) -> Slice:
    evidence = Slice()
    for fact in facts:
        evidence.add(fact)
    return evidence


def kept(evidence: Slice) -> list[str]:
    return [proof.fact_id for proof in evidence.activities[PLACE].proofs]


def first_pass(evidence: Slice) -> int | None:
    met = achieved(Claimed("passed"), Shown({PLACE: evidence.activities[PLACE].proofs}))
    return None if met is None else met.at


@given(PROOFS, st.integers(0, 40))
def test_a_selection_of_selections_is_the_selection(proofs: list[Proof], cut: int) -> None:
    whole, left, right = ActivityEvidence(), ActivityEvidence(), ActivityEvidence()
    whole.add(proofs)
    left.add(proofs[:cut])
    right.add(proofs[cut:])

    left.add(right.proofs)

    assert left.proofs == whole.proofs


@given(PROOFS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(proofs: list[Proof], random: Random) -> None:
    one, other = ActivityEvidence(), ActivityEvidence()
    for proof in proofs:
        one.add((proof,))
    for proof in random.sample(proofs, len(proofs)) + proofs[:2]:
        other.add((proof,))

    assert one.proofs == other.proofs


@given(PROOFS)
def test_what_is_kept_is_bounded_and_what_was_left_out_is_noted(proofs: list[Proof]) -> None:
    evidence = ActivityEvidence()
    evidence.add(proofs)

    withdrawn = sum(proof.withdrawn_at is not None for proof in proofs)
    assert len(evidence.proofs) <= withdrawn + 4 * 8 + 4 * 2 + 16 * 2
    assert evidence.more == (len(evidence.proofs) < len(proofs))


def test_the_two_earliest_and_the_two_latest_of_a_claim_are_kept_and_each_best_score() -> None:
    scores = {3: 0.2, 4: 0.9, 5: 0.5}
    evidence = slice_of(*(did(f"f{at}", at, "failed", score=scores.get(at)) for at in range(9)))

    assert kept(evidence) == ["f0", "f1", "f3", "f4", "f5", "f7", "f8"]
    assert evidence.activities[PLACE].more


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


def test_withdrawn_proofs_take_no_place_of_those_that_stand() -> None:
    evidence = Slice()
    for number in (1, 2):
        evidence.revoke(f"f{number}", 50)
    for number in range(1, 10):
        evidence.add(did(f"f{number}", number, provisional=number < 3))

    assert kept(evidence) == ["f1", "f2", "f3", "f4", "f8", "f9"]


def test_where_facts_were_left_out_a_revocation_asks_for_the_slice_to_be_built_anew() -> None:
    few, many = slice_of(*(did(f"f{n}", n) for n in range(4))), slice_of(*(did(f"f{n}", n) for n in range(5)))

    assert few.revoke("f1", 50) is False
    assert many.revoke("f1", 50) is True


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
