"""A small training department: real messages, accepted and taken in by the embedded runtime, on a clock set by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from milepost.console.acting import watch_tracker
from milepost.console.app import build_console
from milepost.console.visit import Desk
from milepost.programs.loader import load_program
from milepost.programs.shipped import shipped_program
from milepost.runtimes.bootstrap import Parts, running
from milepost.settings import Settings
from milepost.store import publishing, sources
from milepost.store.database import Database
from milepost_schemas.facts import (
    ActivityReported,
    AttendanceMarked,
    Channel,
    LearnerEnrolled,
    MeetingEnded,
    MeetingStarted,
    ObservationSignedOff,
    OfferingScheduled,
    ParticipantJoined,
    ParticipantLeft,
    PersonFact,
    PlannedSession,
    RosterClosed,
    SeatChanged,
    SeatExcused,
    SheetSubmitted,
    SourceDeclared,
    SourceHeard,
)
from milepost_schemas.instants import HOUR, from_text, to_text
from milepost_schemas.messages import AboutActor, MeetingScheduled, MeetingUse, ProgramPublished
from milepost_schemas.submissions import LogMessage, PersonSeen, Submission
from milepost_schemas.words import Claim
from tests.console.http import Http

PROGRAM = "lockout-tagout"
COURSE = "LOTO-PRACTICE"
LMS = "https://lms.example.com/mod"
ACTIVITIES = {
    "theory": f"{LMS}/scorm/view.php?id=101#sco",
    "entry-quiz": f"{LMS}/quiz/view.php?id=102",
    "posttest": f"{LMS}/quiz/view.php?id=103",
    "six-steps": f"{LMS}/resource/view.php?id=104",
}


class World:
    """Says what happens, and shows what the console makes of it."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.services = parts.services
        self.app: FastAPI = build_console(self.desk(self.services.database), open_here=True)
        self._numbers = iter(range(1, 1_000_000))
        self._rhythmic: list[str] = []

    def desk(self, database: Database) -> Desk:
        """Return what pages of a database share."""
        services = self.services
        return Desk(database, services.acceptance, services.clock, services.vault, watch_tracker, zone="Europe/Berlin")

    def client(self, **options: Any) -> Http:
        return Http(self.app, **options)

    # --- time and administration -------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        return self.services.clock.now()

    def at(self, moment: str) -> None:
        """Move the clock to this moment, e.g. `2026-09-07T10:00Z`, with all that follows."""
        for heard in (False, True):
            if heard and self._rhythmic:
                self.heard(*self._rhythmic)
            self.parts.tracker.set_clock(from_text(moment)).result(timeout=60)

    def publish(self, path: Path | None = None) -> None:
        definition = load_program(path or shipped_program(PROGRAM))
        published = ProgramPublished(
            tenant="default",
            program=definition["program"],
            version=definition["version"],
            published_at=self.now,
            definition=definition,
        )
        with self.services.database.writing() as connection:
            publishing.publish(connection, published)

    def source(self, name: str, kind: str, rhythm: int | None = None) -> None:
        declared = SourceDeclared(**self._said(name), kind=kind, rhythm=rhythm)
        with self.services.database.writing() as connection:
            sources.add(connection, self.services.vault, declared)
        if rhythm is not None:
            self._rhythmic.append(name)

    # --- what sources say --------------------------------------------------------------------------------------------

    def tell(self, *messages: LogMessage, people: tuple[PersonSeen, ...] = ()) -> None:
        with self.services.acceptance.receiving() as received_at:
            submission = Submission(
                tenant="default", source="office", received_at=received_at, people=people, messages=messages
            )
            self.services.acceptance.submit(submission).result(timeout=60)

    def enrolled(self, *names: str, cohort: str | None = None, at: str | None = None) -> None:
        for name in names:
            self._about(
                name, LearnerEnrolled(**self._said("office", at), program=PROGRAM, cohort=cohort, zone="Europe/Berlin")
            )

    def done(
        self,
        step: str,
        *names: str,
        score: float | None = None,
        passed: bool = True,
        at: str | None = None,
        mail: bool = True,
    ) -> None:
        claims: tuple[Claim, ...] = ("completed", "passed") if passed else ("completed", "failed")
        for name in names:
            self._about(
                name,
                ActivityReported(
                    **self._said("lms", at), activity=ACTIVITIES.get(step, step), claims=claims, score=score
                ),
                mail=mail,
            )

    def scheduled(
        self, offering: str, start: str, *, title: str = "Practice", hours: int = 2, sequence: int = 0, **more: Any
    ) -> None:
        start_at = from_text(start)
        session = PlannedSession(
            session="s1",
            start_at=start_at,
            end_at=start_at + hours * HOUR,
            zone=more.pop("zone", "Europe/Berlin"),
            canceled=more.pop("canceled", False),
            channels=more.pop("channels", (Channel(name="remote", source="zoom", meeting="8102"),)),
            instructors=more.pop("instructors", ("Ines Vogt",)),
        )
        self.tell(
            OfferingScheduled(
                **self._said("office"),
                offering=offering,
                course=more.pop("course", COURSE),
                title=title,
                sequence=sequence,
                sessions=(session,),
                **more,
            )
        )
        self.tell(*self._meetings(offering, session, sequence))

    def seat(self, offering: str, *names: str, state: Any = "booked", by: Any = None) -> None:
        for name in names:
            self._about(name, SeatChanged(**self._said("office"), offering=offering, state=state, canceled_by=by))

    def excused(self, offering: str, name: str, reason: str) -> None:
        self._about(name, SeatExcused(**self._said("office"), offering=offering, session="s1", reason=reason))

    def joined(
        self, name: str, *, meeting: str = "8102", at: str | None = None, mail: bool = True, again: str = ""
    ) -> None:
        connection = name + again
        self._about(
            name,
            ParticipantJoined(**self._said("zoom", at), meeting=meeting, opening=self._day(), connection=connection),
            mail=mail,
        )

    def left(self, name: str, *, meeting: str = "8102", at: str | None = None, mail: bool = True) -> None:
        self._about(
            name,
            ParticipantLeft(**self._said("zoom", at), meeting=meeting, opening=self._day(), connection=name),
            mail=mail,
        )

    def opened(self, meeting: str = "8102") -> None:
        self.tell(MeetingStarted(**self._said("zoom"), meeting=meeting, opening=self._day()))

    def ended(self, meeting: str = "8102") -> None:
        self.tell(MeetingEnded(**self._said("zoom"), meeting=meeting, opening=self._day()))

    def marked(self, offering: str, mark: Any, *names: str) -> None:
        for name in names:
            self._about(
                name,
                AttendanceMarked(
                    **self._said("office"), offering=offering, session="s1", mark=mark, channel="room", rank=20
                ),
            )

    def sheet(self, offering: str) -> None:
        self.tell(SheetSubmitted(**self._said("office"), offering=offering, session="s1", channel="room"))

    def closed(self, offering: str) -> None:
        self.tell(RosterClosed(**self._said("office"), offering=offering, session="s1"))

    def signed_off(self, name: str, times: int = 1) -> None:
        for _ in range(times):
            self._about(
                name,
                ObservationSignedOff(**self._said("office"), program=PROGRAM, step="on-the-job", role="supervisor"),
            )

    def heard(self, *names: str) -> None:
        self.tell(*(SourceHeard(**self._said(name)) for name in names))

    def silent(self, name: str) -> None:
        """From now on this source gives no sign of life by itself."""
        self._rhythmic.remove(name)

    # --- below -------------------------------------------------------------------------------------------------------

    def learner(self, name: str) -> str:
        return str(self.client().get("/v1/learners", params={"q": name}).json()["learners"][0]["learner"])

    def _day(self) -> str:
        return to_text(self.now)[:10]

    def _said(self, source: str, at: str | None = None) -> dict[str, Any]:
        moment = self.now if at is None else from_text(at)
        return {
            "tenant": "default",
            "fact_id": f"{source}-{next(self._numbers)}",
            "source": source,
            "occurred_at": moment,
            "recorded_at": moment,
            "received_at": self.now,
        }

    def _about(self, name: str, fact: PersonFact, *, mail: bool = True) -> None:
        address = f"{name.lower().replace(' ', '.')}@example.org" if mail else ""
        actor = f"actor-{address or name}"
        message = AboutActor(
            actor=actor, candidate_learner=f"l-{actor[6:]}", candidate_identifier=f"i-{actor[6:]}", fact=fact
        )
        self.tell(message, people=(PersonSeen(actor=actor, identifier=address or name, name=name, mail=address),))

    def _meetings(self, offering: str, session: PlannedSession, sequence: int) -> Iterator[LogMessage]:
        for channel in session.channels:
            if channel.meeting is not None:
                said = self._said("office")
                said["fact_id"] += f"#{channel.source}/{channel.meeting}"
                yield MeetingScheduled(
                    **said,
                    meeting=channel.meeting,
                    meeting_source=channel.source,
                    offering=offering,
                    sequence=sequence,
                    uses=(
                        MeetingUse(
                            session=session.session,
                            start_at=session.start_at,
                            end_at=session.end_at,
                            canceled=session.canceled,
                        ),
                    ),
                )


