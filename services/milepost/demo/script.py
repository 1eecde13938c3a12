"""The script: everything that ever happens in the demo, in the order in which it is sent, without end.

Three cohorts begin in the first week, one at each site; as they end, new ones begin, without end. Everything follows
from the seed and the first day, so a demo that is taken up again finds its place by the time alone.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count, islice
from random import Random

from milepost.demo.acts import Act, Explanation
from milepost.demo.balance import Balance
from milepost.demo.learner import PROGRAM, Journey, Learner
from milepost.demo.personas import Persona, deal
from milepost.demo.places import Meeting, at_local, local_day, make_up, regular, works
from milepost.demo.rooms import acts_of_schedule, acts_of_session
from milepost.demo.sites import SITES, Site, mail_of, names
from milepost_schemas.instants import DAY, HOUR, MINUTE

__all__ = ["PROGRAM", "Script"]

SEED = "milepost"
COHORT_OF = 20
LATER_COHORT_OF = 12
FIRST_COHORTS = (0, 2, 4)
"""Days on which the first cohorts begin, one at each site."""

NEXT_COHORTS = (14, 2)
"""The day on which the fourth begins, and after how many days the next one."""

BEGINS_ON = date(2026, 3, 2)
"""The first day of demo time, a Monday, unless another one is asked for."""

BEGINS_AT = at_local(SITES[0], BEGINS_ON, 0)
"""When that day begins: at midnight in Augsburg."""

MOVED = frozenset({"unprepared_for_session", "prework_overdue", "never_started", "attended_without_prework"})
OUTAGES = ((3 * DAY + 20 * HOUR, 6 * HOUR), (15 * DAY + 13 * HOUR, 8 * HOUR), (21 * DAY + 5 * HOUR, 6 * HOUR))
OUTAGE_EVERY = 7 * DAY


@dataclass(frozen=True, slots=True)
class Script:
    """What happens, for a seed, a size of the cohorts, and a first day."""

    seed: str = SEED
    cohort_of: int = COHORT_OF
    begins_on: date = BEGINS_ON

    @property
    def begins_at(self) -> int:
        """When demo time begins: at midnight in Augsburg."""
        return at_local(SITES[0], self.begins_on, 0)

    def acts(self) -> Iterator[Act]:
        """Yield every act in the order in which it is sent; cohorts are written when they begin."""
        waiting: list[tuple[int, int, Act]] = []
        numbers = count()
        cohorts = _cohorts(self)
        begins_at, acts = next(cohorts)
        while True:
            while not waiting or begins_at <= waiting[0][0]:
                for act in acts:
                    heapq.heappush(waiting, (act.at, next(numbers), act))
                begins_at, acts = next(cohorts)
            yield heapq.heappop(waiting)[2]


def first_day(now: int, days: int) -> date:
    """Return the first day of a demo whose last of so many days, told whole or in part, is today."""
    return local_day(SITES[0], now - days * DAY)


def _cohorts(script: Script) -> Iterator[tuple[int, list[Act]]]:
    """Yield each cohort's acts, as the outages of the LMS let them be sent, after a moment before all of them."""
    seed, size = script.seed, script.cohort_of
    people = {site.id: names(site, seed) for site in SITES}
    personas, opens, closes = deal(seed), Balance(), Balance()
    for number in count():
        site = SITES[number % len(SITES)]
        begins_on = _working_day(site, script.begins_on + timedelta(days=_day_of(number)))
        learners = size if number < len(FIRST_COHORTS) else min(size, LATER_COHORT_OF)
        dealt, named = list(islice(personas, learners)), list(islice(people[site.id], learners))
        rng = Random(f"{seed}/cohort/{number}")
        cohort = Cohort(number, site, begins_on, rng, opens, closes, _earliest(script, number))
        acts = _cohort(cohort, dealt, named, next_at=_earliest(script, number + 1))
        yield cohort.earliest_at, [_sent(act, script.begins_at) for act in acts]


def _day_of(cohort: int) -> int:
    if cohort < len(FIRST_COHORTS):
        return FIRST_COHORTS[cohort]
    first, every = NEXT_COHORTS
    return first + (cohort - len(FIRST_COHORTS)) * every


@dataclass(frozen=True, slots=True)
class Cohort:
    """Learners of a site who begin together. `earliest_at` is a moment before everything that is about them."""

    number: int
    site: Site
    begins_on: date
    rng: Random
    opens: Balance
    closes: Balance
    earliest_at: int

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.site.id}-{self.begins_on:%m%d}"


