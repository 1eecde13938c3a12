"""What is handed to the store to be accepted as one: whole, or not at all."""

from dataclasses import dataclass
from typing import Any

from milepost_schemas.topics import Message

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

    actor: str
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
    occurred_at: int
    recorded_at: int
    came: Statement
    body: Statement
    voids: str | None = None
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """All that follows from one request. `received_at` is the stamp of `Acceptance.receiving`.

    `note` says what in it was not read and why, for who looks at the source.
    """

    tenant: str
    source: str
    received_at: int
    raw: RawMessage | None = None
    people: tuple[PersonSeen, ...] = ()
    statements: tuple[NewStatement, ...] = ()
    messages: tuple[Message, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request of a known source that was refused: kept for who looks at the source, and a sign of life."""

    tenant: str
    source: str
    received_at: int
    raw: RawMessage
    reason: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """It is on the disk. `position` is the log's end after it, and what a page can wait for."""

    position: int
    logged: int


@dataclass(frozen=True, slots=True)
class StatementConflict:
    """Nothing was kept: a statement with this id, and another meaning, is there already."""

    statement_id: str


Outcome = Accepted | StatementConflict