@contextmanager
def new_world(folder: Path, at: str = "2026-08-28T07:00:00Z") -> Iterator[World]:
    """Give an empty server on a new database, whose clock stands at this moment."""
    settings = Settings(database=str(folder / "milepost.db"), clock="manual", clock_at=to_text(from_text(at)))
    with running(settings) as parts:
        world = World(parts)
        world.at(at)
        yield world


HYBRID = (Channel(name="room", source="sheet"), Channel(name="remote", source="zoom", meeting="8102"))

SPRING = ("Ana Ruiz", "Ben Okafor", "Cid Moreau", "Dora Lindqvist", "Emre Yilmaz", "Freya Holm", "Goran Petrović")
AUTUMN = ("Hana Sato", "Ivo Brandt", "Julia Novak", "Kofi Mensah", "Lena Fischer", "Marta Kowalska", "Noor Haddad")
NIGHT = ("Olga Petrova", "Pablo Serrano", "Quynh Tran", "Rosa Bianchi", "Sven Eriksen", "Tara Singh")


def department(world: World) -> None:
    """Tell three weeks of a department, up to Wednesday 16 September 2026, 09:41 in Berlin."""
    _set_up(world)
    _first_session(world)
    _between(world)
    _second_session(world)
    world.at("2026-09-15T09:00:00Z")
    world.seat("P-0921", "Rosa Bianchi")
    world.done("https://lms.example.com/cards/lockout-tagout/2", "Ana Ruiz")
    world.at("2026-09-16T03:12:00Z")
    world.silent("lms")
    world.at("2026-09-16T07:41:05Z")