def _cohort(cohort: Cohort, personas: list[Persona], people: list[str], *, next_at: int) -> list[Act]:
    site, begins_on, rng = cohort.site, cohort.begins_on, cohort.rng
    held = (site, cohort.name, begins_on, site.meeting + cohort.number, rng, cohort.opens)
    sessions, later = regular(*held), make_up(*held)
    learners = [
        _learner(cohort, persona, name, 100 * (cohort.number + 1) + place)
        for place, (persona, name) in enumerate(zip(personas, people, strict=True))
    ]
    acts = [act for learner in learners for act in Journey(learner, sessions, later).write()]
    acts.extend(_course_views(cohort, learners, next_at))
    announced_at = at_local(site, begins_on, 7, 30)
    for meeting in (*sessions, *(one for one in later if one.coming)):
        acts.extend(_explained(act, meeting) for act in acts_of_schedule(meeting, announced_at))
        acts.extend(acts_of_session(meeting, rng))
    return acts


def _learner(cohort: Cohort, persona: Persona, name: str, account: int) -> Learner:
    site, rng = cohort.site, cohort.rng
    away = rng.random() < 0.15
    days = [_working_day(site, cohort.begins_on + timedelta(days=days)) for days in (0, 0, 1, 2)]
    moments = [at_local(site, on, 7) + rng.randint(0, 11 * HOUR) for on in rng.choices(days, k=8)]
    slow = persona.prework in ("slow_start", "never")
    quietest = cohort.opens.quietest([(at + 7 * DAY,) for at in moments]) if slow else 0
    return Learner(
        name=name,
        mail=mail_of(name),
        account=str(account),
        zone=rng.choice(site.away) if away else site.zone,
        cohort=cohort.name,
        room=not away and rng.random() < 0.5,
        persona=persona,
        since=moments[quietest] - (rng.randint(32, 50) * DAY if persona.prework == "long_ago" else 0),
        enrolled_at=moments[quietest],
        rng=Random(rng.getrandbits(64)),
        opens=cohort.opens,
        closes=cohort.closes,
    )


def _course_views(cohort: Cohort, learners: list[Learner], next_at: int) -> Iterator[Act]:
    """Yield that somebody opens the page of the course, until the next cohort does: an activity of no program.

    So the LMS is never silent for as long as it would have to be to worry anybody.
    """
    rng = cohort.rng
    keen = [learner for learner in learners if learner.persona.prework not in ("slow_start", "never")]
    at = min((learner.enrolled_at for learner in keen), default=cohort.earliest_at) + HOUR
    while at < next_at + 5 * DAY:
        learner = rng.choice([learner for learner in keen if learner.enrolled_at < at] or learners)
        yield Act(at, "lms", "view_course", {"who": learner.name, "account": learner.account, "when": at})
        at += rng.randint(90 * MINUTE, 230 * MINUTE)


def _earliest(script: Script, cohort: int) -> int:
    """Return a moment before everything that is about a cohort; a later cohort has a later one."""
    return script.begins_at + (_day_of(cohort) - 1) * DAY


def _explained(act: Act, meeting: Meeting) -> Act:
    """Say of a schedule that moves a session which conclusions about whom it takes back."""
    if act.said["sequence"] == 1:
        return act
    what = "canceled" if act.said["canceled"] else "moved by a day"
    why = f"the session {meeting.offering} was {what}"
    return replace(act, explains=tuple(Explanation(one.mail, MOVED, act.at, why) for one in meeting.coming))


def _sent(act: Act, begins_at: int) -> Act:
    """Return the act as it is sent: what the LMS has to say during an outage, it says afterwards."""
    if act.sender != "lms":
        return act
    outages = _outages(begins_at, until=act.at)
    over_at = next((begins + lasts for begins, lasts in outages if begins <= act.at < begins + lasts), None)
    return act if over_at is None else replace(act, at=over_at)


def _outages(begins_at: int, *, until: int) -> Iterator[tuple[int, int]]:
    """Yield every outage of the LMS that begins before a moment: when it begins, and how long it lasts."""
    for after, lasts in OUTAGES:
        yield begins_at + after, lasts
    last, lasts = OUTAGES[-1]
    for number in count(1):
        at = begins_at + last + number * OUTAGE_EVERY
        if at > until:
            return
        yield at, lasts + number % 3 * HOUR


def _working_day(site: Site, first: date) -> date:
    return next(day for days in range(30) if works(site, day := first + timedelta(days=days)))
