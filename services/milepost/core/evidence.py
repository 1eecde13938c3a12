"""Evidence: what the facts about one identifier add up to, whatever the order in which they came.

What is kept is a selection of the facts that depends on the set of them alone: per activity and kind of claim the two
earliest and the two latest, and the first fact that reached each whole percent of a score or progress. Where a fact
was left out, `more` says so; if then one is revoked, the slice has to be built anew from all facts.
"""

from collections.abc import Iterable
from math import floor
from typing import get_args

from msgspec import Struct

from milepost.core.register import Register
from milepost_schemas.facts import (
    ActivityReported,
    LearnerEnrolled,
    LearnerFact,
    LearnerWithdrawn,
    ObservationSignedOff,
    StepWaived,
)
from milepost_schemas.words import Claim

CLAIMS: tuple[Claim, ...] = get_args(Claim)
BITS = {claim: 1 << index for index, claim in enumerate(CLAIMS)}

REVOKED_KEPT = 64
"""How many revoked fact ids a slice remembers."""


class Proof(Struct, array_like=True, frozen=True):
    """One fact about an activity, as far as a rule may need it."""

    at: int
    fact_id: str
    claims: int
    score: float | None = None
    progress: float | None = None
    provisional: bool = False
    withdrawn_at: int | None = None
    known_at: int = 0

    @property
    def order(self) -> tuple[int, str]:
        """When it happened; ties are told apart by the fact's id."""
        return (self.at, self.fact_id)


class SignOff(Struct, array_like=True, frozen=True):
    """One sign-off of an observation."""

    at: int
    fact_id: str
    role: str
    occurrence: int | None = None
    known_at: int = 0

    @property
    def order(self) -> tuple[int, str]:
        """When it happened; ties are told apart by the fact's id."""
        return (self.at, self.fact_id)


class ActivityEvidence(Struct, array_like=True):
    """What is kept of one activity."""

    proofs: list[Proof] = []
    more: bool = False

    def add(self, proofs: Iterable[Proof]) -> None:
        """Take in proofs, then keep the selection."""
        every = {proof.fact_id: proof for proof in self.proofs}
        for proof in proofs:
            every.setdefault(proof.fact_id, proof)
        if len(every) == len(self.proofs):
            return
        ordered = sorted(every.values(), key=_order)
        self.proofs = _selection(ordered) if len(ordered) > 2 else ordered
        self.more = self.more or len(self.proofs) < len(ordered)


class Enrolled(Struct, array_like=True, frozen=True):
    """On a program, or (`active` false) no longer."""

    active: bool
    cohort: str | None = None
    zone: str | None = None


class Waived(Struct, array_like=True, frozen=True):
    """Whether a step is waived."""

    waived: bool
    reason: str = ""


