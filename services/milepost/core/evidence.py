"""Evidence: what the facts about one identifier add up to, whatever the order in which they came.

What is kept is a selection of the facts that depends on the set of them alone: of each activity the first two that
answer each question which programs ask of it (`milepost.core.asking`), and the last two where the latest counts. Of
what is asked about days it is kept what each day began and ended with: that answers about every window of a day or
longer, to the day.

Where a fact was left out, `more` says so; if then one that was kept is revoked, or something new is asked, the slice
has to take in all facts once more.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from operator import attrgetter

from msgspec import Struct

from milepost.core.asking import BITS, EVERYTHING, UNCOMPLETED, Questions, any_daily, asked_of, daily, questions
from milepost.core.register import Register
from milepost.core.short_names import in_full, shortened
from milepost_schemas.facts import (
    ActivityReported,
    LearnerEnrolled,
    LearnerFact,
    LearnerWithdrawn,
    ObservationSignedOff,
    StepWaived,
)
from milepost_schemas.instants import DAY
from milepost_schemas.words import Asks

REVOKED_KEPT = 64
"""How many revoked fact ids a slice remembers."""

DAYS_KEPT = 128
"""Of how many days it is kept what they began and ended with, where days matter: the earliest and the latest half."""


class Proof(Struct, array_like=True, frozen=True):
    """One fact about an activity, as far as a rule may need it."""

    at: int
    fact: str
    """The fact's id, in short."""

    claims: int
    score: float | None = None
    progress: float | None = None
    provisional: bool = False
    withdrawn_at: int | None = None
    known_at: int = 0

    @property
    def fact_id(self) -> str:
        """The fact's id as it is said."""
        return in_full(self.fact)


class SignOff(Struct, array_like=True, frozen=True):
    """One sign-off of an observation."""

    at: int
    fact_id: str
    role: str
    occurrence: int | None = None
    known_at: int = 0


IN_ORDER = attrgetter("at", "fact")
"""Puts proofs in order: when it happened; ties are told apart by the fact."""

SIGNED_IN_ORDER = attrgetter("at", "fact_id")
"""Puts sign-offs in order, likewise."""


