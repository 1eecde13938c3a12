"""Values for tests of the core: moments, programs, people and what is said of them, and a world that they happen in.

A moment reads `Mon 7 10:00`: September 2026 and UTC unless it says otherwise (`Mon 5 Oct 10:00`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from milepost.core.program import Program
from milepost.tracker.cascade import Cascade
from milepost.tracker.memory import MemoryKeep
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
    OfferingScheduled,
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
from milepost_schemas.instants import MINUTE, from_text, to_datetime
from milepost_schemas.messages import (
    AboutActor,
    FactRevoked,
    IdentityDecided,
    MeetingScheduled,
    MeetingUse,
    ProgramPublished,
)
from milepost_schemas.projections import GapRow, JourneyRow, LearnerProjected, OfferingProjected, SourceProjected
from milepost_schemas.topics import Message

TENANT = "default"
ACTIVE = ("open", "mitigated")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ALWAYS_REAL = "shown_by names a fact that nobody sent"

When = str | int
Said = Any
"""A message, or any nesting of lists of them."""


def moment(when: When) -> int:
    """Return the instant of `Mon 7 10:00`; a weekday that does not fit its date is refused."""
    if isinstance(when, int):
        return when
    weekday, day, *month, clock = when.split()
    number = MONTHS.index(month[0]) + 1 if month else 9
    instant = from_text(f"2026-{number:02}-{int(day):02}T{clock if clock.count(':') == 2 else clock + ':00'}Z")
    if to_datetime(instant).strftime("%a") != weekday:
        raise ValueError(f"{when!r} is a {to_datetime(instant):%A}")
    return instant


# --- programs --------------------------------------------------------------------------------------------------------


def elearning(step: str = "e", **changes: Any) -> dict[str, Any]:
    """Return a pre-learning step that is done when passed."""
    evidence = {"source": "lms", "activity": f"a:{step}"}
    return {"id": step, "stage": "pre_learning", "done": "passed", "evidence": evidence, **changes}


def live(step: str = "L", **changes: Any) -> dict[str, Any]:
    """Return a live step that is booked, gated strictly by `e`, and reported by a sheet."""
    return {
        "id": step,
        "stage": "live",
        "done": "present >= 80%",
        "live": {"course": "C"},
        "roster": "booking",
        "channels": {"room": "sheet"},
        "after": {"steps": ["e"], "gate": "strict"},
        **changes,
    }


def reinforcement(step: str = "r", **changes: Any) -> dict[str, Any]:
    """Return a reinforcement step that is done when completed."""
    evidence = {"source": "cards", "activity": f"a:{step}"}
    return {"id": step, "stage": "reinforcement", "done": "completed", "evidence": evidence, **changes}


def program(*steps: dict[str, Any], published: When = "Tue 1 08:00", **head: Any) -> ProgramPublished:
    """Return a published program; without steps it has those of the stories: `e`, due before `L`."""
    definition: dict[str, Any] = {
        "program": "P",
        "version": 1,
        "calendar": {"calendar": "plain"},
        "steps": list(steps) or [elearning(due="1wd before L.start at 18:00"), live()],
        **head,
    }
    return ProgramPublished(
        tenant=TENANT,
        program=definition["program"],
        version=definition["version"],
        published_at=moment(published),
        definition=definition,
    )


# --- offerings -------------------------------------------------------------------------------------------------------


def session(start: When, name: str = "1", *, minutes: int = 60, **changes: Any) -> PlannedSession:
    """Return a session of an hour."""
    return PlannedSession(session=name, start_at=moment(start), end_at=moment(start) + minutes * MINUTE, **changes)


def room(meeting: str = "m1", source: str = "zoom", name: str = "remote") -> Channel:
    """Return a channel that a virtual classroom reports."""
    return Channel(name=name, source=source, meeting=meeting)


SHEET = Channel(name="room", source="sheet")


def scheduled(
    offering: str,
    *sessions: PlannedSession,
    when: When = "Tue 1 09:00",
    sequence: int = 1,
    received: When | None = None,
    **changes: Any,
) -> list[Message]:
    """Return the schedule of an offering, and what the gateway makes of it for the meetings that it names."""
    known: dict[str, Any] = {**_known(when, received), "source": "tms"}
    fact_id = changes.pop("fact_id", f"schedule-{offering}-{sequence}-{moment(when)}")
    values = {"course": "C", "title": offering, **changes}
    said: list[Message] = [
        OfferingScheduled(fact_id=fact_id, offering=offering, sequence=sequence, sessions=sessions, **values, **known)
    ]
    for source, meeting in _meetings(sessions):
        uses = tuple(
            MeetingUse(session=one.session, start_at=one.start_at, end_at=one.end_at, canceled=one.canceled)
            for one in sessions
            if any((c.source, c.meeting) == (source, meeting) for c in one.channels)
        )
        said.append(
            MeetingScheduled(
                fact_id=f"{fact_id}#{source}/{meeting}",
                meeting=meeting,
                meeting_source=source,
                offering=offering,
                sequence=sequence,
                uses=uses,
                **known,
            )
        )
    return said


def roster_closed(offering: str, when: When, name: str = "1", *, closed: bool = True, **changes: Any) -> RosterClosed:
    """Return a person's word that the roster is complete."""
    known = {**_known(when), "source": "console", "fact_id": f"roster-{offering}-{name}-{moment(when)}", **changes}
    return RosterClosed(offering=offering, session=name, closed=closed, **known)


