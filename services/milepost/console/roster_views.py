"""The roster of a session as its page shows it: who is on it, what is known of them and by whom, what is waited for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from milepost.console.said import said
from milepost.console.sentences import Speech
from milepost.console.visit import Visit
from milepost.core.offering import STAYED
from milepost.store.readings.facts import Filed, excuses, facts_by_id
from milepost.store.readings.people import Identity, identities
from milepost.store.readings.sessions import Attendee, Session
from milepost.store.readings.titles import Programs
from milepost_schemas.facts import SeatExcused
from milepost_schemas.projections import JourneyRow, SessionRow, StepRow


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the roster, in words."""

    attendee: Attendee
    name: str
    identifier: str
    prepared: tuple[StepRow, ...]
    evidence: tuple[tuple[Filed, str], ...]
    excuse: str = ""
    """Why they are excused, as who excused them put it."""

    @property
    def done(self) -> int:
        """How many of the steps before the session are done."""
        return sum(step.state == "done" or step.waived for step in self.prepared)

    @property
    def outcome(self) -> str:
        """How the session went for them, as far as we know."""
        row, known = self.attendee.row, self.attendee.outcome
        if row.standing == "guest":
            return "guest"
        if known is not None:
            return known.outcome
        if row.excused:
            return "excused"
        return "unknown" if row.state in ("booked", None) else row.state


@dataclass(frozen=True, slots=True)
class Bar:
    """The time that presence is drawn over."""

    start_at: int
    end_at: int

    def place(self, at: int) -> float:
        """Return where a moment is, in percent of the whole."""
        inside = min(max(at, self.start_at), self.end_at)
        return round(100 * (inside - self.start_at) / (self.end_at - self.start_at), 1)

    def width(self, start_at: int, end_at: int) -> float:
        """Return how long a time is, in percent of the whole, never less than a hair."""
        return max(round(self.place(end_at) - self.place(start_at), 1), 0.8)


def waits_for(found: Session, now: int) -> list[str]:
    """Return in words what must come before anybody can be called absent."""
    row = found.line.row
    if row.closed or row.canceled or row.end_at > now:
        return []
    return [
        f"the {channel.channel} sheet" if channel.source == "sheet" else f"{channel.channel} from {channel.source}"
        for channel in row.channels
        if not channel.closed
    ]


def closed_by_hand(row: SessionRow) -> bool:
    """Say whether it is a person's word that nothing more is to come, and not that of every channel by itself."""
    return row.closed and (not row.channels or any(channel.closed_how == "roster" for channel in row.channels))


def nobodies(people: Sequence[Person]) -> int:
    """Return how many who are nobody yet keep others from being called absent, because they may be them."""
    if not any(person.attendee.row.state and person.outcome == "unknown" for person in people):
        return 0
    rows = (person.attendee.row for person in people)
    return sum(row.standing == "provisional" and row.minutes >= STAYED for row in rows)


def look_behind(visit: Visit, found: Session) -> dict[str, Filed]:
    """Return the facts that show who was there, and how they were marked."""
    ids = {fact for each in found.attendees for fact in (*each.row.shown_by, each.row.marked_by) if fact}
    return facts_by_id(visit.connection, visit.tenant, ids)


def speech_of(visit: Visit, found: Session, behind: Mapping[str, Filed]) -> Speech:
    """Return the words for a session, everybody in it, and what is behind."""
    return visit.speech(
        facts=behind.values(),
        learners=[each.row.learner for each in found.attendees],
        offerings=[found.line.offering],
    )


def people_in(visit: Visit, found: Session, speech: Speech, behind: Mapping[str, Filed]) -> list[Person]:
    """Return everybody in a session, those with a seat first, by name."""
    called = identities(visit.connection, visit.tenant, (each.row.identifiers[0] for each in found.attendees))
    excused = {each.row.identifiers[0]: each.row.identifiers for each in found.attendees if each.row.excused}
    reasons = excuses(visit.connection, visit.tenant, (each for ids in excused.values() for each in ids))
    people = [
        Person(
            attendee=each,
            name=_name(each, called, speech),
            identifier=each.row.identifiers[0],
            prepared=_before(each.journeys, found.line.course, visit.programs),
            excuse=_reason(reasons, excused.get(each.row.identifiers[0], ()), found),
            evidence=tuple(
                (behind[fact], said(behind[fact].fact, speech))
                for fact in dict.fromkeys((*each.row.shown_by, *_one(each.row.marked_by)))
                if fact in behind
            ),
        )
        for each in found.attendees
    ]
    return sorted(people, key=lambda person: (not person.attendee.row.state, person.name.lower(), person.identifier))


def _reason(said: Mapping[str, Sequence[SeatExcused]], identifiers: Sequence[str], found: Session) -> str:
    here = (found.line.offering, None), (found.line.offering, found.line.row.session)
    every = (fact for identifier in identifiers for fact in said.get(identifier, ()))
    return next((fact.reason for fact in every if (fact.offering, fact.session) in here and fact.excused), "")


def _name(attendee: Attendee, called: Mapping[str, Identity], speech: Speech) -> str:
    if attendee.row.learner and attendee.row.learner in speech.names:
        return speech.names[attendee.row.learner]
    known = called.get(attendee.row.identifiers[0])
    return known.label if known and known.label else "Somebody without a name"


def _before(journeys: Sequence[JourneyRow], course: str | None, programs: Programs) -> tuple[StepRow, ...]:
    """Return the steps that come before a live step of this course: those that gate it, else all of pre-learning."""
    for program, live in programs.of_course(course):
        journey = next((each for each in journeys if each.program == program.id), None)
        if journey is None:
            continue
        gating = live.after.steps if live.after else ()
        wanted = [step for step in journey.steps if step.step in gating]
        return tuple(wanted or (step for step in journey.steps if step.stage == "pre_learning" and step.required))
    return ()


def bar_of(found: Session) -> Bar:
    """Return what presence in a session is drawn over: from its start, or the host's, to its end, or the host's."""
    row = found.line.row
    return Bar(min(row.start_at, row.started_at or row.start_at), max(row.end_at, row.ended_at or row.end_at))


def seen_until(visit: Visit, found: Session) -> int:
    """Return up to when we can say that somebody is there who has not left: as of the page, or to the session's end."""
    as_of = visit.trust.as_of
    return min(visit.now if as_of is None else as_of, found.line.row.end_at)


def _one(fact: str | None) -> tuple[str, ...]:
    return () if fact is None else (fact,)
