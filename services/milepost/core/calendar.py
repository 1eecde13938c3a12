"""Local time: offsets in the units that people use, working days and hours, zones and daylight saving.

Instants are whole milliseconds since 1970 in UTC. Minutes and hours are absolute; days, weeks, months and working
days keep the local time of day; working hours run only while people work. A local time that does not exist moves
forward by what the clocks skip (02:30 becomes 03:30), one that exists twice is the first. What would lie outside the
years 1 to 9999 stays at their edge.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Literal, assert_never
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Struct

from milepost_schemas.instants import DAY, EARLIEST, HOUR, LATEST, MINUTE, to_datetime, to_instant

ONE_DAY = timedelta(days=1)
_FIRST_DAY = date(1, 1, 2)
_LAST_DAY = date(9999, 12, 30)
_FIRST_MOMENT = EARLIEST + 2 * DAY
_LAST_MOMENT = LATEST - 2 * DAY


class Unit(StrEnum):
    """The units of PROGRAMS: minutes and hours are absolute, the others local."""

    MINUTE = "min"
    HOUR = "h"
    DAY = "d"
    WEEK = "w"
    MONTH = "mo"
    WORKING_DAY = "wd"
    WORKING_HOUR = "wh"


DayUnit = Literal[Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.WORKING_DAY]


class Offset(Struct, frozen=True):
    """So many of a unit, e.g. 5wd."""

    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days and hours of one place in one version, e.g. de-by@2026."""

    id: str
    holidays: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})
    day_starts: time = time(9)
    day_ends: time = time(17)

    def __post_init__(self) -> None:
        """Refuse a calendar on which nobody ever works: counting on it would not end."""
        if self.weekend >= set(range(7)):
            raise ValueError(f"calendar {self.id!r} has no working day; leave one day of the week out of its weekend")
        if self.day_starts >= self.day_ends:
            raise ValueError(f"calendar {self.id!r} ends its day before it starts; give hours such as 09:00-17:00")

    def __hash__(self) -> int:
        """By its name: calendars of one name are rare, and equality tells them apart."""
        return hash(self.id)

    def after(self, instant: int, offset: Offset, zone: str) -> int:
        """Return the instant that lies this much after another, in a zone."""
        return max(instant, _moved(self, instant, offset.count, offset.unit, zone))

    def before(self, instant: int, offset: Offset, zone: str) -> int:
        """Return the instant that lies this much before another, in a zone."""
        return min(instant, _moved(self, instant, -offset.count, offset.unit, zone))

    def is_working_day(self, day: date) -> bool:
        """Return whether people work on this day."""
        return day.weekday() not in self.weekend and day not in self.holidays

    def roll_back(self, day: date) -> date:
        """Return the day itself if people work on it, else the last working day before it."""
        return day if self.is_working_day(day) else _working_day(self, day, -1)

    def roll_forward(self, day: date) -> date:
        """Return the day itself if people work on it, else the next working day."""
        return day if self.is_working_day(day) else _working_day(self, day, 1)


def local_date(instant: int, zone: str) -> date:
    """Return the date that an instant has in a zone."""
    return _local(instant, zone).date()


def local_time(instant: int, zone: str) -> time:
    """Return the time of day that an instant has in a zone."""
    return _local(instant, zone).time()


def at_time(instant: int, of_day: time, zone: str) -> int:
    """Return the instant at this time of day, on the local day of an instant."""
    return on_day(local_date(instant, zone), of_day, zone)


def on_day(day: date, of_day: time, zone: str) -> int:
    """Return the instant at this time of a local day."""
    return _instant(datetime.combine(day, of_day), zone)


def start_of_day(day: date, zone: str) -> int:
    """Return the first millisecond of a local day."""
    return on_day(day, time(0), zone)


def end_of_day(day: date, zone: str) -> int:
    """Return the last millisecond of a local day: what occurs at a deadline is still in time."""
    if day >= _LAST_DAY:
        return LATEST
    return start_of_day(day + ONE_DAY, zone) - 1


