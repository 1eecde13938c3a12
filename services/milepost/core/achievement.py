"""When a condition of a step was met: the closed set of `done`, read from proofs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import assert_never

from msgspec import Struct

from milepost.core.asking import COMPLETION, OUTCOMES, SHOWN_BY, UNCOMPLETED
from milepost.core.evidence import Proof, SignOff
from milepost.core.program import AllOf, AnyOf, AtLeast, Attempts, Claimed, Distinct, Done, Present, SignedOff


class Achieved(Struct, frozen=True):
    """A condition was met: when, and which facts show it."""

    at: int
    by: tuple[str, ...]
    known_at: int = 0
    estimated: bool = False


class Shown(Struct, frozen=True):
    """The evidence for one step in the window of the attempt: proofs by activity, in order, and sign-offs."""

    proofs: Mapping[str, Sequence[Proof]]
    signed_off: Sequence[SignOff] = ()
    withdrawn: Callable[[Proof], bool] = lambda proof: proof.withdrawn_at is not None
    """Whether a withdrawal of a proof has taken effect."""


ANY_ATTEMPT = Attempts()


def achieved(done: Done, shown: Shown, attempts: Attempts = ANY_ATTEMPT) -> Achieved | None:
    """Return when and by what the condition was met first, or None; nothing is met by nothing."""
    if not shown.signed_off and not any(shown.proofs.values()):
        return None
    match done:
        case Claimed() | AtLeast():
            return _earliest(_single(done, proofs, shown, attempts) for proofs in shown.proofs.values())
        case AnyOf(conditions=conditions):
            return _earliest(achieved(condition, shown, attempts) for condition in conditions)
        case AllOf(conditions=conditions):
            return _all([achieved(condition, shown, attempts) for condition in conditions])
        case Distinct(count=count, condition=condition):
            return _distinct(count, condition, shown, attempts)
        case SignedOff(roles=roles, times=times):
            return _signed_off([one for one in shown.signed_off if one.role in roles], times)
        case Present():
            return None
        case _:
            assert_never(done)


def present_enough(done: Done, share: float, minutes: int) -> bool:
    """Say whether a presence meets the condition of a live step; one that asks for no presence is met by any."""
    match done:
        case Present(share=wanted, minutes=least):
            return (wanted is None or share >= wanted) and (least is None or minutes >= least) and share > 0
        case AnyOf(conditions=conditions):
            return any(present_enough(condition, share, minutes) for condition in conditions)
        case AllOf(conditions=conditions):
            return all(present_enough(condition, share, minutes) for condition in conditions)
        case Claimed() | AtLeast() | Distinct() | SignedOff():
            return share > 0
        case _:
            assert_never(done)


def _single(done: Claimed | AtLeast, proofs: Sequence[Proof], shown: Shown, attempts: Attempts) -> Achieved | None:
    if not proofs:
        return None
    meets = _test(done)
    standing = _completed_since(proofs)
    candidates = [proof for proof in standing if meets(proof)]
    if attempts.take != "best":
        candidates = _of_attempt(candidates, standing, attempts)
    live = [proof for proof in candidates if not shown.withdrawn(proof)]
    for proof in candidates:
        if not shown.withdrawn(proof) or _proved_again(proof, live):
            return Achieved(proof.at, (proof.fact_id,), proof.known_at)
    return None


def _signed_off(signed: Sequence[SignOff], times: int) -> Achieved | None:
    if len(signed) < times:
        return None
    enough = signed[:times]
    return Achieved(enough[-1].at, tuple(one.fact_id for one in enough), max(one.known_at for one in enough))


def _test(done: Claimed | AtLeast) -> Callable[[Proof], bool]:
    if isinstance(done, Claimed):
        bits = SHOWN_BY[done.claim]
        return lambda proof: bool(proof.claims & bits)
    if done.what == "score":
        return lambda proof: proof.score is not None and proof.score >= done.value
    return lambda proof: proof.progress is not None and proof.progress >= done.value


def _proved_again(withdrawn: Proof, live: Sequence[Proof]) -> bool:
    """A withdrawn proof keeps its date if another came before the withdrawal took effect."""
    return any(proof.at < (withdrawn.withdrawn_at or 0) for proof in live)


def _completed_since(proofs: Sequence[Proof]) -> Sequence[Proof]:
    """Leave out every completion that was un-ticked later."""
    undone = max((proof.at for proof in proofs if proof.claims & UNCOMPLETED), default=None)
    if undone is None:
        return proofs
    return [proof for proof in proofs if proof.at > undone or not proof.claims & (COMPLETION | UNCOMPLETED)]


def _of_attempt(candidates: list[Proof], proofs: Sequence[Proof], attempts: Attempts) -> list[Proof]:
    """Keep candidates only where the attempt that counts, the first or the latest outcome, is one of them."""
    outcomes = [proof for proof in proofs if proof.claims & OUTCOMES or proof.score is not None]
    if not outcomes:
        return candidates
    counts = outcomes[0] if attempts.take == "first" else outcomes[-1]
    return [counts] if counts in candidates else []


def _earliest(found: Iterable[Achieved | None]) -> Achieved | None:
    met = [one for one in found if one is not None]
    return min(met, key=lambda one: (one.at, one.by)) if met else None


def _all(found: Sequence[Achieved | None]) -> Achieved | None:
    met = [one for one in found if one is not None]
    if len(met) < len(found) or not met:
        return None
    facts = tuple(dict.fromkeys(fact for one in met for fact in one.by))
    return Achieved(max(one.at for one in met), facts, max(one.known_at for one in met))


def _distinct(count: int, condition: Done, shown: Shown, attempts: Attempts) -> Achieved | None:
    each = (
        achieved(condition, Shown({activity: proofs}, (), shown.withdrawn), attempts)
        for activity, proofs in shown.proofs.items()
    )
    met = sorted((one for one in each if one is not None), key=lambda one: (one.at, one.by))
    return _all(met[:count]) if len(met) >= count else None
