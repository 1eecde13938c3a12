"""Every message's topic and key, in one place.

A topic is the input of one processor, or a stream that only shells read. A key starts with the tenant; messages of one
key stand in one order.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import assert_never

from pydantic import ConfigDict, TypeAdapter

from milepost_schemas.facts import (
    ImportBegan,
    ImportFinished,
    MeetingEnded,
    MeetingStarted,
    OfferingScheduled,
    RosterClosed,
    SheetSubmitted,
    SourceDeclared,
    SourceHeard,
)
from milepost_schemas.messages import (
    AboutActor,
    AboutLearner,
    AboutPresence,
    AboutSeat,
    FactFiled,
    FactRevoked,
    IdentifierRefiled,
    IdentityDecided,
    MeetingOwnerStated,
    MeetingScheduled,
    OfferingOwnerStated,
    ProgramPublished,
    Reconsider,
    ReconsiderOffering,
    RefilingAsked,
    RevocationAddressed,
    SeatStated,
    SessionPresence,
    SliceEnded,
    SliceStated,
)
from milepost_schemas.projections import LearnerProjected, OfferingProjected, SourceProjected


class Topic(StrEnum):
    """The streams. The first five are the inputs of the processors, in the order of the way of the data."""

    ACTORS = "actors"
    MEETINGS = "meetings"
    OFFERINGS = "offerings"
    LEARNERS = "learners"
    SOURCES = "sources"
    PROGRAMS = "programs"
    FACTS = "facts"
    PROJECTIONS = "projections"


ActorMessage = AboutActor | IdentityDecided | FactRevoked | IdentifierRefiled
MeetingMessage = AboutPresence | MeetingScheduled | MeetingStarted | MeetingEnded | MeetingOwnerStated
OfferingMessage = (
    AboutSeat
    | OfferingScheduled
    | RosterClosed
    | SheetSubmitted
    | SessionPresence
    | OfferingOwnerStated
    | ReconsiderOffering
)
LearnerMessage = AboutLearner | RevocationAddressed | SliceStated | SliceEnded | SeatStated | Reconsider
SourceMessage = SourceDeclared | SourceHeard | ImportBegan | ImportFinished
ShellMessage = ProgramPublished | FactFiled | RefilingAsked | LearnerProjected | OfferingProjected | SourceProjected

Message = ActorMessage | MeetingMessage | OfferingMessage | LearnerMessage | SourceMessage | ShellMessage
"""Everything but ticks, which are appended to every partition of a topic and have no key."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes."""

    topic: Topic
    key: str


def address(message: Message) -> Address:
    """Return the topic and the key of a message."""
    match message:
        case AboutActor():
            return Address(Topic.ACTORS, join(message.fact.tenant, message.actor))
        case IdentityDecided() | FactRevoked() | IdentifierRefiled():
            return Address(Topic.ACTORS, join(message.tenant, message.actor))
        case AboutPresence():
            return Address(Topic.MEETINGS, join(message.fact.tenant, message.fact.source, message.fact.meeting))
        case MeetingScheduled():
            return Address(Topic.MEETINGS, join(message.tenant, message.meeting_source, message.meeting))
        case MeetingStarted() | MeetingEnded() | MeetingOwnerStated():
            return Address(Topic.MEETINGS, join(message.tenant, message.source, message.meeting))
        case AboutSeat():
            return Address(Topic.OFFERINGS, join(message.fact.tenant, message.fact.offering))
        case OfferingScheduled() | RosterClosed() | SheetSubmitted() | SessionPresence() | OfferingOwnerStated():
            return Address(Topic.OFFERINGS, join(message.tenant, message.offering))
        case AboutLearner():
            return Address(Topic.LEARNERS, join(message.fact.tenant, message.owner.learner))
        case RevocationAddressed() | SliceStated() | SliceEnded():
            return Address(Topic.LEARNERS, join(message.tenant, message.owner.learner))
        case ReconsiderOffering():
            return Address(Topic.OFFERINGS, join(message.tenant, message.offering))
        case SeatStated() | Reconsider():
            return Address(Topic.LEARNERS, join(message.tenant, message.learner))
        case SourceDeclared() | SourceHeard() | ImportBegan() | ImportFinished():
            return Address(Topic.SOURCES, join(message.tenant, message.source))
        case ProgramPublished():
            return Address(Topic.PROGRAMS, join(message.tenant, message.program))
        case FactFiled():
            return Address(Topic.FACTS, join(message.fact.tenant, message.identifier))
        case RefilingAsked():
            return Address(Topic.FACTS, join(message.tenant, message.identifier))
        case LearnerProjected():
            return Address(Topic.PROJECTIONS, join(message.tenant, message.learner))
        case OfferingProjected():
            return Address(Topic.PROJECTIONS, join(message.tenant, message.offering))
        case SourceProjected():
            return Address(Topic.PROJECTIONS, join(message.tenant, message.source))
        case _:
            assert_never(message)


def join(*parts: str) -> str:
    """Return a key of these parts; only the last may have a slash of its own."""
    return "/".join(parts)


WIRE = ConfigDict(strict=True, ser_json_bytes="base64", val_json_bytes="base64")
"""How everything is read and written: nothing is converted in silence (no `"0.5"` for 0.5), bytes are base64."""


@cache
def adapter() -> TypeAdapter[Message]:
    """Return what reads and writes any message, told apart by the name on the wire."""
    from typing import Annotated, Any  # noqa: PLC0415

    from pydantic import Field  # noqa: PLC0415

    kind: Any = Annotated[Message, Field(discriminator="type")]
    return TypeAdapter(kind, config=WIRE)


def decode(body: bytes) -> Message:
    """Return the message; unknown fields are ignored. Raise pydantic's ValidationError where it is none of ours."""
    return adapter().validate_json(body)


def encode(message: Message) -> bytes:
    """Return the message as JSON."""
    return adapter().dump_json(message)