class ActivityEvidence(Struct, array_like=True):
    """What is kept of one activity."""

    proofs: list[Proof] = []
    more: bool = False
    asks: Asks | bool = False
    """What is asked of it. False where nobody has said: then all that anybody might ask (true: also about days)."""

    def add(self, proofs: Collection[Proof], *, asks: Asks | bool = False) -> bool:
        """Take in proofs, then keep the selection; return whether something that was left out before is missed now."""
        before = self.asks
        missed = self.ask(asks)
        if proofs and self.asks == before and all(map(self._is_answered_before, proofs)):
            self.more = True
            return missed
        every = {proof.fact: proof for proof in self.proofs}
        for proof in proofs:
            every.setdefault(proof.fact, proof)
        unticked = _is_unticked(every.values())
        missed = missed or (unticked and self.more and not self._keeps_days and not _is_unticked(self.proofs))
        self._keep(every.values(), unticked=unticked)
        return missed

    def ask(self, asks: Asks | bool) -> bool:
        """Keep what answers these, too; return whether something that was left out before is missed now."""
        before = self.asks
        if asks == before or asks is False:
            return False
        if isinstance(before, bool):
            self.asks = asks
            return self.more and not before and self._keeps_days
        if asks is not True:
            self.asks = asked_of(before, asks)
        return self.more and self.asks != before

    def judge(self, judged: Callable[[Proof], Proof | None]) -> None:
        """Think again about all that is kept."""
        proofs = [proof for proof in map(judged, self.proofs) if proof is not None]
        self._keep(proofs, unticked=_is_unticked(proofs))

    def _is_answered_before(self, proof: Proof) -> bool:
        """Say whether all that a proof answers was answered twice before it, so that it would be left out.

        Most are: who is done comes back. Where it is not plain, the answer is no.
        """
        if proof.claims & UNCOMPLETED or not self.proofs or proof.at <= self.proofs[-1].at or self._keeps_days:
            return False
        asked = self._questions(unticked=False)
        open_questions = asked.answered(proof.claims, proof.score, proof.progress)
        if open_questions & asked.latest:
            return False
        once = 0
        for kept in self.proofs:
            if kept.claims & UNCOMPLETED:
                return False
            if kept.withdrawn_at is None:
                answered = asked.answered(kept.claims, kept.score, kept.progress)
                open_questions &= ~(once & answered)
                once |= answered
        return not open_questions

    def _keep(self, proofs: Collection[Proof], *, unticked: bool) -> None:
        """Keep of these what answers; of an activity that was un-ticked, also within any days."""
        ordered = sorted(proofs, key=IN_ORDER)
        if len(ordered) > 2:
            ordered = _selection(ordered, self._questions(unticked=unticked))
        self.more = self.more or len(ordered) < len(proofs)
        if ordered != self.proofs:
            self.proofs = ordered

    @property
    def _keeps_days(self) -> bool:
        return self.asks if isinstance(self.asks, bool) else any_daily(self.asks)

    def _questions(self, *, unticked: bool) -> Questions:
        asks = EVERYTHING if isinstance(self.asks, bool) else self.asks
        return questions((*asks, *daily(asks)) if unticked or self.asks is True else asks)


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

    def add(self, fact: LearnerFact, asks: Asks | None = None) -> bool:
        """Take in a fact; one that was revoked before it came does not count, or only until it is withdrawn.

        `asks` is what programs ask of an activity. Return whether the slice must take in all facts once more,
        because some were left out before that are missed now.
        """
        match fact:
            case ActivityReported():
                return self._add_activity(fact, False if asks is None else asks)
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

    def asks(self, activity: str) -> Asks | None:
        """Return what is asked of an activity, by its key; None where nobody has said."""
        kept = self.activities.get(activity)
        return None if kept is None or isinstance(kept.asks, bool) else kept.asks

    def add_all(self, facts: Iterable[LearnerFact]) -> None:
        """Take in facts of which some were left out before: those about one activity at once, so none is missed."""
        found: dict[str, list[Proof]] = defaultdict(list)
        for fact in facts:
            if not isinstance(fact, ActivityReported):
                self.add(fact)
            elif (proof := self._proof(fact)) is not None:
                found[activity_key(fact.source, fact.activity)].append(proof)
        for activity, proofs in found.items():
            self.activities.setdefault(activity, ActivityEvidence()).add(proofs)

    def proofs(self, activity: str) -> list[Proof]:
        """Return what is kept of an activity, by its key, in order; the list stays as it is when more comes."""
        kept = self.activities.get(activity)
        return [] if kept is None else kept.proofs

    def as_before(self, activities: Mapping[str, list[Proof]]) -> "Slice":
        """Return this slice with other proofs of some activities."""
        other = {activity: ActivityEvidence(proofs) for activity, proofs in activities.items()}
        return Slice({**self.activities, **other}, self.enrollments, self.waivers, self.signed_off, self.revoked)

    def revoke(self, target: str, withdrawn_at: int) -> bool:
        """Take a fact back; return whether the slice must take in all facts once more, because some were left out."""
        self.revoked[target] = min(withdrawn_at, self.revoked.get(target, withdrawn_at))
        while len(self.revoked) > REVOKED_KEPT:
            del self.revoked[min(self.revoked, key=self._by_withdrawal)]
        anew, short = False, shortened(target)
        for place, signed in self.signed_off.items():
            self.signed_off[place] = [one for one in signed if one.fact_id != target]
        for evidence in self.activities.values():
            if any(proof.fact == short for proof in evidence.proofs):
                anew = anew or evidence.more
                evidence.judge(self._judged)
        return anew

    def merge(self, other: "Slice") -> None:
        """Take in all that another slice knows."""
        for activity, theirs in other.activities.items():
            ours = self.activities.setdefault(activity, ActivityEvidence())
            ours.add(theirs.proofs, asks=theirs.asks)
            ours.more = ours.more or theirs.more
        for program, enrollment in other.enrollments.items():
            self.enrollments.setdefault(program, Register()).merge(enrollment)
        for step, waiver in other.waivers.items():
            self.waivers.setdefault(step, Register()).merge(waiver)
        for step, signed in other.signed_off.items():
            self.signed_off[step] = _first_signed([*self.signed_off.get(step, ()), *signed])

    def _add_activity(self, fact: ActivityReported, asks: Asks | bool) -> bool:
        proof = self._proof(fact)
        if proof is None:
            return False
        place = activity_key(fact.source, fact.activity)
        return self.activities.setdefault(place, ActivityEvidence()).add((proof,), asks=asks)

    def _proof(self, fact: ActivityReported) -> Proof | None:
        """Return what a fact shows; None where it was revoked."""
        return self._judged(
            Proof(
                at=min(fact.occurred_at, fact.received_at),
                fact=shortened(fact.fact_id),
                claims=sum(BITS[claim] for claim in set(fact.claims)),
                score=fact.score,
                progress=fact.progress,
                provisional=fact.provisional,
                known_at=fact.received_at,
            )
        )

    def _add_sign_off(self, fact: ObservationSignedOff) -> None:
        if fact.fact_id in self.revoked:
            return
        place = f"{fact.program}/{fact.step}"
        at = min(fact.occurred_at, fact.received_at)
        signed = SignOff(at, fact.fact_id, fact.role, fact.occurrence, fact.received_at)
        self.signed_off[place] = _first_signed([*self.signed_off.get(place, ()), signed])

    def _judged(self, proof: Proof) -> Proof | None:
        withdrawn_at = self.revoked.get(proof.fact_id) if self.revoked else None
        if withdrawn_at is None:
            return proof
        if not proof.provisional:
            return None
        return Proof(
            proof.at,
            proof.fact,
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


def _selection(ordered: list[Proof], asked: Questions) -> list[Proof]:
    """Return, of proofs in order, those that answer what is asked; a selection of selections is the selection.

    A withdrawn one is kept where it would be if it stood, and never takes the place of one that stands.
    """
    all_answers = [(proof, asked.answered(proof.claims, proof.score, proof.progress)) for proof in ordered]
    kept = {*_first_two(all_answers, asked.ever), *_first_two(reversed(all_answers), asked.latest)}
    if asked.daily:
        for day in _days(all_answers, asked.daily):
            kept.update(_first(day, asked.daily), _first(reversed(day), asked.daily))
    return [proof for proof in ordered if proof.fact in kept]


_Answers = tuple[Proof, int]
"""A proof, and the questions that it answers, as bits."""


def _days(ordered: Iterable[_Answers], asked: int) -> list[list[_Answers]]:
    """Return what answers any of some questions, by day (of UTC): of the earliest days, and of the latest."""
    days: dict[int, list[_Answers]] = {}
    for one in ordered:
        if one[1] & asked:
            days.setdefault(one[0].at // DAY, []).append(one)
    standing = [day for day, found in days.items() if any(proof.withdrawn_at is None for proof, _ in found)]
    if len(standing) <= DAYS_KEPT:
        return list(days.values())
    early, late = standing[DAYS_KEPT // 2 - 1], standing[-DAYS_KEPT // 2]
    return [found for day, found in days.items() if day <= early or day >= late]


def _first(proofs: Iterable[_Answers], asked: int) -> Iterator[str]:
    """Yield the facts that are the first to answer any of some questions."""
    for proof, answered in proofs:
        if answered & asked:
            yield proof.fact
        if proof.withdrawn_at is None:
            asked &= ~answered


def _first_two(proofs: Iterable[_Answers], asked: int) -> Iterator[str]:
    """Yield the facts that are among the first two to answer any of some questions."""
    once = 0
    for proof, answered in proofs:
        if answered & asked:
            yield proof.fact
        if proof.withdrawn_at is None:
            asked &= ~(once & answered)
            once |= answered


def _first_signed(signed: list[SignOff]) -> list[SignOff]:
    """Return the earliest sign-offs, each once: as many as any program can ask for."""
    once = {one.fact_id: one for one in signed}
    return sorted(once.values(), key=SIGNED_IN_ORDER)[:32]


def _is_unticked(proofs: Iterable[Proof]) -> bool:
    """Say whether a completion was ever taken back by who had said it."""
    return any(proof.claims & UNCOMPLETED for proof in proofs)