def running_session(world: World) -> None:
    """An hour of a session of two: Ana came and stays, Ben left, Cid left and came again, and Benny is nobody yet."""
    world.source("zoom", "zoom")
    world.publish()
    world.enrolled("Ana Ruiz", "Ben Okafor", "Cid Moreau", "Dora Lindqvist")
    world.scheduled("P-1", "2026-09-07T08:00:00Z")
    world.seat("P-1", "Ana Ruiz", "Ben Okafor", "Cid Moreau", "Dora Lindqvist")
    world.at("2026-09-07T08:00:00Z")
    world.opened()
    world.joined("Ana Ruiz")
    world.joined("Ben Okafor")
    world.at("2026-09-07T08:10:00Z")
    world.joined("Cid Moreau")
    world.at("2026-09-07T08:20:00Z")
    world.left("Cid Moreau")
    world.at("2026-09-07T08:30:00Z")
    world.left("Ben Okafor")
    world.joined("Cid Moreau", again=" once more")
    world.joined("Benny", mail=False)
    world.at("2026-09-07T09:00:00Z")


def ids_of(world: World) -> dict[str, str]:
    """Return an id of the department for each name that a path has in braces."""
    asked = world.client()
    return {
        "gap_id": asked.get("/v1/gaps").json()["gaps"][0]["gap"]["gap_id"],
        "learner": world.learner("Ana Ruiz"),
        "program": PROGRAM,
        "offering": "P-0907",
        "session": "s1",
        "source": "lms",
        "identifier": asked.get("/v1/unmatched").json()["participants"][0]["identity"]["identifier"],
    }


