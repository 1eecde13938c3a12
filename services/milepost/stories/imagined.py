"""What is said of an imagined learner: the enrollment, the seats, and what shows that each session takes place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from milepost.core.program import Program, Step
from milepost_schemas.facts import (
    AttendanceMarked,
    Channel,
    LearnerEnrolled,
    MeetingEnded,
    MeetingStarted,
    OfferingScheduled,
    PersonFact,
    PlannedSession,
    RosterClosed,
    SeatChanged,
    SheetSubmitted,
)
from milepost_schemas.messages import AboutActor, MeetingScheduled, MeetingUse, ProgramPublished
from milepost_schemas.topics import Message

TENANT = "imagined"
LEARNER = "learner"

Said = tuple[int, Message]
"""When something is said, and what."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A session of a live step for which the learner is booked; several of one offering are its parts."""

    step: str
    offering: str
    part: int
    start_at: int
    end_at: int

    @property
    def name(self) -> str:
        """The session's name across all offerings."""
        return f"{self.offering}/{self.part}"


def enrolled(program: Program, definition: Mapping[str, Any], at: int, zone: str | None) -> Iterator[Said]:
    """Yield the program as it is published, and the enrollment."""
    published = ProgramPublished(
        tenant=TENANT, program=program.id, version=program.version, published_at=at, definition=dict(definition)
    )
    yield at, published
    yield at, _about(LearnerEnrolled(**_stamp("enrolled", at), program=program.id, zone=zone))


def held(program: Program, enrolled_at: int, booked: Sequence[Booked]) -> Iterator[Said]:
    """Yield each offering with its seat; its meetings are held, and its sheets are in when it ends."""
    for offering, found in groupby(booked, key=lambda one: one.offering):
        parts = tuple(found)
        step = program.step(parts[0].step)
        yield enrolled_at, _scheduled(program, step, offering, parts, enrolled_at)
        seat = SeatChanged(**_stamp(f"booked {offering}", enrolled_at), offering=offering, state="booked")
        yield enrolled_at, _about(seat)
        for one in parts:
            yield from _held(step, one, enrolled_at)


def _scheduled(program: Program, step: Step, offering: str, parts: Iterable[Booked], at: int) -> OfferingScheduled:
    sessions = tuple(
        PlannedSession(
            session=str(one.part),
            part=one.part,
            start_at=one.start_at,
            end_at=one.end_at,
            zone=program.zone,
            channels=tuple(_channels(step, one)),
        )
        for one in parts
    )
    course = step.live.course if step.live is not None else ""
    return OfferingScheduled(
        **_stamp(f"scheduled {offering}", at), offering=offering, course=course, title=step.title, sessions=sessions
    )


def _channels(step: Step, one: Booked) -> Iterator[Channel]:
    for channel in step.channels:
        meeting = None if channel.source == "sheet" else f"{channel.name} of {one.name}"
        yield Channel(name=channel.name, source=channel.source, meeting=meeting)


def _held(step: Step, one: Booked, enrolled_at: int) -> Iterator[Said]:
    """Yield what shows that a session takes place, and that nothing more is to come."""
    place: dict[str, Any] = {"offering": one.offering, "session": str(one.part)}
    if not step.channels:
        yield one.end_at, RosterClosed(**_stamp(f"closed {one.name}", one.end_at), **place)
    for channel in _channels(step, one):
        name = f"{channel.name} of {one.name}"
        if channel.meeting is None:
            sheet = SheetSubmitted(**_stamp(f"sheet for {name}", one.end_at), **place, channel=channel.name)
            yield one.end_at, sheet
            continue
        use = MeetingUse(session=str(one.part), start_at=one.start_at, end_at=one.end_at)
        yield (
            enrolled_at,
            MeetingScheduled(
                **_stamp(f"scheduled {name}", enrolled_at, channel.source),
                meeting=channel.meeting,
                meeting_source=channel.source,
                offering=one.offering,
                sequence=0,
                uses=(use,),
            ),
        )
        began = _stamp(f"began {name}", one.start_at, channel.source)
        ended = _stamp(f"ended {name}", one.end_at, channel.source)
        yield one.start_at, MeetingStarted(**began, meeting=channel.meeting)
        yield one.end_at, MeetingEnded(**ended, meeting=channel.meeting)


def attended(booked: Iterable[Booked]) -> Iterator[Said]:
    """Yield the word of a person that the learner was in each session."""
    for one in booked:
        stamp = _stamp(f"attended {one.name}", one.end_at)
        mark = AttendanceMarked(**stamp, offering=one.offering, session=str(one.part), mark="present", rank=30)
        yield one.end_at, _about(mark)


def _about(fact: PersonFact) -> AboutActor:
    return AboutActor(actor=LEARNER, candidate_learner=LEARNER, candidate_identifier=LEARNER, fact=fact)


def _stamp(fact_id: str, at: int, source: str = "imagined") -> dict[str, Any]:
    return {
        "tenant": TENANT,
        "fact_id": fact_id,
        "source": source,
        "occurred_at": at,
        "recorded_at": at,
        "received_at": at,
    }