class Slice(Struct, array_like=True):
    """All evidence of one identifier."""

    activities: dict[str, ActivityEvidence] = {}
    enrollments: dict[str, Register[Enrolled]] = {}
    waivers: dict[str, Register[Waived]] = {}
    signed_off: dict[str, list[SignOff]] = {}
    revoked: dict[str, int] = {}

    def add(self, fact: LearnerFact) -> None:
        """Take in a fact; one that was revoked before it came does not count, or only until it is withdrawn."""
        match fact:
            case ActivityReported():
                self._add_activity(fact)
            case ObservationSignedOff():
                self._add_sign_off(fact)
            case LearnerEnrolled():
                place = self.enrollments.setdefault(fact.program, Register())
                place.say(Enrolled(True, fact.cohort, fact.zone), fact)
            case LearnerWithdrawn():
                self.enrollments.setdefault(fact.program, Register()).say(Enrolled(False), fact)
            case StepWaived():
                waiver = self.waivers.setdefault(f"{fact.program}/{fact.step}", Register())
                waiver.say(Waived(fact.waived, fact.reason), fact)

    def revoke(self, target: str, withdrawn_at: int) -> bool:
        """Take a fact back; return whether the slice must be built anew, because facts were left out before."""
        self.revoked[target] = min(withdrawn_at, self.revoked.get(target, withdrawn_at))
        while len(self.revoked) > REVOKED_KEPT:
            del self.revoked[min(self.revoked, key=self._by_withdrawal)]
        anew = False
        for place, signed in self.signed_off.items():
            self.signed_off[place] = [one for one in signed if one.fact_id != target]
        for evidence in self.activities.values():
            anew = anew or evidence.more
            evidence.proofs = [proof for proof in map(self._judged, evidence.proofs) if proof is not None]
        return anew

    def merge(self, other: "Slice") -> None:
        """Take in all that another slice knows."""
        for activity, theirs in other.activities.items():
            ours = self.activities.setdefault(activity, ActivityEvidence())
            ours.add(theirs.proofs)
            ours.more = ours.more or theirs.more
        for program, enrollment in other.enrollments.items():
            self.enrollments.setdefault(program, Register()).merge(enrollment)
        for step, waiver in other.waivers.items():
            self.waivers.setdefault(step, Register()).merge(waiver)
        for step, signed in other.signed_off.items():
            self.signed_off[step] = _first_signed([*self.signed_off.get(step, ()), *signed])

    def _add_activity(self, fact: ActivityReported) -> None:
        proof = self._judged(
            Proof(
                at=min(fact.occurred_at, fact.received_at),
                fact_id=fact.fact_id,
                claims=sum(BITS[claim] for claim in set(fact.claims)),
                score=fact.score,
                progress=fact.progress,
                provisional=fact.provisional,
                known_at=fact.received_at,
            )
        )
        if proof is not None:
            place = activity_key(fact.source, fact.activity)
            self.activities.setdefault(place, ActivityEvidence()).add((proof,))

    def _add_sign_off(self, fact: ObservationSignedOff) -> None:
        if fact.fact_id in self.revoked:
            return
        place = f"{fact.program}/{fact.step}"
        at = min(fact.occurred_at, fact.received_at)
        signed = SignOff(at, fact.fact_id, fact.role, fact.occurrence, fact.received_at)
        self.signed_off[place] = _first_signed([*self.signed_off.get(place, ()), signed])

    def _judged(self, proof: Proof) -> Proof | None:
        withdrawn_at = self.revoked.get(proof.fact_id)
        if withdrawn_at is None:
            return proof
        if not proof.provisional:
            return None
        return Proof(
            proof.at,
            proof.fact_id,
            proof.claims,
            proof.score,
            proof.progress,
            proof.provisional,
            withdrawn_at,
            proof.known_at,
        )

    def _by_withdrawal(self, target: str) -> tuple[int, str]:
        return (self.revoked[target], target)


def activity_key(source: str, activity: str) -> str:
    """Return the key under which a slice keeps an activity of a source."""
    return f"{source} {activity}"


def _selection(ordered: list[Proof]) -> list[Proof]:
    """Return, of proofs in order, those that any question may need; a selection of selections is the selection.

    Withdrawn ones are all kept, and never in the place of one that stands.
    """
    kept: dict[str, Proof] = {}
    standing = [proof for proof in ordered if proof.withdrawn_at is None]
    for bit in BITS.values():
        claimed = [proof for proof in standing if proof.claims & bit]
        kept.update((proof.fact_id, proof) for proof in (*claimed[:2], *claimed[-2:]))
    for measured in ([p for p in standing if p.score is not None], [p for p in standing if p.progress is not None]):
        kept.update((proof.fact_id, proof) for proof in (*measured[:2], *measured[-2:]))
    kept.update((proof.fact_id, proof) for proof in _rising(standing, "score"))
    kept.update((proof.fact_id, proof) for proof in _rising(standing, "progress"))
    kept.update((proof.fact_id, proof) for proof in ordered if proof.withdrawn_at is not None)
    return [proof for proof in ordered if proof.fact_id in kept]


def _rising(ordered: list[Proof], what: str) -> list[Proof]:
    """Return the first proof that reached each whole percent, of a hundred of which a measure has no more."""
    rising: list[Proof] = []
    best = None
    for proof in ordered:
        measure = getattr(proof, what)
        percent = None if measure is None else floor(round(measure * 100, 6))
        if percent is not None and (best is None or percent > best):
            best = percent
            rising.append(proof)
    return rising


def _first_signed(signed: list[SignOff]) -> list[SignOff]:
    """Return the earliest sign-offs, each once: as many as any program can ask for."""
    once = {one.fact_id: one for one in signed}
    return sorted(once.values(), key=_order)[:32]


def _order(proof: Proof | SignOff) -> tuple[int, str]:
    return proof.order
