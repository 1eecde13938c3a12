"""What a person asks of an imagined learner: when they are enrolled, and for which sessions they are booked."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any

from milepost.core.calendar import is_zone, on_day
from milepost.core.compile import compile_program
from milepost.core.program import Program
from milepost.stories.imagined import Booked
from milepost_schemas.instants import HOUR, MINUTE
from milepost_schemas.program_lines import Unreadable, suggest

ENROLLED_FORM = "a date, 2027-03-01 (the working day's start), or with a time, '2027-03-01 14:00'"
SESSION_FORM = "[STEP=]DATE TIME/LENGTH, e.g. '2027-03-20 10:00/60min' or 'practice=2027-03-20 10:00/2h'"

_MOMENT = r"(?P<day>\d{4}-\d\d-\d\d)(?:[ T](?P<time>\d\d:\d\d))?"
_SESSION = re.compile(rf"(?:(?P<step>[^=\s]+)\s*=\s*)?{_MOMENT}\s*/\s*(?P<count>\d{{1,4}})\s*(?P<unit>min|h)", re.ASCII)


def read_zone(name: str | None) -> str | None:
    """Return the name of a time zone, or None where none was said; raise Unreadable."""
    if name is not None and not is_zone(name):
        raise Unreadable(f"there is no time zone {name!r}", "write one of the IANA database, e.g. Europe/Berlin")
    return name


def read_enrolled(text: str, definition: Mapping[str, Any], zone: str | None = None) -> int:
    """Return the moment of an enrollment; raise Unreadable. A bare date is when people begin to work on that day."""
    found = re.fullmatch(_MOMENT, text.strip(), re.ASCII)
    if found is None:
        raise Unreadable(f"{text!r} is no moment of an enrollment", f"write {ENROLLED_FORM}")
    program = compile_program(definition, 0)
    starts = program.calendar.day_starts.isoformat("minutes")
    return _moment(found["day"], found["time"] or starts, zone or program.zone)


def read_sessions(texts: Iterable[str], definition: Mapping[str, Any], enrolled_at: int) -> tuple[Booked, ...]:
    """Return the sessions that a learner is booked for; raise Unreadable. Those of one step are its parts, in order."""
    program = compile_program(definition, 0)
    booked: list[Booked] = []
    for text in texts:
        step, start_at, end_at = _session(text, program)
        if start_at < enrolled_at:
            raise Unreadable(f"the session {text!r} starts before the enrollment", "nobody is expected there")
        before = sum(one.step == step for one in booked)
        live = program.step(step).live
        run, part = divmod(before, live.parts if live is not None else 1)
        booked.append(Booked(step, f"{step} {run + 1}", part + 1, start_at, end_at))
    return tuple(sorted(booked, key=lambda one: (one.offering, one.part)))


def _session(text: str, program: Program) -> tuple[str, int, int]:
    found = _SESSION.fullmatch(text.strip())
    if found is None or found["time"] is None or int(found["count"]) == 0:
        raise Unreadable(f"{text!r} is no session", f"write {SESSION_FORM}")
    live = [step.id for step in program.steps if step.live is not None]
    step = found["step"] or (live[0] if len(live) == 1 else "")
    if step not in live:
        has = f"{program.id} has no live step {step!r}" if step else f"{text!r} does not say of which live step it is"
        raise Unreadable(has, suggest(step, live) if live else "it has none at all")
    start_at = _moment(found["day"], found["time"], program.zone)
    return step, start_at, start_at + int(found["count"]) * (HOUR if found["unit"] == "h" else MINUTE)


def _moment(day: str, of_day: str, zone: str) -> int:
    try:
        return on_day(date.fromisoformat(day), time.fromisoformat(of_day), zone)
    except ValueError as error:
        raise Unreadable(f"there is no {day} {of_day}", "write a date and a time that exist") from error
