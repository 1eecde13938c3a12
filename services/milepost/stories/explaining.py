"""What an imagined learner is told, in words: what is expected when, and which gap opens when if nothing is done."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, assert_never

from milepost.core.calendar import local_date, local_time
from milepost.core.compile import readable
from milepost.core.rules import RULES
from milepost.stories.imagining import AFTERWARDS, Expected, Imagined, Told
from milepost_schemas.changes import (
    GapChange,
    GapMitigated,
    GapOpened,
    GapResolved,
    GapRetracted,
    GapSeverityChanged,
    GapSuperseded,
)
from milepost_schemas.instants import to_text
from milepost_schemas.projections import GapRow, Value

STAGES = {"pre_learning": "Pre-learning", "live": "Live", "reinforcement": "Reinforcement", "support": "Support"}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


WIDTH = 110


def explain(imagined: Imagined, definition: Mapping[str, Any]) -> str:
    """Return the calendar of an imagined learner as text."""
    words = _Words(imagined)
    parts = [_head(imagined, definition, words), "What is expected", *_plan(imagined, definition, words)]
    parts += ["", "What is told if nothing is done", *_course(imagined, words), "", _end(imagined, words)]
    return "\n".join(parts) + "\n"


def _head(imagined: Imagined, definition: Mapping[str, Any], words: "_Words") -> str:
    program = imagined.program
    calendar = definition["calendar"]
    lines = [
        f"{program.title} ({program.id}, version {program.version})",
        f"Enrolled {words.at(imagined.enrolled_at)}, {imagined.zone}. Working days: {calendar['calendar']}.",
    ]
    lines += [
        f"Booked for {words.step(one.step)}, {words.at(one.start_at)} to {words.clock(one.end_at)}."
        for one in imagined.booked
    ]
    if imagined.deadline_at is not None:
        lines.append(f"To be complete by {words.at(imagined.deadline_at)}.")
    dated = [one.row.due_at for one in imagined.expected if one.row.due_at is not None]
    years = {local_date(at, imagined.zone).year for at in (imagined.enrolled_at, *dated)}
    unknown = sorted(years - set(calendar["covers"]))
    if unknown and calendar["covers"]:
        missing = " and ".join(str(year) for year in unknown)
        lines.append(f"Beware: {calendar['calendar']} does not know the holidays of {missing}.")
    return "\n".join([*lines, ""])


def _plan(imagined: Imagined, definition: Mapping[str, Any], words: "_Words") -> Iterator[str]:
    rules = {step["id"]: step for step in definition["steps"]}
    rows = [
        (_name(one), words.step(_id(one)), _rule(one, rules[one.row.step]), _dates(one, imagined, words))
        for one in imagined.expected
    ]
    lines = _table(rows)
    stage = None
    for one, line in zip(imagined.expected, lines, strict=True):
        if one.row.stage != stage:
            stage = one.row.stage
            yield f"  {STAGES[stage]}"
        yield f"    {line}"
    if any(one.once_attended for one in imagined.expected):
        yield "  (*) if what is booked is attended"


def _name(one: Expected) -> str:
    return _id(one) + ("" if one.row.required else " (optional)")


def _id(one: Expected) -> str:
    return f"{one.row.step}.{one.row.occurrence}" if one.row.occurrence else one.row.step


def _dates(one: Expected, imagined: Imagined, words: "_Words") -> str:
    row = one.row
    dates = [f"session {words.column(held.start_at)}" for held in imagined.booked if held.step == row.step]
    if row.opens_at is not None:
        dates.append(f"opens {words.column(row.opens_at)}")
    if row.due_at is not None:
        dates.append(f"due {words.column(row.due_at)}")
    return ", ".join(dates) + (" (*)" if one.once_attended else "")


def _rule(one: Expected, rule: Mapping[str, Any]) -> str:
    each = rule.get("each")
    if each is not None:
        return f"{each['at'][one.row.occurrence - 1]} after {each['after']}, within {each['within']}"
    return str(rule.get("due") or "at any time")


def _course(imagined: Imagined, words: "_Words") -> Iterator[str]:
    if not imagined.told:
        yield "  Nothing."
    rows = [
        (
            words.column(told.change.at),
            _verb(told.change, words),
            told.change.severity,
            _title(told.gap, words),
            _whom(told),
        )
        for told in imagined.told
    ]
    for told, line in zip(imagined.told, _table(rows), strict=True):
        yield f"  {line}"
        if isinstance(told.change, GapOpened):
            yield textwrap.fill(words.why(told.gap), WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)


def _verb(change: GapChange, words: "_Words") -> str:
    match change:
        case GapOpened():
            return "opens"
        case GapMitigated():
            return "mitigated"
        case GapSeverityChanged():
            return "is now"
        case GapSuperseded():
            return f"gives way to {words.title(change.by_gap)}"
        case GapResolved():
            return "closes"
        case GapRetracted():
            return "was never true"
        case _:
            raise TypeError(f"{change!r} has no words here; add some")


def _title(gap: GapRow, words: "_Words") -> str:
    return words.title(gap.gap) + (f": {words.step(gap.step)}" if gap.step is not None else "")


def _whom(told: Told) -> str:
    audiences = ", ".join(audience.replace("_", " ") for audience in told.gap.told)
    return f"to {audiences}" if isinstance(told.change, GapOpened) and audiences else ""


def _end(imagined: Imagined, words: "_Words") -> str:
    still = ", ".join(f"{_title(gap, words)} ({gap.severity})" for gap in imagined.open)
    after = "the deadline" if imagined.deadline_at is not None else "the last date"
    when = f"On {words.at(imagined.ends_at)}, {AFTERWARDS.count} days after {after}"
    return textwrap.fill(f"{when}, still open: {still or 'nothing'}.", WIDTH)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows with aligned columns."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


class _Words:
    """Moments in the learner's zone, titles of steps, and the sentences of rules."""

    def __init__(self, imagined: Imagined) -> None:
        self._zone = imagined.zone
        self._titles = {step.id: step.title for step in imagined.program.steps}
        self._sessions = {one.name: one for one in imagined.booked}

    def at(self, instant: int) -> str:
        """Return a moment, e.g. `Mon 1 Mar 2027 09:00`; the last millisecond of a day is its end, 24:00."""
        day = local_date(instant, self._zone)
        clock = self.clock(instant)
        return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year} {clock}"

    def clock(self, instant: int) -> str:
        """Return the time of day of a moment."""
        of_day = local_time(instant, self._zone)
        return "24:00" if of_day.isoformat("milliseconds") == "23:59:59.999" else of_day.isoformat("minutes")

    def column(self, instant: int) -> str:
        """Return a moment as wide as any other."""
        weekday, day, rest = self.at(instant).split(" ", 2)
        return f"{weekday} {day:>2} {rest}"

    def title(self, gap: str) -> str:
        """Return what a rule calls its gap."""
        return RULES[gap].TITLE

    def step(self, step: str) -> str:
        """Return the title of a step, with the number of its occurrence."""
        name, _, number = step.partition(".")
        return f"{self._titles.get(name, readable(name))} {number}".rstrip()

    def session(self, name: str) -> str:
        """Return a session by what it is and when."""
        one = self._sessions.get(name)
        return name if one is None else f"{self.step(one.step)} ({self.at(one.start_at)})"

    def why(self, gap: GapRow) -> str:
        """Return the sentence that says why, with everything filled in."""
        rule: Any = RULES[gap.gap]
        sentence = rule.WHY if gap.values.get("sessions", True) else getattr(rule, "WHY_NO_SESSION", rule.WHY)
        filled = {key: self._said(key, value) for key, value in gap.values.items()}
        return str(sentence).format(**{"learner": "The learner", **filled})

    def _said(self, key: str, value: Value) -> str:
        match value:
            case int():
                return self.at(value) if key.endswith("_at") else str(value)
            case str():
                return f'"{self.step(value)}"' if key.startswith("step") else self._place(key, value)
            case tuple():
                *most, last = (self._said(key, one) for one in value)
                return f"{', '.join(most)} and {last}" if most else last
            case _:
                assert_never(value)

    def _place(self, key: str, value: str) -> str:
        return self.session(value) if key.startswith("session") else value.replace("_", " ")