def sheet(offering: str, when: When, name: str = "1", channel: str = "room", **changes: Any) -> SheetSubmitted:
    """Return a sheet that is in."""
    known = {**_known(when), "source": "sheet", "fact_id": f"sheet-{offering}-{name}-{moment(when)}", **changes}
    return SheetSubmitted(offering=offering, session=name, channel=channel, **known)


def started(when: When, meeting: str = "m1", **changes: Any) -> MeetingStarted:
    """Return the host opening a room."""
    known = {**_known(when), "source": "zoom", "fact_id": f"started-{meeting}-{moment(when)}", **changes}
    return MeetingStarted(meeting=meeting, **known)


def ended(when: When, meeting: str = "m1", **changes: Any) -> MeetingEnded:
    """Return the host closing a room."""
    known = {**_known(when), "source": "zoom", "fact_id": f"ended-{meeting}-{moment(when)}", **changes}
    return MeetingEnded(meeting=meeting, **known)


# --- sources ---------------------------------------------------------------------------------------------------------


def declared(source: str, when: When = "Tue 1 07:00", **changes: Any) -> SourceDeclared:
    """Return what an administrator says of a source; minutes."""
    known = {**_known(when), "source": source, "fact_id": f"declared-{source}-{moment(when)}"}
    return SourceDeclared(**{"kind": "generic", **known, **changes})


def heard(source: str, when: When, **changes: Any) -> SourceHeard:
    """Return a sign of life."""
    return SourceHeard(**{**_known(when), "source": source, "fact_id": f"heard-{source}-{moment(when)}", **changes})


def import_began(source: str, when: When) -> ImportBegan:
    """Return the beginning of an import."""
    return ImportBegan(**_known(when), source=source, fact_id=f"import-{source}-{moment(when)}")


def import_finished(source: str, when: When) -> ImportFinished:
    """Return the end of an import."""
    return ImportFinished(**_known(when), source=source, fact_id=f"imported-{source}-{moment(when)}")


