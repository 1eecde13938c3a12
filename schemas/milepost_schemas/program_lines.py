"""The short lines of a program file: `5wd`, `1wd before practice.start at 18:00`, `score >= 0.8`.

Each has one reader, which raises `Unreadable` with what was found and what is possible, and one writer, `str`, whose
text the reader takes back as the same value.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches
from typing import Literal, get_args

OffsetUnit = Literal["min", "h", "d", "w", "mo", "wd", "wh"]
Direction = Literal["before", "after"]
Moment = Literal["enrollment", "satisfied", "start", "end"]
Roll = Literal["back", "forward"]
Claimable = Literal["passed", "completed", "attempted", "opened", "answered", "attested"]
Measure = Literal["score", "progress", "present"]

UNITS: tuple[OffsetUnit, ...] = get_args(OffsetUnit)
CLAIMS: tuple[Claimable, ...] = get_args(Claimable)

OFFSET_FORM = "a number and a unit, e.g. 5wd; units are min, h, d, w, mo, wd (working days), wh (working hours)"
DUE_FORM = "`5wd after enrollment [at 18:00] [roll back|forward]`, `1wd before practice.start`, or a date, 2026-10-09"
ANCHOR_FORM = "enrollment, a step (when it was satisfied), or a live step's .start or .end"
CONDITION_FORM = f"{', '.join(CLAIMS)}, score >= 0.8, progress >= 0.9, present >= 80%, present >= 45min"

STEP_ID = r"[A-Za-z0-9][A-Za-z0-9_-]*"
OFFSET = r"[0-9]{1,4}(min|h|d|w|mo|wd|wh)"
DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
ANCHOR = rf"{STEP_ID}(\.(start|end))?"
DUE = rf"({OFFSET} (before|after) {ANCHOR}|{DATE})( at [0-9]{{2}}:[0-9]{{2}})?( roll (back|forward))?"
CONDITION = rf"({'|'.join(CLAIMS)}|(score|progress) ?>= ?[0-9.]+|present ?>= ?[0-9.]+ ?(%|min))"


class Unreadable(ValueError):
    """A line that cannot be read: say what is possible there."""

    def __init__(self, found: str, possible: str) -> None:
        super().__init__(f"{found}; {possible}")
        self.found = found
        self.possible = possible


@dataclass(frozen=True, slots=True)
class OffsetLine:
    """So many of a unit."""

    count: int
    unit: OffsetUnit

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """A moment of a journey; `step` is None for the enrollment."""

    moment: Moment
    step: str | None = None

    def __str__(self) -> str:
        if self.step is None:
            return "enrollment"
        return self.step if self.moment == "satisfied" else f"{self.step}.{self.moment}"


@dataclass(frozen=True, slots=True)
class RelativeLine:
    """So long before or after an anchor."""

    offset: OffsetLine
    direction: Direction
    anchor: AnchorLine
    at: time | None = None
    roll: Roll | None = None

    def __str__(self) -> str:
        return f"{self.offset} {self.direction} {self.anchor}{_tail(self.at, self.roll)}"


@dataclass(frozen=True, slots=True)
class DateLine:
    """A calendar date."""

    on: date
    at: time | None = None
    roll: Roll | None = None

    def __str__(self) -> str:
        return f"{self.on.isoformat()}{_tail(self.at, self.roll)}"


DueLine = RelativeLine | DateLine


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A source says so."""

    claim: Claimable

    def __str__(self) -> str:
        return self.claim


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """At least so much: a share from 0 to 1, or minutes."""

    what: Measure
    least: float
    minutes: bool = False

    def __str__(self) -> str:
        if self.what != "present":
            return f"{self.what} >= {_number(self.least)}"
        return f"present >= {int(self.least)}min" if self.minutes else f"present >= {_number(self.least * 100)}%"


ConditionLine = ClaimLine | MeasureLine


def suggest(word: str, choices: Iterable[str]) -> str:
    """Return what is possible in the place of a word, the likeliest first."""
    known = list(choices)
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    listed = f"possible: {', '.join(known)}" if known else "there is none"
    return f"did you mean {close[0]!r}? {listed}" if close else listed


def read_offset(text: str) -> OffsetLine:
    """Return the offset that a text such as `5wd` names."""
    found = re.fullmatch(r"([0-9]{1,4})([A-Za-z]+)", text)
    if found is None:
        raise Unreadable(f"{text!r} is no span of time", f"write {OFFSET_FORM}; at most 9999 of it")
    count, unit = int(found[1]), found[2]
    for known in UNITS:
        if unit == known:
            return OffsetLine(count, known)
    raise Unreadable(f"unknown unit {unit!r} in {text!r}", suggest(unit, UNITS))


