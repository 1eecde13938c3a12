"""What the gateway hands over to be accepted, as one: whole, or not at all. It holds personal data.

Embedded, it is written to the database before the answer; on Kafka it lies in the topic of raw messages until the
archive accepts it.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

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
from milepost_schemas.instants import Instant
from milepost_schemas.messages import (
    AboutActor,
    ActorErased,
    FactRevoked,
    IdentifierRefiled,
    IdentityDecided,
    MeetingScheduled,
    ProgramPublished,
    TenantOpened,
)
from milepost_schemas.words import Key, Name

LogMessage = (
    AboutActor
    | IdentityDecided
    | FactRevoked
    | IdentifierRefiled
    | ActorErased
    | MeetingScheduled
    | MeetingStarted
    | MeetingEnded
    | OfferingScheduled
    | RosterClosed
    | SheetSubmitted
    | SourceDeclared
    | SourceHeard
    | ImportBegan
    | ImportFinished
    | ProgramPublished
    | TenantOpened
)
"""What stands in the log: everything that is said to the processors from outside."""

AnyLogMessage = Annotated[LogMessage, Field(discriminator="type")]

Statement = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMessage:
    """A request as it came. `route` is where it came to, e.g. `/xapi/statements`."""

    route: str
    body: bytes
    content_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSeen:
    """Who an actor key stands for. All of it but the key is personal data.

    `rank` orders who is believed about a name, as with attendance: 10 a system, 20 an LMS, 30 an office; of equal rank
    the last counts. What is empty replaces nothing.
    """

    actor: Key
    identifier: str
    name: str = ""
    mail: str = ""
    rank: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStatement:
    """One statement: `came` as it was sent (with that it is compared), `body` as it is kept and given back.

    `statement_id` and `voids` are in lower case. `messages` are logged with it, and not again when an equal statement
    comes again.
    """

    statement_id: str
    verb: str
    occurred_at: Instant
    recorded_at: Instant
    came: Statement
    body: Statement
    voids: str | None = None
    messages: tuple[AnyLogMessage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SamePerson:
    """Two identifiers of one person, as an office declares them: the second is linked to who the first is.

    It is done once and for good, under `fact_id`: declared again, it changes nothing.
    """

    fact_id: Key
    actor: Key
    other: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody did, or saw, on the pages: a line of the audit log.

    `account` is missing for somebody at the machine itself, where there are no accounts.
    """

    account: Name | None
    what: Name
    subject: Key | None = None
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """All that follows from one request.

    `note` says what in it was not read and why, for who looks at the source. `deed` is written into the audit log with
    it, where a person said it.
    """

    type: Literal["milepost.submission.received.v1"] = "milepost.submission.received.v1"
    tenant: Name
    source: Name
    received_at: Instant
    raw: RawMessage | None = None
    people: tuple[PersonSeen, ...] = ()
    statements: tuple[NewStatement, ...] = ()
    messages: tuple[AnyLogMessage, ...] = ()
    same_people: tuple[SamePerson, ...] = ()
    note: str | None = None
    deed: Deed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request of a known source that was refused: kept for who looks at the source, and a sign of life."""

    type: Literal["milepost.submission.refused.v1"] = "milepost.submission.refused.v1"
    tenant: Name
    source: Name
    received_at: Instant
    raw: RawMessage
    reason: str
