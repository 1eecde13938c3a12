"""What may happen in a story: the sentences of its timeline as plain values, before any world carries them out."""

from dataclasses import dataclass
from typing import Literal

from milepost_schemas.facts import PlannedSession
from milepost_schemas.words import Claim, Mark, SeatState

OFFICE = "office"
"""The source that knows of enrollments, seats and schedules: a training office, and its coordinators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What every happening says: where it stands in the file, when it was so, and when we get to know.

    `name` tells it from all others, and orders what is tied; `source` is who reports it.
    """

    line: int
    name: str
    source: str
    at: int
    recorded_at: int
    arrives_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal(Happening):
    """About somebody: a learner by name, or a guest as `guest "Ana M."`."""

    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled(Personal):
    """A learner is on the program."""

    cohort: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrew(Personal):
    """A learner has left the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Did(Personal):
    """A learner did something with the activity of a step, or of its occurrence with this number."""

    activity: str
    claims: tuple[Claim, ...]
    score: float | None = None
    progress: float | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOff(Personal):
    """Somebody with a role has seen the learner do it."""

    step: str
    role: str
    occurrence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived(Personal):
    """A step is waived for a learner, or no longer."""

    step: str
    waived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seated(Personal):
    """A learner's place in an offering."""

    offering: str
    state: SeatState
    canceled_by: Literal["learner", "provider"] | None = None
    list_expires_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Excused(Personal):
    """A learner is excused from an offering, or from one session of it; or no longer."""

    offering: str
    session: str | None
    excused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked(Personal):
    """Somebody says whether a learner was there."""

    offering: str
    session: str
    mark: Mark
    channel: str | None
    by: Literal["system", "sheet", "coordinator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Personal):
    """Somebody came into a meeting, or left it; `stay` is one connection."""

    meeting: str
    came: bool
    stay: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked(Personal):
    """A learner clicked on the join button of a meeting in another system: nobody's presence."""

    meeting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Personal):
    """A person decided who somebody is."""

    decision: Literal["linked", "guest", "undone"]
    learner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Happening):
    """The host opened the room, or (`began` false) closed it."""

    meeting: str
    began: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled(Happening):
    """The whole schedule of an offering, as it is from now on."""

    offering: str
    course: str
    sequence: int
    sessions: tuple[PlannedSession, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetIn(Happening):
    """The list of who was there is in, for one channel; the marks on it are happenings of their own."""

    offering: str
    session: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterSet(Happening):
    """A person closed the roster of a session, or opened it again."""

    offering: str
    session: str
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided(Happening):
    """A source takes back what it said under an id."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard(Happening):
    """A sign of life of a source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing(Happening):
    """A source begins to deliver its past, or has delivered it."""

    began: bool


AnyHappening = (
    Enrolled
    | Withdrew
    | Did
    | SignedOff
    | Waived
    | Seated
    | Excused
    | Marked
    | Moved
    | Clicked
    | Decided
    | Opened
    | Scheduled
    | SheetIn
    | RosterSet
    | Voided
    | Heard
    | Importing
)
