"""The script: everything that ever happens in the demo, in the order in which it is sent, without end.

Three cohorts begin in the first week, one at each site; as they end, new ones begin, without end. Everything follows
from the seed, so a demo that is taken up again finds its place by the time alone.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count, islice
from random import Random

from milepost.demo.acts import Act, Explanation
from milepost.demo.learner import PROGRAM, Journey, Learner
from milepost.demo.personas import Persona, deal
from milepost.demo.places import Meeting, at_local, make_up, regular, works
from milepost.demo.rooms import acts_of_schedule, acts_of_session
from milepost.demo.sites import SITES, Site, mail_of, names
from milepost_schemas.instants import DAY, HOUR, MINUTE

__all__ = ["PROGRAM", "Script"]

SEED = "milepost"
COHORT_OF = 20
FIRST_COHORTS = (0, 2, 4)
"""Days on which the first cohorts begin, one at each site."""

NEXT_COHORTS = (20, 5)
"""The day on which the fourth begins, and after how many days the next one."""

BEGINS_ON = date(2026, 3, 2)

BEGINS_AT = at_local(SITES[0], BEGINS_ON, 0)
"""When demo time begins: on a Monday, at midnight in Augsburg."""

MOVED = frozenset({"unprepared_for_session", "prework_overdue", "never_started", "attended_without_prework"})
OUTAGES = ((3 * DAY + 20 * HOUR, 9 * HOUR), (15 * DAY + 13 * HOUR, 10 * HOUR), (21 * DAY + 5 * HOUR, 9 * HOUR))
OUTAGE_EVERY = 7 * DAY


@dataclass(frozen=True, slots=True)
class Script:
    """What happens, for a seed and a size of the cohorts."""

    seed: str = SEED
    cohort_of: int = COHORT_OF

    def acts(self) -> Iterator[Act]:
        """Yield every act in the order in which it is sent; cohorts are written when they begin."""
        waiting: list[tuple[int, int, Act]] = []
        numbers = count()
        cohorts = _cohorts(self.seed, self.cohort_of)
        begins_at, acts = next(cohorts)
        while True:
            while not waiting or begins_at <= waiting[0][0]:
                for act in acts:
                    heapq.heappush(waiting, (act.at, next(numbers), act))
                begins_at, acts = next(cohorts)
            yield heapq.heappop(waiting)[2]


def _cohorts(seed: str, size: int) -> Iterator[tuple[int, list[Act]]]:
    """Yield each cohort's beginning and its acts, as they are sent in spite of the outages of the LMS."""
    people = {site.id: names(site, seed) for site in SITES}
    personas = deal(seed)
    for number in count():
        site = SITES[number % len(SITES)]
        begins_on = _working_day(site, BEGINS_ON + timedelta(days=_day_of(number)))
        dealt, named = list(islice(personas, size)), list(islice(people[site.id], size))
        acts = _cohort(Random(f"{seed}/cohort/{number}"), number, site, begins_on, dealt, named)
        yield at_local(site, begins_on, 0), [_sent(act) for act in acts]


def _day_of(cohort: int) -> int:
    if cohort < len(FIRST_COHORTS):
        return FIRST_COHORTS[cohort]
    first, every = NEXT_COHORTS
    return first + (cohort - len(FIRST_COHORTS)) * every


def _cohort(
    rng: Random, number: int, site: Site, begins_on: date, personas: list[Persona], people: list[str]
) -> list[Act]:
    cohort = f"{site.id}-{begins_on:%m%d}"
    sessions = regular(site, cohort, begins_on, site.meeting + number, rng)
    later = make_up(site, cohort, begins_on, site.meeting + number, rng)
    learners = [
        _learner(rng, site, cohort, begins_on, persona, name, 100 * (number + 1) + place)
        for place, (persona, name) in enumerate(zip(personas, people, strict=True))
    ]
    acts = [act for learner in learners for act in Journey(learner, sessions, later).write()]
    acts.extend(_course_views(rng, learners, at_local(site, begins_on, 0)))
    announced_at = at_local(site, begins_on, 7, 30)
    for meeting in (*sessions, *(one for one in later if one.coming)):
        acts.extend(_explained(act, meeting) for act in acts_of_schedule(meeting, announced_at))
        acts.extend(acts_of_session(meeting, rng))
    return acts


def _learner(
    rng: Random, site: Site, cohort: str, begins_on: date, persona: Persona, name: str, account: int
) -> Learner:
    away = rng.random() < 0.15
    on = _working_day(site, begins_on + timedelta(days=rng.choice((0, 0, 1, 2))))
    return Learner(
        name=name,
        mail=mail_of(name),
        account=str(account),
        zone=rng.choice(site.away) if away else site.zone,
        cohort=cohort,
        room=not away and rng.random() < 0.5,
        persona=persona,
        enrolled_at=at_local(site, on, rng.randint(8, 16), rng.randint(0, 59)) + rng.randint(0, 59_999),
        rng=Random(rng.getrandbits(64)),
    )


def _course_views(rng: Random, learners: list[Learner], begins_at: int) -> Iterator[Act]:
    """Yield that somebody opens the page of the course, every few hours: an activity of no program."""
    keen = [learner for learner in learners if learner.persona.prework not in ("slow_start", "never")]
    at = min((learner.enrolled_at for learner in keen), default=begins_at) + HOUR
    while at < begins_at + 35 * DAY:
        learner = rng.choice([learner for learner in keen if learner.enrolled_at < at] or learners)
        yield Act(at, "lms", "view_course", {"who": learner.name, "account": learner.account, "when": at})
        at += rng.randint(100 * MINUTE, 300 * MINUTE)


def _explained(act: Act, meeting: Meeting) -> Act:
    """Say of a schedule that moves a session which conclusions about whom it takes back."""
    if act.said["sequence"] == 1:
        return act
    what = "canceled" if act.said["canceled"] else "moved by a day"
    why = f"the session {meeting.offering} was {what}"
    return replace(act, explains=tuple(Explanation(one.mail, MOVED, act.at, why) for one in meeting.coming))


def _sent(act: Act) -> Act:
    """Return the act as it is sent: what the LMS has to say during an outage, it says afterwards."""
    if act.sender != "lms":
        return act
    over_at = next((begins + lasts for begins, lasts in _outages(act.at) if begins <= act.at < begins + lasts), None)
    return act if over_at is None else replace(act, at=over_at)


def _outages(until: int) -> Iterator[tuple[int, int]]:
    """Yield every outage of the LMS that begins before a moment: when it begins, and how long it lasts."""
    for after, lasts in OUTAGES:
        yield BEGINS_AT + after, lasts
    last, lasts = OUTAGES[-1]
    for number in count(1):
        begins_at = BEGINS_AT + last + number * OUTAGE_EVERY
        if begins_at > until:
            return
        yield begins_at, lasts + number % 4 * HOUR


def _working_day(site: Site, first: date) -> date:
    return next(day for days in range(30) if works(site, day := first + timedelta(days=days)))
