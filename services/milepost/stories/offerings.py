"""The offerings of a story, one short line each: `S: L, Mon 7 Sep 10:00, 60 min, zoom`."""

import re
from datetime import date

from milepost.core.calendar import is_zone
from milepost.core.program import Step
from milepost.stories.cast import SHEET, Cast, Run
from milepost.stories.moments import MOMENT, Almanac
from milepost_schemas.facts import Channel, PlannedSession
from milepost_schemas.instants import MINUTE
from milepost_schemas.program_lines import Unreadable, suggest

FORM = (
    "write e.g. `S: L, Mon 7 Sep 10:00, 60 min, zoom`, or with parts `A: L, part 1 Mon 10:00, part 2 Tue 10:00, 60 min`"
)

_LINE = re.compile(r"(?P<name>[^\s:]+)\s*:\s+(?P<rest>.*?)(?:\s*\(announced\s+(?P<announced>[^()]+)\))?")
_DATED = re.compile(rf"(?:part\s+(?P<part>[0-9]+)\s+)?(?P<moment>{MOMENT})")


class OfferingReader:
    """Reads offerings in their order; every meeting gets a number of its own, unless the line gives one."""

    def __init__(self, cast: Cast, begins: date, zone: str) -> None:
        """Read against these names, from the first day of the story."""
        self._cast = cast
        self._begins = begins
        self._zone = zone
        self._meetings = 0

    def read(self, line: int, text: str) -> Run:
        """Return the offering of a line, and add it to the cast; raise Unreadable."""
        found = _LINE.fullmatch(text.strip())
        if found is None:
            raise Unreadable(f"{text.strip()!r} is no offering", FORM)
        if found["name"] in self._cast.runs:
            raise Unreadable(f"there is an offering {found['name']!r} already", "give every offering its own name")
        almanac = Almanac(self._begins, self._zone)
        announced_at = almanac.later("00:00" if found["announced"] is None else found["announced"])
        run = self._run(found["name"], [part.strip() for part in found["rest"].split(",")], line, announced_at)
        self._cast.runs[run.name] = run
        return run

    def _run(self, name: str, parts: list[str], line: int, announced_at: int) -> Run:
        step = self._live(parts[0])
        zone = next((part for part in parts[1:] if is_zone(part)), None)
        almanac = Almanac(self._begins, zone or self._zone)
        length, number, dated = 60 * MINUTE, None, []
        named: list[str] = []
        for part in parts[1:]:
            if (when := _DATED.fullmatch(part)) is not None:
                dated.append((int(when["part"] or 1), almanac.read(when["moment"])))
            elif re.fullmatch(r"[0-9]+ ?(min|h)", part):
                length = minutes(part) * MINUTE
            elif part.startswith("meeting "):
                number = part.removeprefix("meeting ").replace(" ", "")
            elif part != zone:
                named.append(part)
        if not dated:
            raise Unreadable(f"{name} has no date", FORM)
        sessions = tuple(
            PlannedSession(
                session=name if len(dated) == 1 else f"{name}{part}",
                start_at=start_at,
                end_at=start_at + length,
                part=part,
                zone=zone,
                channels=self._channels(step, named, number),
            )
            for part, start_at in dated
        )
        course = "" if step.live is None else step.live.course
        return Run(name, course, sessions, 1, announced_at, line)

    def _live(self, text: str) -> Step:
        live = {step.id: step for step in self._cast.program.steps if step.live is not None}
        if text not in live:
            raise Unreadable(f"no live step {text!r}", suggest(text, live))
        return live[text]

    def _channels(self, step: Step, named: list[str], number: str | None) -> tuple[Channel, ...]:
        known = {plan.name: plan.source for plan in step.channels}
        by_source = {source: name for name, source in known.items()}
        for name in named:
            if name not in known and name not in by_source:
                raise Unreadable(f"{step.id} has no channel {name!r}", suggest(name, (*known, *by_source)))
        wanted = [by_source.get(name, name) for name in named] or list(known)
        return tuple(
            Channel(name=name, source=known[name], meeting=None if known[name] == SHEET else self._number(number))
            for name in dict.fromkeys(wanted)
        )

    def _number(self, given: str | None) -> str:
        self._meetings += 1
        return given or str(81_200_000_000 + self._meetings)


def minutes(text: str) -> int:
    """Return the minutes of a span such as `90 min` or `4 h`; raise Unreadable."""
    found = re.fullmatch(r"([0-9]{1,4}) ?(min|h)", text.strip())
    if found is None:
        raise Unreadable(f"{text.strip()!r} is no span of time", "write e.g. 90 min or 4 h")
    return int(found[1]) * (60 if found[2] == "h" else 1)
