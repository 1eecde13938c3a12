"""When and where a cohort meets: its sessions, with the luck that each of them will have."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from random import Random
from zoneinfo import ZoneInfo

from milepost.demo.balance import Balance
from milepost.demo.sites import Site
from milepost.programs.shipped import find_calendar
from milepost_schemas.instants import DAY, HOUR, MINUTE, to_datetime, to_instant

COURSE = "LOTO-PRACTICE"
LENGTH = 150 * MINUTE


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody who has a seat in a session, and how it goes. `room` says whether they are to come to the room."""

    name: str
    mail: str
    how: str
    room: bool


@dataclass(slots=True)
class Meeting:
    """One session of an offering of its own. `canceled_at` and `moved_at` are when the office decided so."""

    offering: str
    title: str
    site: Site
    number: int
    instructor: str
    start_at: int
    sheet_at: int
    canceled_at: int | None = None
    moved_at: int | None = None
    moved_from: int | None = None
    coming: list[Coming] = field(default_factory=list)

    @property
    def end_at(self) -> int:
        """When it ends by its plan."""
        return self.start_at + LENGTH


FOLLOWED_BY = (-3 * DAY, *(LENGTH + days * DAY for days in (1, 5, 10, 17)))
"""So long after its start a session makes gaps open, or before it: who is unprepared, a missing sheet, late cards."""


def regular(site: Site, cohort: str, begins_on: date, number: int, rng: Random, opens: Balance) -> list[Meeting]:
    """Return seven sessions in the second week of a cohort and after it; one is canceled, one may be moved by a day."""
    days = list(islice(_training_days(site, begins_on + timedelta(days=8)), 7))
    found = [
        _meeting(site, f"{cohort}-{n}", on, _hour(site, on, rng, opens), number, rng)
        for n, on in enumerate(days, start=1)
    ]
    cancellations = [found[2].start_at - rng.randint(30 * HOUR, 90 * HOUR) for _ in range(6)]
    found[2].canceled_at = cancellations[opens.quietest([(at + 3 * DAY,) for at in cancellations])]
    if rng.random() < 0.5:
        moved = found[6]
        moved.moved_from, moved.moved_at = moved.start_at, moved.start_at - rng.randint(100, 140) * HOUR
        moved.start_at += DAY
        moved.sheet_at += DAY
    return found


def make_up(site: Site, cohort: str, begins_on: date, number: int, rng: Random, opens: Balance) -> list[Meeting]:
    """Return one session every few days in the weeks after, for those who missed theirs."""
    found = []
    for place, days in enumerate((19, 22, 25, 28, 32, 36, 41, 46), start=1):
        on = next(_training_days(site, begins_on + timedelta(days=days)))
        found.append(_meeting(site, f"{cohort}-M{place}", on, _hour(site, on, rng, opens), number, rng))
    return found


def at_local(site: Site, on: date, hour: int, minute: int = 0) -> int:
    """Return the instant of a local time at a site."""
    return to_instant(datetime.combine(on, time(hour, minute), ZoneInfo(site.zone)))


def local_day(site: Site, at: int) -> date:
    """Return the day that it is at a site."""
    return to_datetime(at).astimezone(ZoneInfo(site.zone)).date()


def works(site: Site, on: date) -> bool:
    """Say whether the training office of a site works on a day."""
    return on.weekday() < 5 and not _is_holiday(site, on)


def _hour(site: Site, on: date, rng: Random, opens: Balance) -> int:
    """Return an hour at which a plant that works in three shifts trains its people; the quietest of a few."""
    hours = rng.sample((5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 18, 20), 6)
    starts = [at_local(site, on, hour) for hour in hours]
    return hours[opens.quietest([tuple(start + later for later in FOLLOWED_BY) for start in starts])]


def _meeting(site: Site, name: str, on: date, hour: int, number: int, rng: Random) -> Meeting:
    start_at = at_local(site, on, hour)
    after = 1 if rng.random() < 0.75 else 3
    sheet_on = next(day for day in _days(on + timedelta(days=after)) if works(site, day))
    return Meeting(
        offering=f"LOTO-{name}",
        title=f"Practice on the board, {site.title}",
        site=site,
        number=number,
        instructor=rng.choice(site.instructors),
        start_at=start_at,
        sheet_at=at_local(site, sheet_on, 8, rng.randint(5, 58)) + rng.randint(0, 59_000),
    )


def _training_days(site: Site, first: date) -> Iterator[date]:
    """Yield the days from this one on, on which a plant that never stops trains its people: all but Sundays."""
    return (day for day in _days(first) if day.weekday() < 6 and not _is_holiday(site, day))


def _days(first: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range(400))


def _is_holiday(site: Site, on: date) -> bool:
    calendar = find_calendar("de-by@2026") if site.zone == "Europe/Berlin" else None
    return calendar is not None and on in calendar.holidays
