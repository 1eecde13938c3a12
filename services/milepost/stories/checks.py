"""What a story says is true: sets of gaps, what was told, how people stand; and the small grammar of all three."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast, get_args

from milepost.core.rules import RULES
from milepost.stories.cast import Cast
from milepost.stories.moments import MOMENT, Almanac
from milepost.stories.seen import TELLING
from milepost_schemas.program_lines import Unreadable, suggest
from milepost_schemas.projections import SeatOutcome, StageState, StepState
from milepost_schemas.words import SeatState, Severity, Stage

MOVING = ("never_started", "not_booked", "unprepared_for_session", "waitlisted")
"""The gap types whose severity rises by itself; `!` says that it has."""

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
STAGES: tuple[str, ...] = get_args(Stage)
STEP_STATES: tuple[str, ...] = get_args(StepState)
STAGE_STATES: tuple[str, ...] = get_args(StageState)
SEAT_WORDS: tuple[str, ...] = tuple(dict.fromkeys((*get_args(SeatState), *get_args(SeatOutcome), "estimated", "gone")))
JOURNEY_STATES = ("active", "complete", "withdrawn")

ITEM = re.compile(r"(?P<gap>[A-Za-z_]+)(?P<loud>!?)\((?P<names>[^)]*)\)(?P<rest>.*)", re.DOTALL)
SUFFIX = re.compile(
    r"\s*(?:\((?P<short>m)\)|since\s+(?P<since>" + MOMENT + r")|over\s+(?P<over>\S+(?:\s+and\s+\S+)*)"
    r"|(?P<word>[a-z]+))"
)


@dataclass(frozen=True, slots=True)
class GapItem:
    """One gap as a story names it; what it leaves out (a severity, a time) may be anything."""

    text: str
    gap: str
    names: frozenset[str]
    mitigated: bool = False
    loud: bool = False
    severity: Severity | None = None
    since: int | None = None
    again: bool = False
    over: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ToldItem:
    """A change that was told since the check before."""

    what: str
    gap: GapItem


@dataclass(frozen=True, slots=True)
class StateItem:
    """One word about a learner: of which thing, and what."""

    of: str
    word: str
    at: int | None = None


@dataclass(frozen=True, slots=True)
class PersonLine:
    """What a story says about how one learner stands."""

    line: int
    who: str
    items: tuple[StateItem, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """What is true at one moment; None where the story says nothing of it."""

    line: int
    at: int
    gaps: tuple[GapItem, ...]
    told: tuple[ToldItem, ...] | None = None
    told_line: int = 0
    people: tuple[PersonLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Never:
    """A gap that must not have been told at any time."""

    line: int
    gap: GapItem


class CheckReader:
    """Reads what a story says is true."""

    def __init__(self, cast: Cast, almanac: Almanac, rules: frozenset[str]) -> None:
        """Read against these names, these days, and the rules that are on."""
        self._cast = cast
        self._almanac = almanac
        self._rules = rules

    def gaps(self, text: str) -> tuple[GapItem, ...]:
        """Return the gaps of a set such as `{no_show(Ana), not_booked(Ben)}`."""
        inner = text.strip()
        if not (inner.startswith("{") and inner.endswith("}")):
            raise Unreadable(f"{inner!r} is no set of gaps", "write {} for none, or e.g. {no_show(Ana)}")
        return tuple(self.gap(item) for item in split(inner[1:-1]))

    def told(self, text: str) -> tuple[ToldItem, ...]:
        """Return the changes of a list such as `opened no_show(Ana), resolved not_booked(Ben)`."""
        return () if text.strip() == "nothing" else tuple(self._told(item) for item in split(text))

    def person(self, line: int, who: str, text: str) -> PersonLine:
        """Return what is said about a learner, e.g. `stage live, e done, S booked`."""
        return PersonLine(line, who, tuple(self._state(item) for item in split(text)))

    def gap(self, text: str) -> GapItem:
        """Return a gap, e.g. `unprepared_for_session!(Ana) since Mon 10:00`."""
        found = ITEM.fullmatch(text.strip())
        if found is None:
            raise Unreadable(f"{text.strip()!r} names no gap", "write its type and whom it is about: no_show(Ana)")
        gap = found["gap"]
        if gap not in RULES:
            raise Unreadable(f"unknown gap type {gap!r}", suggest(gap, RULES))
        if gap not in self._rules:
            raise Unreadable(f"{gap} is not among the `rules:` of this story", "add it there, or leave it out here")
        if found["loud"] and gap not in MOVING:
            raise Unreadable(f"{gap}! : its severity never rises by itself", f"`!` goes with {', '.join(MOVING)}")
        names = frozenset(self._name(name) for name in split(found["names"]))
        item = GapItem(text.strip(), gap, names, loud=bool(found["loud"]))
        return self._suffixed(item, found["rest"].strip())

    def _suffixed(self, item: GapItem, rest: str) -> GapItem:
        said = {name: getattr(item, name) for name in GapItem.__slots__}
        while rest:
            found = SUFFIX.match(rest)
            if found is None:
                raise Unreadable(f"{rest!r} says nothing of a gap", SUFFIX_FORM)
            said |= self._suffix(found)
            rest = rest[found.end() :].strip()
        return GapItem(**said)

    def _suffix(self, found: re.Match[str]) -> dict[str, object]:
        if found["since"] is not None:
            return {"since": self._almanac.earlier(found["since"])}
        if found["over"] is not None:
            return {"over": frozenset(self._name(name) for name in re.split(r"\s+and\s+", found["over"]))}
        word = found["short"] or found["word"]
        if word in ("m", "mitigated"):
            return {"mitigated": True}
        if word == "again":
            return {"again": True}
        if word in SEVERITIES:
            return {"severity": cast(Severity, word)}
        raise Unreadable(f"{word!r} says nothing of a gap", SUFFIX_FORM)

    def _name(self, text: str) -> str:
        name, known = text.strip(), self._cast.names()
        if name not in known:
            raise Unreadable(f"nobody and nothing is named {name!r}", suggest(name, sorted(known)))
        return name

    def _told(self, text: str) -> ToldItem:
        words = sorted(TELLING.values(), key=len, reverse=True)
        for word in words:
            if text.strip().startswith(word + " "):
                return ToldItem(word, self.gap(text.strip()[len(word) :]))
        first = text.split(maxsplit=1)[0] if text.split() else ""
        raise Unreadable(f"{text.strip()!r} was never told", suggest(first, words))

    def _state(self, text: str) -> StateItem:
        found = re.fullmatch(r"(\S+)\s+([a-z_]+)(?:\s+(" + MOMENT + r"))?", text.strip())
        if found is None:
            raise Unreadable(f"{text.strip()!r} says nothing of a learner", STATE_FORM)
        of, word = found[1], found[2]
        possible = self._possible(of)
        if word not in possible:
            raise Unreadable(f"{of} can not be {word!r}", suggest(word, possible))
        return StateItem(of, word, None if found[3] is None else self._almanac.earlier(found[3]))

    def _possible(self, of: str) -> tuple[str, ...]:
        if of == "stage":
            return STAGES
        if of == "journey":
            return JOURNEY_STATES
        if of in STAGES:
            return STAGE_STATES
        steps, seats = self._steps(), self._seats()
        if of in steps:
            return STEP_STATES
        if of in seats:
            return SEAT_WORDS
        raise Unreadable(f"nothing is named {of!r}", suggest(of, ("stage", "journey", *STAGES, *steps, *seats)))

    def _steps(self) -> list[str]:
        steps = {step.id for step in self._cast.program.steps}
        return sorted(name for name in self._cast.names() if name.partition(".")[0] in steps)

    def _seats(self) -> list[str]:
        sessions = (session.session for run in self._cast.runs.values() for session in run.sessions)
        return sorted({*self._cast.runs, *sessions})


SUFFIX_FORM = f"possible: (m), since MOMENT, over SESSION and SESSION, again, {', '.join(SEVERITIES)}"
STATE_FORM = "write e.g. `stage live, e done Mon 09:00, L due, S booked, pre_learning satisfied, journey complete`"


def split(text: str) -> list[str]:
    """Return the items between commas, leaving alone what stands in parentheses or quotes."""
    items, depth, quoted, item = [], 0, False, ""
    for letter in text:
        quoted ^= letter == '"'
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if letter == "," and not depth and not quoted:
            items.append(item)
            item = ""
        else:
            item += letter
    return [one.strip() for one in (*items, item) if one.strip()]


def rules_named(words: Iterable[str], known: Iterable[str], learner: Iterable[str]) -> frozenset[str]:
    """Return the gap types that these words name; `learner` are all that are about a learner, `all` are all."""
    groups = {"learner": frozenset(learner), "all": frozenset(known)}
    found: set[str] = set()
    for word in words:
        if word not in groups and word not in groups["all"]:
            raise Unreadable(f"unknown gap type {word!r}", suggest(word, (*groups, *sorted(groups["all"]))))
        found |= groups.get(word, {word})
    return frozenset(found)
