"""Stories for the laws: everything that may be said of three people, their programs, offerings and sources.

Moments are counted in strides of six hours, so that many facts are tied; a fact may be late by days.
"""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from milepost_schemas.facts import (
    ActivityReported,
    AttendanceMarked,
    Channel,
    ImportBegan,
    ImportFinished,
    LearnerEnrolled,
    LearnerWithdrawn,
    MeetingEnded,
    MeetingStarted,
    ObservationSignedOff,
    ParticipantJoined,
    ParticipantLeft,
    PlannedSession,
    RosterClosed,
    SeatChanged,
    SeatExcused,
    SheetSubmitted,
    SourceDeclared,
    SourceHeard,
    StepWaived,
)
from milepost_schemas.instants import DAY, HOUR, MINUTE, from_text
from milepost_schemas.messages import AboutActor, FactRevoked, IdentityDecided, ProgramPublished
from milepost_schemas.topics import Message
from tests.core.builders import TENANT, scheduled
from tests.laws.programs import COURSE, MOSTLY, SOMETIMES, Plan, plans

START = from_text("2026-09-01T00:00:00Z")
STRIDE = 6 * HOUR
SPAN = 80
"""So many strides a story lasts: twenty days."""

LEARNERS = ("ana", "ben")
DOUBLE = "ana@home"
VISITOR = "visitor"
ACTORS = (*LEARNERS, DOUBLE, VISITOR)
OFFERINGS = ("S1", "S2", "S3")
SOURCES = ("lms", "lxp", "zoom", "sheet")
MEETING = "m1"
LATE = DAY


@dataclass(frozen=True)
class Story:
    """All that is said, in the order in which it was received, and when the last tick comes."""

    said: tuple[Message, ...]
    ends_at: int

    def of(self, *kinds: type) -> list[Any]:
        """Return the facts and messages of these kinds."""
        bare = [message.fact if isinstance(message, AboutActor) else message for message in self.said]
        return [one for one in bare if isinstance(one, kinds)]


