"""Evidence: what the facts about one identifier add up to, whatever the order in which they came.

What is kept is a selection of the facts that depends on the set of them alone: per activity and kind of claim the two
earliest and the two latest, and the first fact that reached each whole percent of a score or progress. That answers
every question about all time. Of an activity that is read in windows of time as well, or that was un-ticked, it is kept
too what each day began and ended with: that answers about every window of a day or longer, to the day.

Where a fact was left out, `more` says so; if then one is revoked, or the days turn out to matter, the slice has to be
built anew from all facts.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from math import floor
from operator import itemgetter
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
from milepost_schemas.instants import DAY
from milepost_schemas.words import Claim

CLAIMS: tuple[Claim, ...] = get_args(Claim)
BITS = {claim: 1 << index for index, claim in enumerate(CLAIMS)}

_SCORED, _PROGRESSED = 1 << len(CLAIMS), 2 << len(CLAIMS)
"""As bits beside those of the claims: that a proof has a score, or a progress."""

COMPLETION = BITS["completed"] | BITS["passed"]
UNCOMPLETED = BITS["uncompleted"]
OUTCOMES = BITS["passed"] | BITS["failed"]

_ATTEMPTED = BITS["attempted"] | BITS["answered"] | BITS["failed"] | COMPLETION
SHOWN_BY = {
    "opened": _ATTEMPTED | BITS["opened"] | BITS["attested"],
    "attempted": _ATTEMPTED,
    "answered": BITS["answered"],
    "completed": COMPLETION,
    "passed": BITS["passed"],
    "failed": BITS["failed"],
    "attested": BITS["attested"],
    "uncompleted": UNCOMPLETED,
}
"""Which claims show a claim: who passed has also completed, attempted and opened."""

REVOKED_KEPT = 64
"""How many revoked fact ids a slice remembers."""

DAYS_KEPT = 32
"""Of how many days it is kept what they began and ended with, where days matter: the earliest and the latest half."""


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
    by_day: bool = False
    """Whether it matters what each day began and ended with."""

    def add(self, proofs: Iterable[Proof], *, by_day: bool = False) -> bool:
        """Take in proofs, then keep the selection; return whether something that was left out before is missed now."""
        every = {proof.fact_id: proof for proof in self.proofs}
        for proof in proofs:
            every.setdefault(proof.fact_id, proof)
        missed = False
        if not self.by_day and (by_day or any(proof.claims & UNCOMPLETED for proof in every.values())):
            missed = self.keep_days()
        if len(every) == len(self.proofs):
            return missed
        ordered = sorted(every.values(), key=by_order)
        self.proofs = _selection(ordered, by_day=self.by_day) if len(ordered) > 2 else ordered
        self.more = self.more or len(self.proofs) < len(ordered)
        return missed

    def keep_days(self) -> bool:
        """Keep days from now on; return whether something that was left out before is missed now."""
        missed = self.more and not self.by_day
        self.by_day = True
        return missed


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

    def add(self, fact: LearnerFact, *, by_day: bool = False) -> bool:
        """Take in a fact; one that was revoked before it came does not count, or only until it is withdrawn.

        `by_day` says of an activity that its days matter. Return whether the slice must be built anew, because facts
        were left out before that are missed now.
        """
        match fact:
            case ActivityReported():
                return self._add_activity(fact, by_day=by_day)
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
        return False

    def keep_days(self, activity: str) -> bool:
        """Keep the days of an activity, by its key; return whether the slice must be built anew for that."""
        kept = self.activities.get(activity)
        return kept is not None and kept.keep_days()

    def keeps_days(self, activity: str) -> bool:
        """Say whether the days of an activity are kept, by its key."""
        kept = self.activities.get(activity)
        return kept is not None and kept.by_day

    def begun_anew(self) -> "Slice":
        """Return an empty slice that knows what this one does of revocations, and of which activities days matter."""
        by_day = {activity: ActivityEvidence(by_day=True) for activity, kept in self.activities.items() if kept.by_day}
        return Slice(activities=by_day, revoked=self.revoked)

    def proofs(self, activity: str) -> list[Proof]:
        """Return what is kept of an activity, by its key, in order; the list stays as it is when more comes."""
        kept = self.activities.get(activity)
        return [] if kept is None else kept.proofs

    def as_before(self, activities: Mapping[str, list[Proof]]) -> "Slice":
        """Return this slice with other proofs of some activities."""
        other = {activity: ActivityEvidence(proofs) for activity, proofs in activities.items()}
        return Slice({**self.activities, **other}, self.enrollments, self.waivers, self.signed_off, self.revoked)

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
            ours.add(theirs.proofs, by_day=theirs.by_day)
            ours.more = ours.more or theirs.more
        for program, enrollment in other.enrollments.items():
            self.enrollments.setdefault(program, Register()).merge(enrollment)
        for step, waiver in other.waivers.items():
            self.waivers.setdefault(step, Register()).merge(waiver)
        for step, signed in other.signed_off.items():
            self.signed_off[step] = _first_signed([*self.signed_off.get(step, ()), *signed])

    def _add_activity(self, fact: ActivityReported, *, by_day: bool) -> bool:
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
        if proof is None:
            return False
        place = activity_key(fact.source, fact.activity)
        return self.activities.setdefault(place, ActivityEvidence()).add((proof,), by_day=by_day)

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


def _selection(ordered: list[Proof], *, by_day: bool) -> list[Proof]:
    """Return, of proofs in order, those that any question may need; a selection of selections is the selection.

    Withdrawn ones are all kept, and never in the place of one that stands.
    """
    standing = [proof for proof in ordered if proof.withdrawn_at is None]
    kept = {*_first_two(standing), *_first_two(reversed(standing))}
    kept.update(_rising((proof.fact_id, proof.score) for proof in standing))
    kept.update(_rising((proof.fact_id, proof.progress) for proof in standing))
    if by_day:
        for day in _days(standing):
            kept.update(_first_of_each_kind(day), _first_of_each_kind(reversed(day)))
            kept.update(_best((proof.fact_id, proof.score) for proof in day))
            kept.update(_best((proof.fact_id, proof.progress) for proof in day))
    return [proof for proof in ordered if proof.fact_id in kept or proof.withdrawn_at is not None]


def _days(ordered: Iterable[Proof]) -> list[list[Proof]]:
    """Return the proofs of each day (of UTC) on which something was done: of the earliest days, and of the latest."""
    days: dict[int, list[Proof]] = {}
    for proof in ordered:
        days.setdefault(proof.at // DAY, []).append(proof)
    found = list(days.values())
    return found if len(found) <= DAYS_KEPT else [*found[: DAYS_KEPT // 2], *found[-DAYS_KEPT // 2 :]]


def _first_of_each_kind(proofs: Iterable[Proof]) -> Iterator[str]:
    """Yield the facts that are the first to show a claim, or an outcome."""
    shown: set[str] = set()
    for proof in proofs:
        kinds = _kinds(proof.claims, scored=proof.score is not None)
        if not kinds <= shown:
            yield proof.fact_id
            shown |= kinds


@cache
def _kinds(claims: int, *, scored: bool) -> frozenset[str]:
    shown = {claim for claim, by in SHOWN_BY.items() if claims & by}
    return frozenset(shown | {"any"} | ({"outcome"} if claims & OUTCOMES or scored else set()))


def _best(measured: Iterable[tuple[str, float | None]]) -> Iterator[str]:
    """Yield the first fact that has the highest measure."""
    known = [(measure, fact_id) for fact_id, measure in measured if measure is not None]
    if known:
        yield max(known, key=itemgetter(0))[1]


def _first_two(proofs: Iterable[Proof]) -> Iterator[str]:
    """Yield the facts that are among the first two of any kind: of a claim, of a score, of a progress."""
    once = twice = 0
    for proof in proofs:
        kinds = proof.claims
        kinds |= 0 if proof.score is None else _SCORED
        kinds |= 0 if proof.progress is None else _PROGRESSED
        if kinds & ~twice:
            yield proof.fact_id
        twice |= once & kinds
        once |= kinds


def _rising(measured: Iterable[tuple[str, float | None]]) -> Iterator[str]:
    """Yield the first fact that reached each whole percent, of a hundred of which a measure has no more."""
    best = None
    for fact_id, measure in measured:
        percent = None if measure is None else floor(round(measure * 100, 6))
        if percent is not None and (best is None or percent > best):
            best = percent
            yield fact_id


def _first_signed(signed: list[SignOff]) -> list[SignOff]:
    """Return the earliest sign-offs, each once: as many as any program can ask for."""
    once = {one.fact_id: one for one in signed}
    return sorted(once.values(), key=by_order)[:32]


def by_order(one: Proof | SignOff) -> tuple[int, str]:
    """Return what puts evidence in order."""
    return one.order