def as_json(imagined: Imagined) -> dict[str, Any]:
    """Return the calendar as plain JSON; instants are RFC 3339 in UTC."""
    words = _Words(imagined)
    return {
        "program": imagined.program.id,
        "version": imagined.program.version,
        "zone": imagined.zone,
        "enrolled_at": to_text(imagined.enrolled_at),
        "deadline_at": _text(imagined.deadline_at),
        "ends_at": to_text(imagined.ends_at),
        "booked": [
            {"step": one.step, "part": one.part, "start_at": to_text(one.start_at), "end_at": to_text(one.end_at)}
            for one in imagined.booked
        ],
        "expected": [
            {
                "step": one.row.step,
                "occurrence": one.row.occurrence or None,
                "title": words.step(one.row.step),
                "stage": one.row.stage,
                "required": one.row.required,
                "opens_at": _text(one.row.opens_at),
                "due_at": _text(one.row.due_at),
                "once_attended": one.once_attended,
            }
            for one in imagined.expected
        ],
        "told": [
            {
                "at": to_text(told.change.at),
                "type": told.change.type,  # type: ignore[attr-defined]
                "gap": told.gap.gap,
                "about": told.gap.about,
                "severity": told.change.severity,
                "since": to_text(told.change.since),
                "told": list(told.gap.told),
                "why": words.why(told.gap),
            }
            for told in imagined.told
        ],
        "open": [{"gap": gap.gap, "about": gap.about, "severity": gap.severity} for gap in imagined.open],
    }


def _text(instant: int | None) -> str | None:
    return None if instant is None else to_text(instant)