@dataclass
class _Teller:
    """Draws one part of a story after the other."""

    draw: st.DrawFn
    plan: Plan
    count: int = 0

    def moment(self, earliest: int = 0, latest: int = SPAN) -> int:
        return START + STRIDE * self.draw(st.integers(earliest, latest))

    def known(self, source: str, at: int | None = None) -> dict[str, Any]:
        """Return a fact's id and its three times: mostly at once, now and then days late."""
        self.count += 1
        occurred_at = self.moment() if at is None else at
        late = self.draw(st.sampled_from([0, 0, 0, 1, 4, 12]))
        wrote = self.draw(st.integers(0, late))
        letter = self.draw(st.sampled_from("abcxyz"))
        return {
            "tenant": TENANT,
            "source": source,
            "fact_id": f"{letter}{self.count}",
            "occurred_at": occurred_at,
            "recorded_at": occurred_at + wrote * STRIDE,
            "received_at": occurred_at + late * STRIDE,
        }

    def about(self, actor: str, fact: Any) -> AboutActor:
        return AboutActor(
            actor=actor, candidate_learner=f"learner-{actor}", candidate_identifier=f"identifier-{actor}", fact=fact
        )

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    # --- what a story needs to be one

    def enrollment(self, actor: str) -> list[Message]:
        zone = self.one_of(None, None, "Asia/Tokyo")
        known = self.known("tms", self.moment(0, 20))
        return [self.about(actor, LearnerEnrolled(program="P", cohort=self.one_of(None, "c1"), zone=zone, **known))]

    def offering(self, name: str) -> list[Message]:
        known = self.known("tms", self.moment(0, 12))
        sessions = self.sessions(name)
        return [*_schedule(name, 1, sessions, known), *self.move(name, sessions)]

    def sessions(self, name: str) -> tuple[PlannedSession, ...]:
        channels = self.one_of(
            (),
            (Channel(name="room", source="sheet"),),
            (Channel(name="remote", source="zoom", meeting=MEETING),),
            (Channel(name="remote", source="zoom", meeting=f"{MEETING}/{name}"),),
            (Channel(name="room", source="sheet"), Channel(name="remote", source="zoom", meeting=MEETING)),
        )
        return tuple(
            PlannedSession(
                session=str(number),
                part=self.one_of(number, number, 1),
                start_at=start_at,
                end_at=start_at + HOUR,
                zone=self.one_of(None, "America/New_York"),
                channels=channels,
            )
            for number in range(1, self.one_of(1, 1, 2, 3) + 1)
            for start_at in [self.moment(16, 52) + 10 * HOUR]
        )

    def move(self, name: str, sessions: tuple[PlannedSession, ...]) -> list[Message]:
        """Move or cancel a session, now and then."""
        said: list[Message] = []
        for sequence in range(2, self.one_of(1, 1, 2, 3) + 1):
            moved = []
            for plan in sessions:
                shift = self.one_of(0, -4, 4, 8) * STRIDE
                moved.append(
                    PlannedSession(
                        session=plan.session,
                        part=plan.part,
                        start_at=plan.start_at + shift,
                        end_at=plan.end_at + shift,
                        zone=plan.zone,
                        canceled=self.draw(SOMETIMES),
                        channels=plan.channels,
                    )
                )
            said += _schedule(name, sequence, tuple(moved), self.known("tms", self.moment(4, 50)))
        return said

    def seat(self) -> list[Message]:
        """Take a seat, and now and then wait for it or give it up."""
        actor, name = self.one_of(*LEARNERS, DOUBLE), self.one_of(*OFFERINGS)
        states = self.one_of(
            ("booked",),
            ("booked",),
            ("requested", "booked"),
            ("waitlisted",),
            ("waitlisted", "booked"),
            ("booked", "canceled"),
            ("booked", "canceled", "booked"),
        )
        return [self.about(actor, self.seated(name, state)) for state in states]

    def seated(self, name: str, state: str) -> SeatChanged:
        by = self.one_of("learner", "provider") if state == "canceled" else None
        expires = self.moment(20, 60) if state == "waitlisted" and self.draw(SOMETIMES) else None
        known = self.known("tms", self.moment(0, 60))
        return SeatChanged(offering=name, state=state, canceled_by=by, list_expires_at=expires, **known)  # type: ignore[arg-type]

    def activity(self) -> list[Message]:
        """Do something with an activity, several times over, and have some of it withdrawn."""
        if not self.plan.activities:
            return []
        actor = self.one_of(*LEARNERS, *LEARNERS, DOUBLE)
        source, place = self.one_of(*self.plan.activities, *self.plan.activities, ("lms", "a:unheard-of"))
        said: list[Message] = []
        for _ in range(self.one_of(1, 2, 3, 6, 9)):
            fact = self.activity_fact(source, place)
            said.append(self.about(actor, fact))
            said += self.revocation(actor, fact)
        return said

    def activity_fact(self, source: str, place: str) -> ActivityReported:
        claims = self.one_of(
            ("passed",),
            ("completed", "passed"),
            ("completed",),
            ("completed",),
            ("failed",),
            ("opened",),
            ("answered",),
            ("uncompleted",),
        )
        return ActivityReported(
            activity=place,
            claims=claims,
            score=self.one_of(None, 0.4, 0.6, 0.9),
            progress=self.one_of(None, 0.3, 0.7),
            provisional=self.draw(SOMETIMES),
            **self.known(source),
        )

    def revocation(self, actor: str, fact: ActivityReported) -> list[Message]:
        if not self.draw(SOMETIMES):
            return []
        known = self.known(fact.source, fact.occurred_at + STRIDE * self.one_of(0, 1, 3))
        withdrawn_at = known["recorded_at"] + (DAY if fact.provisional else 0)
        return [FactRevoked(actor=actor, target=fact.fact_id, withdrawn_at=withdrawn_at, **known)]

    def sign_off(self) -> list[Message]:
        if not self.plan.observations:
            return []
        known, step = self.known("console"), self.one_of(*self.plan.observations)
        role, number = self.one_of("manager", "manager", "peer"), self.one_of(None, 1, 2)
        fact = ObservationSignedOff(program="P", step=step, role=role, occurrence=number, **known)
        return [self.about(self.one_of(*LEARNERS), fact)]

    def status(self) -> list[Message]:
        """Withdraw, enroll again, waive, or take the waiver back."""
        actor, known = self.one_of(*LEARNERS), self.known("tms")
        step = self.one_of("e1", "e2", "L", "o", "r")
        match self.one_of("withdrawn", "waived", "waived", "unwaived", "enrolled"):
            case "withdrawn":
                return [self.about(actor, LearnerWithdrawn(program="P", **known))]
            case "enrolled":
                return [self.about(actor, LearnerEnrolled(program="P", **known))]
            case waived:
                fact = StepWaived(program="P", step=step, waived=waived == "waived", reason="knows it", **known)
                return [self.about(actor, fact)]

    def attendance(self) -> list[Message]:
        """Come to a meeting, be marked, be excused, close a roster, hand in a sheet."""
        name, part = self.one_of(*OFFERINGS), self.one_of("1", "1", "2")
        actor = self.one_of(*LEARNERS, DOUBLE)
        match self.one_of("mark", "mark", "excuse", "close", "close", "sheet"):
            case "mark":
                return [self.about(actor, self.mark(name, part))]
            case "excuse":
                excused, known = self.draw(MOSTLY), self.known("console")
                of = self.one_of(None, part)
                return [self.about(actor, SeatExcused(offering=name, session=of, excused=excused, **known))]
            case "close":
                known = self.known("console", self.moment(18, 70))
                return [RosterClosed(offering=name, session=part, closed=self.draw(MOSTLY), **known)]
            case _:
                known = self.known("sheet", self.moment(18, 70))
                return [SheetSubmitted(offering=name, session=part, channel="room", **known)]

    def mark(self, name: str, part: str) -> AttendanceMarked:
        mark, rank = self.one_of("present", "partial", "absent"), self.one_of(10, 20, 30)
        channel = self.one_of(None, "room")
        known = self.known("sheet", self.moment(18, 70))
        return AttendanceMarked(offering=name, session=part, mark=mark, rank=rank, channel=channel, **known)

    def presence(self) -> list[Message]:
        """Come into a meeting and leave it; either may be lost. The host may open and close the room."""
        meeting = self.one_of(MEETING, *(f"{MEETING}/{name}" for name in OFFERINGS))
        begins = self.moment(16, 56) + 10 * HOUR + self.one_of(-20, 0, 0, 30) * MINUTE
        opening, said = self.one_of(None, "o1", "o2"), list[Message]()
        connection = self.one_of(None, None, "c1")
        named = {"meeting": meeting, "opening": opening}
        actor = self.one_of(*ACTORS, VISITOR)
        if self.draw(MOSTLY):
            fact = ParticipantJoined(connection=connection, **named, **self.known("zoom", begins))
            said.append(self.about(actor, fact))
        if self.draw(MOSTLY):
            left_at = begins + self.one_of(5, 30, 60) * MINUTE
            fact_of_leaving = ParticipantLeft(connection=connection, **named, **self.known("zoom", left_at))
            said.append(self.about(actor, fact_of_leaving))
        if self.draw(st.booleans()):
            said.append(MeetingStarted(**named, **self.known("zoom", begins)))
        if self.draw(st.booleans()):
            said.append(MeetingEnded(**named, **self.known("zoom", begins + HOUR)))
        return said

    def identity(self) -> list[Message]:
        """Link, dismiss, or take a decision back."""
        actor, known = self.one_of(DOUBLE, VISITOR), self.known("console")
        decision = self.one_of("linked", "linked", "guest", "undone")
        learner = f"learner-{self.one_of(*LEARNERS)}" if decision == "linked" else None
        return [IdentityDecided(actor=actor, decision=decision, learner=learner, **known)]

    def sign_of_life(self) -> list[Message]:
        """Hear a source; or have it deliver its past."""
        source = self.one_of(*SOURCES)
        if self.draw(MOSTLY):
            return [SourceHeard(**self.known(source))]
        begins = self.moment(0, 60)
        began = ImportBegan(**self.prompt(source, begins))
        if not self.draw(MOSTLY):
            return [began]
        return [began, ImportFinished(**self.prompt(source, begins + STRIDE * self.one_of(1, 4, 12)))]

    def source(self, name: str) -> list[Message]:
        """Declare a source, with a rhythm or without."""
        rhythm = self.one_of(None, None, 24 * 60, 3 * 24 * 60)
        known = self.prompt(name, START)
        if not self.draw(MOSTLY):
            return []
        return [
            SourceDeclared(
                kind="generic", rhythm=rhythm, settling=self.one_of(30, 90), lateness=self.one_of(120, 240), **known
            )
        ]

    def prompt(self, source: str, at: int) -> dict[str, Any]:
        return {**self.known(source, at), "recorded_at": at, "received_at": at}


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Return a story of two learners, a second address of one of them, and a visitor."""
    plan = draw(plans())
    teller = _Teller(draw, plan)
    said: list[Message] = list(plan.versions)
    for name in SOURCES:
        said += teller.source(name)
    for actor in LEARNERS:
        said += teller.enrollment(actor)
    for name in OFFERINGS[: draw(st.integers(1, 3))]:
        said += teller.offering(name)
    parts = [
        teller.seat,
        teller.seat,
        teller.activity,
        teller.activity,
        teller.attendance,
        teller.attendance,
        teller.presence,
        teller.sign_off,
        teller.status,
        teller.identity,
        teller.sign_of_life,
    ]
    for part in draw(st.lists(st.sampled_from(parts), min_size=5, max_size=14)):
        said += part()
    ends_at = START + STRIDE * draw(st.integers(30, SPAN + 20))
    return Story(tuple(sorted(said, key=received_at)), ends_at)


def received_at(message: Message) -> int:
    """Return when a message was received; a program, when it was published."""
    bare: Any = message.fact if isinstance(message, AboutActor) else message
    return int(bare.published_at if isinstance(bare, ProgramPublished) else bare.received_at)


def _schedule(name: str, sequence: int, sessions: tuple[PlannedSession, ...], known: dict[str, Any]) -> list[Message]:
    return scheduled(
        name,
        *sessions,
        when=known["occurred_at"],
        sequence=sequence,
        received=known["received_at"],
        fact_id=known["fact_id"],
        course=COURSE,
    )