def is_zone(name: str) -> bool:
    """Return whether the database of time zones knows this name."""
    return name in _zones()


@lru_cache(maxsize=1024)
def first_zone(*names: str | None) -> str:
    """Return the first of these names that is a time zone, or UTC: the session's, the person's, the program's."""
    return next((name for name in names if name is not None and is_zone(name)), "UTC")


@lru_cache(maxsize=16384)
def _moved(calendar: Calendar, instant: int, count: int, unit: Unit, zone: str) -> int:
    if count == 0:
        return instant
    match unit:
        case Unit.MINUTE:
            return _within_time(instant + count * MINUTE)
        case Unit.HOUR:
            return _within_time(instant + count * HOUR)
        case Unit.WORKING_HOUR if count > 0:
            return _working_hours_after(calendar, instant, count * HOUR, zone)
        case Unit.WORKING_HOUR:
            return _working_hours_before(calendar, instant, -count * HOUR, zone)
        case Unit.DAY | Unit.WEEK | Unit.MONTH | Unit.WORKING_DAY:
            local = _local(instant, zone)
            day = _moved_day(calendar, local.date(), count, unit)
            return _instant(datetime.combine(day, local.time()), zone)
        case _:
            assert_never(unit)


def _moved_day(calendar: Calendar, day: date, count: int, unit: DayUnit) -> date:
    match unit:
        case Unit.DAY:
            return _days_later(day, count)
        case Unit.WEEK:
            return _days_later(day, 7 * count)
        case Unit.MONTH:
            return _months_later(day, count)
        case Unit.WORKING_DAY:
            return _working_day(calendar, day, count)
        case _:
            assert_never(unit)


def _days_later(day: date, count: int) -> date:
    ordinal = day.toordinal() + count
    return date.fromordinal(max(_FIRST_DAY.toordinal(), min(_LAST_DAY.toordinal(), ordinal)))


def _months_later(day: date, count: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    if not _FIRST_DAY.year <= year <= _LAST_DAY.year:
        return _FIRST_DAY if count < 0 else _LAST_DAY
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@lru_cache(maxsize=4096)
def _working_day(calendar: Calendar, day: date, count: int) -> date:
    step = 1 if count > 0 else -1
    left = abs(count)
    while left and _FIRST_DAY < day < _LAST_DAY:
        day += timedelta(step)
        left -= calendar.is_working_day(day)
    return day


def _working_hours_after(calendar: Calendar, instant: int, left: int, zone: str) -> int:
    day = calendar.roll_forward(local_date(instant, zone))
    while day < _LAST_DAY:
        begins = max(instant, on_day(day, calendar.day_starts, zone))
        room = max(0, on_day(day, calendar.day_ends, zone) - begins)
        if left <= room:
            return begins + left
        left -= room
        day = _working_day(calendar, day, 1)
    return LATEST


def _working_hours_before(calendar: Calendar, instant: int, left: int, zone: str) -> int:
    day = calendar.roll_back(local_date(instant, zone))
    while day > _FIRST_DAY:
        ends = min(instant, on_day(day, calendar.day_ends, zone))
        room = max(0, ends - on_day(day, calendar.day_starts, zone))
        if left <= room:
            return ends - left
        left -= room
        day = _working_day(calendar, day, -1)
    return EARLIEST


def _local(instant: int, zone: str) -> datetime:
    return to_datetime(max(_FIRST_MOMENT, min(_LAST_MOMENT, instant))).astimezone(_zone(zone))


def _instant(wall: datetime, zone: str) -> int:
    """Take the wall clock's first meaning: `fold=0` is the first of two, and moves a skipped time forward."""
    if not _FIRST_DAY <= wall.date() <= _LAST_DAY:
        return EARLIEST if wall.date() < _FIRST_DAY else LATEST
    return to_instant(wall.replace(tzinfo=_zone(zone), fold=0))


def _within_time(instant: int) -> int:
    return max(EARLIEST, min(LATEST, instant))


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