# --- people ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Somebody:
    """One identifier, and what is said under it. The learner and the identifier have the actor's name in theirs."""

    actor: str

    @property
    def learner(self) -> str:
        """The learner that this is as long as nobody decides otherwise."""
        return f"learner-{self.actor}"

    @property
    def identifier(self) -> str:
        """The random id of the identifier."""
        return f"identifier-{self.actor}"

    def enrolled(self, when: When = "Fri 4 08:00", program: str = "P", **changes: Any) -> Message:
        """Say that they are on a program."""
        return self._about(LearnerEnrolled, "enrolled", when, {"source": "tms", "program": program, **changes})

    def withdrawn(self, when: When, program: str = "P", **changes: Any) -> Message:
        """Say that they left a program."""
        return self._about(LearnerWithdrawn, "withdrawn", when, {"source": "tms", "program": program, **changes})

    def did(self, activity: str, claim: str, when: When, *, source: str = "lms", **changes: Any) -> Message:
        """Say what they did with an activity."""
        said = {"source": source, "activity": f"a:{activity}", "claims": (claim,), **changes}
        return self._about(ActivityReported, f"{claim}-{activity}", when, said)

    def passed(self, when: When = "Fri 4 09:00", activity: str = "e", **changes: Any) -> Message:
        """Say that they passed an activity."""
        return self.did(activity, "passed", when, **changes)

    def signed_off(self, step: str, when: When, role: str = "manager", **changes: Any) -> Message:
        """Say that somebody has seen them do it."""
        said = {"source": "console", "program": "P", "step": step, "role": role, **changes}
        return self._about(ObservationSignedOff, f"signed-{step}", when, said)

    def waived(self, step: str, when: When, *, waived: bool = True, **changes: Any) -> Message:
        """Say that they need not do a step."""
        said = {"source": "console", "program": "P", "step": step, "waived": waived, "reason": "knows it", **changes}
        return self._about(StepWaived, f"waived-{step}-{waived}", when, said)

    def booked(self, offering: str, when: When = "Fri 4 10:00", **changes: Any) -> Message:
        """Say that they have a seat."""
        return self.seat(offering, "booked", when, **changes)

    def waitlisted(self, offering: str, when: When, **changes: Any) -> Message:
        """Say that they are on the waitlist."""
        return self.seat(offering, "waitlisted", when, **changes)

    def canceled(self, offering: str, when: When, by: str = "learner", **changes: Any) -> Message:
        """Say that their seat was given up."""
        return self.seat(offering, "canceled", when, canceled_by=by, **changes)

    def seat(self, offering: str, state: str, when: When, **changes: Any) -> Message:
        """Say that their seat is in this state."""
        said = {"source": "tms", "offering": offering, "state": state, **changes}
        return self._about(SeatChanged, f"{state}-{offering}", when, said)

    def excused(self, offering: str, when: When, *, excused: bool = True, **changes: Any) -> Message:
        """Say that they are excused."""
        said = {"source": "console", "offering": offering, "excused": excused, "reason": "ill", **changes}
        return self._about(SeatExcused, f"excused-{offering}-{excused}", when, said)

    def marked(self, offering: str, mark: str, when: When, name: str = "1", rank: int = 20, **changes: Any) -> Message:
        """Say whether they were in a session."""
        said = {"source": "sheet", "offering": offering, "session": name, "mark": mark, "rank": rank, **changes}
        return self._about(AttendanceMarked, f"{mark}-{offering}-{name}", when, said)

    def joined(self, when: When, meeting: str = "m1", **changes: Any) -> Message:
        """Say that they came into a meeting."""
        return self._about(
            ParticipantJoined, f"joined-{meeting}", when, {"source": "zoom", "meeting": meeting} | changes
        )

    def left(self, when: When, meeting: str = "m1", **changes: Any) -> Message:
        """Say that they left a meeting."""
        return self._about(ParticipantLeft, f"left-{meeting}", when, {"source": "zoom", "meeting": meeting} | changes)

    def linked(self, to: "Somebody", when: When) -> Message:
        """Decide that this identifier is another learner."""
        return self._decided("linked", when, to.learner)

    def guest(self, when: When) -> Message:
        """Decide that this identifier is a guest."""
        return self._decided("guest", when, None)

    def unlinked(self, when: When) -> Message:
        """Take the decision back."""
        return self._decided("undone", when, None)

    def revoked(self, fact: Message, when: When, *, at: When | None = None) -> Message:
        """Withdraw a fact that was said of them; it stops counting `at` a moment, or at once."""
        assert isinstance(fact, AboutActor)
        return FactRevoked(
            **_known(when),
            source="lms",
            fact_id=f"void-{fact.fact.fact_id}",
            actor=self.actor,
            target=fact.fact.fact_id,
            withdrawn_at=moment(when if at is None else at),
        )

    def _decided(self, decision: Any, when: When, learner: str | None) -> Message:
        fact_id = f"{decision}-{self.actor}-{moment(when)}"
        known = _known(when)
        return IdentityDecided(
            **known, source="console", fact_id=fact_id, actor=self.actor, decision=decision, learner=learner
        )

    def _about(self, kind: Any, what: str, when: When, said: dict[str, Any]) -> AboutActor:
        known = {**_known(when, said.pop("received", None)), "fact_id": f"{self.actor}-{what}-{moment(when)}"}
        return AboutActor(
            actor=self.actor,
            candidate_learner=self.learner,
            candidate_identifier=self.identifier,
            fact=kind(**{**known, **said}),
        )


ANA, BEN, CID = Somebody("ana"), Somebody("ben"), Somebody("cid")
GUEST = Somebody("guest")


