"""What programs ask of an activity, and which facts answer; the words are those of `milepost_schemas.words.Asks`."""

from collections.abc import Iterable
from functools import lru_cache
from typing import get_args

from milepost_schemas.words import Asks, Claim

CLAIMS: tuple[Claim, ...] = get_args(Claim)
BITS = {claim: 1 << index for index, claim in enumerate(CLAIMS)}

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

ANY, OUTCOME = "any", "outcome"
_DAILY = "daily "
_ALWAYS = (ANY, "uncompleted")
_IN_THE_END = (OUTCOME, "uncompleted")
"""Of these the latest answers count, too."""

_WORDS = {ANY, OUTCOME, *CLAIMS}
_MEASURES = ("score", "progress")

_SCORED = 1 << len(CLAIMS)

EVERYTHING: Asks = (
    *(claim for claim in CLAIMS if claim != "uncompleted"),
    OUTCOME,
    *(f"{measure} {percent / 100}" for measure in _MEASURES for percent in range(1, 101)),
)
"""What anybody might ask, to the percent."""


class Questions:
    """Which of some questions a fact answers; a question is a bit."""

    def __init__(self, asks: Asks) -> None:
        """Read the questions; raise ValueError where one is none of ours."""
        names = sorted({*_ALWAYS, *(question.removeprefix(_DAILY) for question in asks)})
        for name in names:
            if name not in _WORDS and name.split(" ")[0] not in _MEASURES:
                raise ValueError(f"{name!r} is nothing that this release asks of an activity: start the newer one")
        bits = {name: 1 << place for place, name in enumerate(names)}
        self.ever = _of(bits, (*_ALWAYS, *(question for question in asks if not question.startswith(_DAILY))))
        self.latest = _of(bits, (name for name in _IN_THE_END if name in bits))
        self.daily = _of(bits, (question.removeprefix(_DAILY) for question in asks if question.startswith(_DAILY)))
        if self.daily:
            self.daily |= bits["uncompleted"]
        self._claims = {name: bit for name, bit in bits.items() if " " not in name}
        self._scores = _measures(bits, "score")
        self._progress = _measures(bits, "progress")
        self._seen: dict[int, int] = {}

    def answered(self, claims: int, score: float | None, progress: float | None) -> int:
        """Return the questions that a fact with these claims and measures answers."""
        seen = claims if score is None else claims | _SCORED
        bits = self._seen.get(seen)
        if bits is None:
            bits = self._seen[seen] = self._by_claims(claims, scored=score is not None)
        if score is not None:
            for least, bit in self._scores:
                bits |= bit if score >= least else 0
        if progress is not None:
            for least, bit in self._progress:
                bits |= bit if progress >= least else 0
        return bits

    def _by_claims(self, claims: int, *, scored: bool) -> int:
        found = 0
        for name, bit in self._claims.items():
            match name:
                case "any":
                    found |= bit
                case "outcome":
                    found |= bit if scored or claims & OUTCOMES else 0
                case _:
                    found |= bit if claims & SHOWN_BY[name] else 0
        return found


@lru_cache(maxsize=4_096)
def questions(asks: Asks) -> Questions:
    """Return what tells which questions a fact answers."""
    return Questions(asks)


def asked_of(*all_asks: Iterable[str]) -> Asks:
    """Return what is asked altogether."""
    return tuple(sorted({question for asks in all_asks for question in asks}))


def daily(asks: Iterable[str]) -> Asks:
    """Return the same questions about any days."""
    return tuple(question if question.startswith(_DAILY) else _DAILY + question for question in asks)


def any_daily(asks: Asks) -> bool:
    """Say whether any question is about days."""
    return any(question.startswith(_DAILY) for question in asks)


def _of(bits: dict[str, int], names: Iterable[str]) -> int:
    found = 0
    for name in names:
        found |= bits[name]
    return found


def _measures(bits: dict[str, int], measure: str) -> tuple[tuple[float, int], ...]:
    return tuple(
        (float(name.removeprefix(f"{measure} ")), bit) for name, bit in bits.items() if name.startswith(f"{measure} ")
    )
