"""How moments and numbers are said: close days by name, others by date, the exact instant always within reach."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from markupsafe import Markup

from milepost_schemas.instants import DAY, HOUR, MINUTE, SECOND, to_datetime, to_text

_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}


@dataclass(frozen=True, slots=True)
class Moments:
    """Says instants for one reader: their zone, and what time it is."""

    zone: str
    now: int

    def local(self, instant: int, zone: str | None = None) -> datetime:
        """Return the instant in a zone, the reader's if none is given; in UTC where that zone's calendar has ended."""
        at = to_datetime(instant)
        try:
            return at.astimezone(find_zone(zone or self.zone))
        except OverflowError:
            return at

    def day(self, instant: int, zone: str | None = None) -> str:
        """Return `today`, `tomorrow`, `yesterday`, or the date; the date too where another day is today than here."""
        on, today = self.local(instant, zone).date(), self.local(self.now, zone).date()
        is_today_here = today == self.local(self.now).date()
        return (_NEAR.get((on - today).days) if is_today_here else None) or _date(on, today)

    def short_day(self, instant: int) -> str:
        """Return the date as a grid has room for it, e.g. `7 Sep`."""
        on = self.local(instant).date()
        same_year = on.year == self.local(self.now).year
        return f"{on.day} {on:%b}" if same_year else f"{on:%b} {on:%Y}"

    def text(self, instant: int, zone: str | None = None) -> str:
        """Return day and time, e.g. `today 10:00` or `Mon 7 Sep 10:00`; the place too where the clocks differ."""
        at = self.local(instant, zone)
        place = "" if self._same_clock(instant, zone) else f" {place_of(zone or self.zone)}"
        return f"{self.day(instant, zone)} {at:%H:%M}{place}"

    def dated(self, instant: int, zone: str | None = None) -> str:
        """Return the date and time of a session, also where it is close: `Mon 7 Sep 10:00`."""
        place = "" if self._same_clock(instant, zone) else f" {place_of(zone or self.zone)}"
        return f"{self.dated_here(instant, zone)}{place}"

    def dated_here(self, instant: int, zone: str | None = None) -> str:
        """Return the same for where the zone is said beside it: `Mon 7 Sep 10:00`."""
        at = self.local(instant, zone)
        return f"{_date(at.date(), self.local(self.now, zone).date())} {at:%H:%M}"

    def clock(self, instant: int) -> str:
        """Return the time alone, with the date in front if it is not today's."""
        at, today = self.local(instant), self.local(self.now).date()
        return f"{at:%H:%M}" if at.date() == today else f"{_date(at.date(), today)} {at:%H:%M}"

    def exact(self, instant: int, zone: str | None = None) -> str:
        """Return the instant to the second with its zone in words."""
        at = self.local(instant, zone)
        name = zone or self.zone
        offset = f"{at:%z}"
        said = f"UTC{offset[:3]}:{offset[3:]}" if name != "UTC" else "UTC"
        return f"{at:%A} {at.day} {at:%B %Y, %H:%M:%S} {'' if name == 'UTC' else name.replace('_', ' ') + ', '}{said}"

    def html(self, instant: int, said: str, zone: str | None = None) -> Markup:
        """Return a time element that says it so, and exactly on hover and to a screen reader."""
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            to_text(instant), self.exact(instant, zone), said
        )

    def _same_clock(self, instant: int, zone: str | None) -> bool:
        if zone is None or zone == self.zone:
            return True
        return self.local(instant, zone).utcoffset() == self.local(instant).utcoffset()


def duration(milliseconds: int) -> str:
    """Return a length of time in its largest fitting unit: `3 d`, `5 h`, `12 min`, `40 s`."""
    for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if abs(milliseconds) >= size:
            return f"{milliseconds // size} {unit}"
    return f"{milliseconds // SECOND} s"


def percent(share: float) -> str:
    """Return a share as whole percent, cut and not rounded: 79.9 % is not yet 80 %."""
    return f"{int(share * 100 + 1e-9)} %"


def count(number: int, one: str, many: str | None = None) -> str:
    """Return `1 learner`, `2 learners`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}".replace(",", "\u202f")


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo:
    """Return the zone of that name, UTC where there is none."""
    return ZoneInfo(name if is_zone(name) else "UTC")


def is_zone(name: str) -> bool:
    """Say whether the zone database knows the name."""
    return name in _zones()


def place_of(zone: str) -> str:
    """Return the last part of a zone's name as people read it."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def end_of_day(instant: int, zone: str) -> int:
    """Return the instant at which the local day ends."""
    at = to_datetime(instant).astimezone(find_zone(zone))
    after = (at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(after.timestamp() * 1000)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _date(on: date, today: date) -> str:
    if on.year == today.year:
        return f"{on:%a} {on.day} {on:%b}"
    return f"{on.day} {on:%b %Y}"