# --- the world -------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """Everything that was said, carried through all processors, and what stands now."""

    keep: MemoryKeep = field(default_factory=MemoryKeep)
    messages: list[Message] = field(default_factory=list)
    ticked_at: int = 0

    def __post_init__(self) -> None:
        """Work on the keep."""
        self.cascade = Cascade(self.keep)

    def take(self, *said: Said) -> "World":
        """Take in what is said, as one batch."""
        messages = list(_flat(said))
        self.messages.extend(messages)
        self.cascade.take(messages)
        return self

    def tick(self, when: When) -> "World":
        """Move the clock."""
        self.ticked_at = moment(when)
        self.cascade.tick(TENANT, self.ticked_at)
        return self

    def restart(self) -> "World":
        """Go on with nothing but what was kept."""
        self.cascade = Cascade(self.keep)
        return self

    def replay(self) -> "World":
        """Take in everything once more, in the other order, and tick as before."""
        self.cascade.take(list(reversed(self.messages)))
        for message in self.messages:
            self.cascade.take([message])
        self.cascade.tick(TENANT, self.ticked_at)
        return self

    # --- what stands

    @property
    def rows(self) -> list[GapRow]:
        """Every gap that was ever told, in the order of its type; each is shown by facts that were really sent."""
        found = [gap for row in self.keep.rows.values() for gap in row.gaps]
        for gap in found:
            assert gap.shown_by, f"{gap.gap} is shown by nothing"
            assert set(gap.shown_by) <= self.fact_ids, f"{gap.gap}: {ALWAYS_REAL}: {gap.shown_by}"
        return sorted(found, key=lambda gap: (gap.gap, gap.about, gap.subject))

    @property
    def fact_ids(self) -> set[str]:
        """The ids of all facts that were sent."""
        return {message.fact.fact_id if isinstance(message, AboutActor) else _id(message) for message in self.messages}

    def open(self) -> list[str]:
        """Return the gaps that stand: `no_show(L/S/1)`, with `(m)` after one that is mitigated."""
        marks = {"open": "", "mitigated": "(m)"}
        return [f"{gap.gap}({gap.about}){marks[gap.state]}" for gap in self.rows if gap.state in ACTIVE]

    def gap(self, gap: str) -> GapRow:
        """Return the one gap of a type, whatever became of it."""
        found = [row for row in self.rows if row.gap == gap]
        assert len(found) == 1, f"{len(found)} gaps of the type {gap}"
        return found[0]

    def told(self, gap: str) -> list[str]:
        """Return what was told of a gap type, in order: opened, mitigated, resolved ..."""
        names = [type(one).__name__ for one in self.keep.changes if getattr(one, "gap", None) == gap]
        return [name.removeprefix("Gap").lower() for name in names]

    def journey(self, of: Somebody = ANA, program: str = "P") -> JourneyRow:
        """Return a learner's journey on a program."""
        return next(row for row in self.learner(of).journeys if row.program == program)

    def learner(self, of: Somebody = ANA) -> LearnerProjected:
        """Return everything that is shown of a learner."""
        row = self.keep.rows[f"{TENANT}/learner/{of.learner}"]
        assert isinstance(row, LearnerProjected)
        return row

    def offering(self, name: str = "S") -> OfferingProjected:
        """Return everything that is shown of an offering."""
        row = self.keep.rows[f"{TENANT}/offering/{name}"]
        assert isinstance(row, OfferingProjected)
        return row

    def source(self, name: str) -> SourceProjected:
        """Return everything that is shown of a source."""
        row = self.keep.rows[f"{TENANT}/source/{name}"]
        assert isinstance(row, SourceProjected)
        return row

    def step(self, step: str, of: Somebody = ANA, occurrence: int = 0) -> str:
        """Return the state of a step."""
        rows = self.journey(of).steps
        return next(row.state for row in rows if (row.step, row.occurrence) == (step, occurrence))

    def outcome(self, offering: str = "S", of: Somebody = ANA, name: str = "1") -> str:
        """Return what came of a session of a learner's seat."""
        seat = next(seat for seat in self.learner(of).seats if seat.offering == offering)
        return next(one.outcome for one in seat.sessions if one.session == name)


def world(*said: Said, tracking_from: When = 0) -> World:
    """Return a world in which this was said."""
    return World(MemoryKeep(moment(tracking_from))).take(*said)


def assert_opens_at(world: World, due: When, gap: str) -> None:
    """Assert that a gap is not there the moment before, and opens at the moment itself; it is named as `open` does."""
    world.tick(moment(due) - 1)
    assert gap not in world.open(), f"{gap} opened before it was due"
    world.tick(due)
    assert gap in world.open(), f"{gap} did not open when it was due; open: {world.open()}"


def assert_settled(world: World) -> None:
    """Assert that saying everything once more changes nothing."""
    stands, said = world.open(), len(world.keep.changes)
    world.replay()
    assert world.open() == stands
    assert len(world.keep.changes) == said, f"told again: {world.keep.changes[said:]}"


def compiled(published: ProgramPublished) -> Program:
    """Return a published program as rules read it."""
    from milepost.core.compile import compile_program

    return compile_program(published.definition, published.published_at)


def _known(when: When, received: When | None = None) -> dict[str, Any]:
    at = moment(when)
    return {
        "tenant": TENANT,
        "occurred_at": at,
        "recorded_at": at,
        "received_at": at if received is None else moment(received),
    }


def _meetings(sessions: Iterable[PlannedSession]) -> list[tuple[str, str]]:
    named = [(c.source, c.meeting) for one in sessions for c in one.channels if c.meeting is not None]
    return list(dict.fromkeys(named))


def _flat(said: Iterable[Said]) -> Iterable[Message]:
    for one in said:
        if isinstance(one, list | tuple):
            yield from _flat(one)
        else:
            yield one


def _id(message: Any) -> str:
    return str(getattr(message, "fact_id", ""))
