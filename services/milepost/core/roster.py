"""The roster of an offering as evidence: what was said of its schedule, seats, marks and closings, by identifier."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct, field

from milepost.core.clock import Ticked
from milepost.core.register import Register
from milepost_schemas.facts import PlannedSession
from milepost_schemas.messages import Owner, SessionPresence
from milepost_schemas.projections import GapRow
from milepost_schemas.words import Mark, SeatState

PERSON = 30
"""The rank from which a mark is a person's own word, which presence in a meeting does not outrank."""


class SeatSaid(Struct, array_like=True, frozen=True):
    """The state of a seat."""

    state: SeatState
    canceled_by: Literal["learner", "provider"] | None = None
    list_expires_at: int | None = None


class Excuse(Struct, array_like=True, frozen=True):
    """Whether somebody is excused."""

    excused: bool
    reason: str = ""


class SeatEvidence(Struct, array_like=True):
    """What was said of one identifier's seat: excuses by session ("" is all), marks by session and channel."""

    seat: Register[SeatSaid] = field(default_factory=Register)
    excuses: dict[str, Register[Excuse]] = {}
    marks: dict[str, dict[str, Register[Mark]]] = {}

    def merge(self, other: "SeatEvidence") -> None:
        """Take in what was said under another identifier of the same learner."""
        self.seat.merge(other.seat)
        for session, excuse in other.excuses.items():
            self.excuses.setdefault(session, Register()).merge(excuse)
        for session, channels in other.marks.items():
            ours = self.marks.setdefault(session, {})
            for channel, mark in channels.items():
                ours.setdefault(channel, Register()).merge(mark)

    def make_nameless(self) -> None:
        """Forget what was written about somebody; that it was said stays."""
        for excuse in self.excuses.values():
            excuse.rewrite(_without_reason)


def _without_reason(excuse: Excuse) -> Excuse:
    return Excuse(excuse.excused)


class Schedule(Struct, array_like=True, frozen=True):
    """The schedule of an offering."""

    course: str
    title: str
    cohort: str | None
    capacity: int | None
    sessions: tuple[PlannedSession, ...]


class Sheet(Struct, array_like=True, frozen=True, order=True):
    """A sheet that came in."""

    at: int
    fact_id: str
    known_at: int = 0


class OfferingRecord(Struct, array_like=True):
    """Everything about one offering."""

    tenant: str
    offering: str
    version: int = 0
    ticked: Ticked = field(default_factory=Ticked)
    seen_at: int = 0
    schedule: Register[Schedule] = field(default_factory=Register)
    seats: dict[str, SeatEvidence] = {}
    owners: dict[str, Owner] = {}
    presence: dict[str, SessionPresence] = {}
    rosters: dict[str, Register[bool]] = {}
    sheets: dict[str, Sheet] = {}
    told: dict[str, GapRow] = {}
    said: dict[str, bytes] = {}
    shown: bytes = b""


def merged(seats: Iterable[SeatEvidence]) -> SeatEvidence:
    """Return what was said under all identifiers of one learner."""
    every = list(seats)
    if len(every) == 1:
        return every[0]
    whole = SeatEvidence()
    for seat in every:
        whole.merge(seat)
    return whole