def _set_up(world: World) -> None:
    world.source("lms", "moodle", rhythm=240)
    world.source("zoom", "zoom")
    world.source("office", "office")
    world.publish()
    world.at("2026-08-31T07:00:00Z")
    world.enrolled(*SPRING, cohort="spring")
    world.scheduled("P-0907", "2026-09-07T08:00:00Z", channels=HYBRID, cohort="spring", capacity=12)
    world.scheduled("P-0914", "2026-09-14T08:00:00Z", channels=HYBRID, capacity=12)
    world.scheduled(
        "P-0917", "2026-09-17T12:00:00Z", channels=HYBRID, capacity=10, instructors=("Ines Vogt", "Tom Abel")
    )
    world.scheduled("P-0921", "2026-09-21T13:00:00Z", zone="America/New_York", capacity=8)
    world.at("2026-09-01T08:00:00Z")
    world.seat("P-0907", *SPRING[:6])
    world.at("2026-09-02T12:00:00Z")
    world.done("theory", *SPRING[:6], at="2026-09-02T11:20:00Z")
    world.done("entry-quiz", *SPRING[:4], score=0.86, at="2026-09-02T11:50:00Z")
    world.enrolled(*AUTUMN, cohort="autumn")
    world.at("2026-09-03T08:00:00Z")
    world.seat("P-0914", *AUTUMN[:6])
    world.seat("P-0917", AUTUMN[6])
    world.at("2026-09-04T10:00:00Z")
    world.done("entry-quiz", "Emre Yilmaz", score=0.6, passed=False)
    world.excused("P-0907", "Freya Holm", "sick note until Wednesday")


def _first_session(world: World) -> None:
    world.at("2026-09-07T07:55:00Z")
    world.opened()
    world.joined("Ana Ruiz", at="2026-09-07T07:58:00Z")
    world.at("2026-09-07T08:01:00Z")
    world.joined("Emre Yilmaz")
    world.at("2026-09-07T09:15:00Z")
    world.left("Emre Yilmaz")
    world.at("2026-09-07T10:02:00Z")
    world.left("Ana Ruiz")
    world.ended()
    world.at("2026-09-08T06:30:00Z")
    world.marked("P-0907", "present", "Cid Moreau")
    world.sheet("P-0907")
    world.enrolled(*NIGHT, cohort="night shift")


def _between(world: World) -> None:
    world.at("2026-09-08T13:00:00Z")
    world.done("posttest", "Ana Ruiz", "Ben Okafor", score=0.92)
    world.at("2026-09-09T09:00:00Z")
    world.marked("P-0907", "present", "Ben Okafor")
    world.done("theory", *AUTUMN[:5], at="2026-09-09T08:10:00Z")
    world.done("entry-quiz", *AUTUMN[:4], score=0.9, at="2026-09-09T08:50:00Z")
    world.done("https://lms.example.com/cards/lockout-tagout/1", "Ana Ruiz")
    world.at("2026-09-10T09:00:00Z")
    world.seat("P-0917", "Dora Lindqvist", "Hana Sato")
    world.done("theory", *NIGHT[:4], score=0.95)
    world.done("entry-quiz", *NIGHT[:3], score=0.9)
    world.done("https://lms.example.com/mod/page/view.php?id=220", "Ana Ruiz", "Ben Okafor", "Hana Sato")
    world.at("2026-09-11T09:00:00Z")
    world.seat("P-0917", *NIGHT[:2])
    world.signed_off("Ana Ruiz")
    world.done("entry-quiz", "Emre Yilmaz", score=0.82)
    world.done("six-steps", "Ben Okafor")


def _second_session(world: World) -> None:
    world.at("2026-09-14T07:59:00Z")
    world.opened()
    world.joined("Hana Sato")
    world.joined("Ivo Brandt")
    world.joined("K. Mensah", mail=False)
    world.at("2026-09-14T08:20:00Z")
    world.joined("Julia Novak")
    world.at("2026-09-14T09:58:00Z")
    world.left("Hana Sato")
    world.left("K. Mensah", mail=False)
    world.at("2026-09-14T10:03:00Z")
    world.ended()