def read_date(text: str) -> date:
    """Return the date that a text such as `2026-10-09` names."""
    try:
        if re.fullmatch(DATE, text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Unreadable(f"{text!r} is no date", "write year, month and day, e.g. 2026-10-09")


def read_since(text: str) -> OffsetLine | date:
    """Return how old work may be: so long before the enrollment, or from a date on."""
    return read_date(text) if re.match(r"[0-9]+-", text) else read_offset(text)


def read_time(text: str) -> time:
    """Return the time of day that a text such as `18:00` names."""
    try:
        if re.fullmatch(r"[0-9]{2}:[0-9]{2}", text):
            return time.fromisoformat(text)
    except ValueError:
        pass
    raise Unreadable(f"{text!r} is no time of day", "write hours and minutes from 00:00 to 23:59, e.g. 18:00")


def read_anchor(text: str) -> AnchorLine:
    """Return the anchor that a text such as `practice.start` names."""
    if text == "enrollment":
        return AnchorLine("enrollment")
    step, dot, moment = text.partition(".")
    if re.fullmatch(STEP_ID, step) is None:
        raise Unreadable(f"{text!r} is no anchor", f"anchors are {ANCHOR_FORM}")
    if not dot:
        return AnchorLine("satisfied", step)
    if moment == "start":
        return AnchorLine("start", step)
    if moment == "end":
        return AnchorLine("end", step)
    raise Unreadable(f"unknown moment {moment!r} in {text!r}", suggest(moment, ("start", "end")))


def read_due(text: str) -> DueLine:
    """Return the due rule that a line names."""
    words = text.split()
    if words and re.match(r"[0-9]+-", words[0]):
        at, roll = _read_tail(words[1:], text)
        return DateLine(read_date(words[0]), at, roll)
    if len(words) < 3:
        raise Unreadable(f"{text!r} is no due rule", f"write {DUE_FORM}")
    offset, direction, anchor = read_offset(words[0]), _read_direction(words[1]), read_anchor(words[2])
    at, roll = _read_tail(words[3:], text)
    return RelativeLine(offset, direction, anchor, at, roll)


def read_condition(text: str) -> ConditionLine:
    """Return the condition that a line such as `passed` or `score >= 0.8` names."""
    for claim in CLAIMS:
        if text == claim:
            return ClaimLine(claim)
    found = re.fullmatch(r"([a-z]+)\s*>=\s*([0-9]+(?:\.[0-9]+)?)\s*(%|[a-z]*)", text)
    if found is None:
        known = (*CLAIMS, "score >=", "progress >=", "present >=")
        raise Unreadable(f"unknown condition {text!r}", suggest(text, known) + f"; e.g. {CONDITION_FORM}")
    what, number, unit = found[1], round(float(found[2]), 4), found[3]
    if what == "present":
        return _read_presence(text, number, unit)
    if what in ("score", "progress"):
        return _read_share(text, "score" if what == "score" else "progress", number, unit)
    raise Unreadable(f"{what!r} cannot be measured", suggest(what, ("score", "progress", "present")))


def _read_direction(word: str) -> Direction:
    if word == "before":
        return "before"
    if word == "after":
        return "after"
    raise Unreadable(f"{word!r} is no direction", suggest(word, ("before", "after")) + f"; write {DUE_FORM}")


def _read_tail(words: list[str], text: str) -> tuple[time | None, Roll | None]:
    match words:
        case []:
            return None, None
        case ["at", at]:
            return read_time(at), None
        case ["roll", "back" | "forward" as roll]:
            return None, roll
        case ["at", at, "roll", "back" | "forward" as roll]:
            return read_time(at), roll
    raise Unreadable(f"{' '.join(words)!r} at the end of {text!r}", "possible there: at 18:00, roll back, roll forward")


def _read_presence(text: str, number: float, unit: str) -> MeasureLine:
    if unit == "%":
        if 0 < number <= 100:
            return MeasureLine("present", round(number / 100, 6))
        raise Unreadable(f"{text!r} can never be met", "a share of the delivered time is above 0% and at most 100%")
    if unit == "min":
        if number >= 1 and number == int(number):
            return MeasureLine("present", number, minutes=True)
        raise Unreadable(f"{text!r} is no number of minutes", "write whole minutes from 1, e.g. present >= 45min")
    wish = f"did you mean 'present >= {_number(number * 100)}%'? " if 0 < number <= 1 and not unit else ""
    raise Unreadable(f"{text!r} names no unit that presence has", f"{wish}write present >= 80% or present >= 45min")


def _read_share(text: str, what: Literal["score", "progress"], number: float, unit: str) -> MeasureLine:
    if not unit and 0 < number <= 1:
        return MeasureLine(what, number)
    likely = 1 < number <= 100 and unit in ("", "%")
    wish = f"did you mean '{what} >= {number / 100:g}'? " if likely else ""
    raise Unreadable(f"{text!r} can never be met", f"{wish}a {what} is a share above 0 and at most 1, e.g. 0.8")


def _tail(at: time | None, roll: Roll | None) -> str:
    return (f" at {at.isoformat('minutes')}" if at else "") + (f" roll {roll}" if roll else "")


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
