"""Moments as people write them: `Mon 10:01`, `Fri 4 09:00`, `2 Nov 09:00`, `14:00`; read against the day before them.

What is left out is found by going on from the day of the line before: the first day that fits what is written.
"""

import re
from datetime import date, time, timedelta

from milepost.core.calendar import local_date, on_day
from milepost_schemas.instants import SECOND, to_datetime
from milepost_schemas.program_lines import Unreadable, suggest

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOMENT = (
    r"(?:[A-Z][a-z]{2,8}\s+)?(?:[0-9]{1,2}\s+(?:[A-Z][a-z]{2,8}\s+(?:[0-9]{4}\s+)?)?)?"
    r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?![0-9])"
)
MOMENT_FORM = "a moment, e.g. 14:00 (the same day), Mon 10:01, Fri 4 09:00, 2 Nov 09:00 or Mon 2 Nov 2026 09:00:30"

_PARTS = re.compile(
    r"(?:(?P<weekday>[A-Z][a-z]+)\s+)?(?:(?P<day>[0-9]{1,2})\s+(?:(?P<month>[A-Z][a-z]+)\s+(?:(?P<year>[0-9]{4})\s+)?)?)?"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?"
)


class Almanac:
    """Reads moments in one zone; `today` is the day of the line before."""

    def __init__(self, begins: date, zone: str) -> None:
        """Begin on a day."""
        self.today = begins
        self.zone = zone

    def read(self, text: str) -> int:
        """Return the instant of a moment, and go on from its day; raise Unreadable."""
        self.today = self._day(text, forward=True)
        return on_day(self.today, _time(text), self.zone)

    def later(self, text: str) -> int:
        """Return the instant of a moment on or after today, and stay where we are."""
        return on_day(self._day(text, forward=True), _time(text), self.zone)

    def earlier(self, text: str) -> int:
        """Return the instant of a moment on or before today, and stay where we are."""
        return on_day(self._day(text, forward=False), _time(text), self.zone)

    def write(self, instant: int) -> str:
        """Return an instant as people write it here."""
        return write(instant, self.zone)

    def _day(self, text: str, *, forward: bool) -> date:
        parts = _parts(text)
        weekday, day = _weekday(parts["weekday"]), None if parts["day"] is None else int(parts["day"])
        month, year = _month(parts["month"]), None if parts["year"] is None else int(parts["year"])
        step = timedelta(days=1 if forward else -1)
        reach = 1 if weekday is None and day is None else 7 if day is None else 32 if month is None else 367
        reach = reach if year is None else 367 * (1 + abs(year - self.today.year))
        found = self.today
        for _ in range(reach):
            if (
                weekday in (None, found.weekday())
                and day in (None, found.day)
                and month in (None, found.month)
                and year in (None, found.year)
            ):
                return found
            found += step
        raise Unreadable(f"no day fits {text!r} {'after' if forward else 'before'} {self.today}", self._possible(day))

    def _possible(self, day: int | None) -> str:
        days = [self.today + timedelta(days=n) for n in range(32)]
        fits = [f"{WEEKDAYS[one.weekday()]} {one.day} {MONTHS[one.month - 1]}" for one in days if one.day == day]
        return f"possible: {', '.join(fits)}" if fits else f"write {MOMENT_FORM}"


def write(instant: int, zone: str) -> str:
    """Return an instant as people write it in a zone."""
    day = local_date(instant, zone)
    local = instant - on_day(day, time(0), zone)
    clock = to_datetime(local).strftime("%H:%M:%S" if local % (60 * SECOND) else "%H:%M")
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {clock}"


def _parts(text: str) -> dict[str, str | None]:
    found = _PARTS.fullmatch(text.strip())
    if found is None:
        raise Unreadable(f"{text.strip()!r} is no moment", f"write {MOMENT_FORM}")
    return found.groupdict()


def _time(text: str) -> time:
    parts = _parts(text)
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        raise Unreadable(f"{text.strip()!r} is no time of day", "from 00:00 to 23:59:59")
    return time(hour, minute, second)


def _weekday(name: str | None) -> int | None:
    return None if name is None else _index(name, WEEKDAYS, "day of the week")


def _month(name: str | None) -> int | None:
    return None if name is None else 1 + _index(name, MONTHS, "month")


def _index(name: str, known: tuple[str, ...], what: str) -> int:
    if name[:3] not in known:
        raise Unreadable(f"{name!r} is no {what}", suggest(name, known))
    return known.index(name[:3])
