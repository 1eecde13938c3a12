"""Every message's topic and key, in one place.

A topic is the input of one processor, or a stream that only shells read. A key starts with the tenant; messages of one
key stand in one order.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, NamedTuple, assert_never

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic_core import SchemaSerializer

from milepost_schemas.changes import ChangeTold
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
    ActorErased,
    AttendeeErased,
    DeadLetter,
    DeadLetterDecided,
    FactFiled,
    FactRevoked,
    HoldStated,
    IdentifierErased,
    IdentifierRefiled,
    IdentityDecided,
    LearnerErased,
    MeetingOwnerStated,
    MeetingScheduled,
    OfferingOwnerStated,
    OwnerStated,
    ProgramKnown,
    ProgramPublished,
    Reconsider,
    ReconsiderOffering,
    RefeedingAsked,
    RefilingAsked,
    RevocationAddressed,
    SeatHolderErased,
    SeatStated,
    SessionPresence,
    SliceEnded,
    SliceStated,
    SourceRedeclared,
    TenantOpened,
    Tick,
)
from milepost_schemas.projections import LearnerProjected, OfferingProjected, SourceProjected
from milepost_schemas.submissions import LogMessage, Refusal, Submission


class Topic(StrEnum):
    """The streams. The first five are the inputs of the processors, in the order of the way of the data."""

    ACTORS = "actors"
    MEETINGS = "meetings"
    OFFERINGS = "offerings"
    LEARNERS = "learners"
    SOURCES = "sources"
    RAW_MESSAGES = "raw-messages"
    CATALOG = "catalog"
    FACTS = "facts"
    PROJECTIONS = "projections"
    CHANGES = "changes"
    DEAD_LETTERS = "dead-letters"


ActorMessage = AboutActor | IdentityDecided | FactRevoked | IdentifierRefiled | ActorErased
MeetingMessage = AboutPresence | MeetingScheduled | MeetingStarted | MeetingEnded | MeetingOwnerStated | AttendeeErased
OfferingMessage = (
    AboutSeat
    | OfferingScheduled
    | RosterClosed
    | SheetSubmitted
    | SessionPresence
    | OfferingOwnerStated
    | SeatHolderErased
    | ReconsiderOffering
)
LearnerMessage = AboutLearner | RevocationAddressed | SliceStated | SliceEnded | SeatStated | LearnerErased | Reconsider
SourceMessage = SourceDeclared | SourceHeard | ImportBegan | ImportFinished
CatalogMessage = ProgramPublished | TenantOpened | SourceProjected | HoldStated
Projection = LearnerProjected | OfferingProjected | SourceProjected | OwnerStated
ShellMessage = (
    Submission
    | Refusal
    | CatalogMessage
    | FactFiled
    | RefilingAsked
    | IdentifierErased
    | Projection
    | ChangeTold
    | DeadLetter
    | DeadLetterDecided
)

Message = ActorMessage | MeetingMessage | OfferingMessage | LearnerMessage | SourceMessage | ShellMessage
"""Everything that has a key."""

Broadcast = Tick | ProgramKnown | SourceRedeclared | RefeedingAsked
"""What is appended to every partition of a topic, and so has no key."""

BROADCAST_TO: Mapping[type[Broadcast], tuple[Topic, ...]] = {
    Tick: (Topic.SOURCES, Topic.OFFERINGS, Topic.LEARNERS),
    ProgramKnown: (Topic.ACTORS, Topic.OFFERINGS, Topic.LEARNERS),
    SourceRedeclared: (Topic.OFFERINGS,),
    RefeedingAsked: (Topic.FACTS,),
}
"""Which topics a broadcast goes to."""

Said = Message | SourceRedeclared
"""What a processor says."""


class Address(NamedTuple):
    """Where a message goes."""

    topic: Topic
    key: str


def address(message: Message) -> Address:
    """Return the topic and the key of a message."""
    match message:  # what there is most of comes first
        case AboutActor():
            return Address(Topic.ACTORS, join(message.fact.tenant, message.actor))
        case AboutLearner():
            return Address(Topic.LEARNERS, join(message.fact.tenant, message.owner.learner))
        case FactFiled():
            return Address(Topic.FACTS, join(message.fact.tenant, message.actor))
        case LearnerProjected():
            return Address(Topic.PROJECTIONS, join(message.tenant, "learner", message.learner))
        case ChangeTold():
            return Address(Topic.CHANGES, join(message.change.tenant, message.owner_kind, message.owner))
        case OwnerStated():
            return Address(Topic.PROJECTIONS, join(message.tenant, "identifier", message.owner.identifier))
        case Submission() | Refusal():
            return Address(Topic.RAW_MESSAGES, join(message.tenant, message.source))
        case IdentityDecided() | FactRevoked() | IdentifierRefiled() | ActorErased():
            return Address(Topic.ACTORS, join(message.tenant, message.actor))
        case AboutPresence():
            return Address(Topic.MEETINGS, join(message.fact.tenant, message.fact.source, message.fact.meeting))
        case MeetingScheduled():
            return Address(Topic.MEETINGS, join(message.tenant, message.meeting_source, message.meeting))
        case MeetingStarted() | MeetingEnded() | MeetingOwnerStated() | AttendeeErased():
            return Address(Topic.MEETINGS, join(message.tenant, message.source, message.meeting))
        case AboutSeat():
            return Address(Topic.OFFERINGS, join(message.fact.tenant, message.fact.offering))
        case OfferingScheduled() | RosterClosed() | SheetSubmitted() | SessionPresence() | OfferingOwnerStated():
            return Address(Topic.OFFERINGS, join(message.tenant, message.offering))
        case RevocationAddressed() | SliceStated() | SliceEnded():
            return Address(Topic.LEARNERS, join(message.tenant, message.owner.learner))
        case SeatHolderErased() | ReconsiderOffering():
            return Address(Topic.OFFERINGS, join(message.tenant, message.offering))
        case SeatStated() | LearnerErased() | Reconsider():
            return Address(Topic.LEARNERS, join(message.tenant, message.learner))
        case SourceDeclared() | SourceHeard() | ImportBegan() | ImportFinished():
            return Address(Topic.SOURCES, join(message.tenant, message.source))
        case ProgramPublished():
            return Address(Topic.CATALOG, join(message.tenant, "program", message.program, str(message.version)))
        case TenantOpened():
            return Address(Topic.CATALOG, join(message.tenant, "tenant"))
        case HoldStated():
            return Address(Topic.CATALOG, join("hold", "records"))  # of all tenants; none has such a key
        case RefilingAsked() | IdentifierErased():
            return Address(Topic.FACTS, join(message.tenant, message.actor))
        case OfferingProjected():
            return Address(Topic.PROJECTIONS, join(message.tenant, "offering", message.offering))
        case SourceProjected():
            return Address(Topic.PROJECTIONS, join(message.tenant, "source", message.source))
        case DeadLetter():
            return Address(Topic.DEAD_LETTERS, join(message.topic, str(message.partition)))
        case DeadLetterDecided():
            return Address(Topic.DEAD_LETTERS, join(Topic.DEAD_LETTERS, str(message.number)))
        case _:
            assert_never(message)


def join(*parts: str) -> str:
    """Return a key of these parts; only the last may have a slash of its own."""
    return "/".join(parts)


WIRE = ConfigDict(strict=True, ser_json_bytes="base64", val_json_bytes="base64")
"""How everything is read and written: nothing is converted in silence (no `"0.5"` for 0.5), bytes are base64."""


@cache
def adapter() -> TypeAdapter[Message | Broadcast]:
    """Return what reads any message, told apart by the name on the wire."""
    kind: Any = Annotated[Message | Broadcast, Field(discriminator="type")]
    return TypeAdapter(kind, config=WIRE)


def decode(body: bytes) -> Message | Broadcast:
    """Return the message; unknown fields are ignored. Raise pydantic's ValidationError where it is none of ours."""
    return adapter().validate_json(body)


def encode(message: Message | Broadcast) -> bytes:
    """Return the message as JSON."""
    kind: Any = type(message)
    return _writer(kind).to_json(message)


@cache
def _writer(kind: Any) -> SchemaSerializer:
    """Return what writes messages of one type; a union would write each of them twice to find its type.

    Pydantic takes a configuration for a union alone, so it is one with None.
    """
    either: Any = kind | None
    return TypeAdapter(either, config=WIRE).serializer


@cache
def _log_adapter() -> TypeAdapter[LogMessage]:
    kind: Any = Annotated[LogMessage, Field(discriminator="type")]
    return TypeAdapter(kind, config=WIRE)


def decode_logged(body: bytes | str) -> LogMessage:
    """Return a message of the log; raise pydantic's ValidationError where it is none."""
    return _log_adapter().validate_json(body)
