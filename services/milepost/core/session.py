"""A session as rules read it: its channels, who was expected, who was there and is nobody that we know."""

from dataclasses import dataclass
from typing import Literal

from milepost.core.calendar import Calendar, Offset, first_zone
from milepost.core.gap import Ended
from milepost.core.program import RuleSettings
from milepost_schemas.facts import PlannedSession
from milepost_schemas.words import Standing

ClosedHow = Literal["roster", "sheet", "end_marker", "lateness"]


@dataclass(frozen=True, slots=True)
class ChannelStanding:
    """One way of being there: whether it has shown the session, and whether anything more is to come of it."""

    name: str
    source: str
    is_sheet: bool
    shown: Ended | None
    closed: bool
    how: ClosedHow | None
    closes_at: int | None


@dataclass(frozen=True, slots=True)
class Participant:
    """An identifier that was in a session, and who it is."""

    identifier: str
    standing: Standing
    minutes: int
    stayed: bool
    channel_closed: bool
    decided: Ended | None
    shown_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """One session of an offering, with what its rules need."""

    offering: str
    plan: PlannedSession
    known_at: int
    scheduled_by: tuple[str, ...]
    channels: tuple[ChannelStanding, ...]
    participants: tuple[Participant, ...]
    expects_somebody: bool
    roster_closed: Ended | None
    marked: Ended | None
    """The first mark that says of anybody that they were there."""

    settings: dict[str, RuleSettings]
    calendar: Calendar
    zone: str

    @property
    def name(self) -> str:
        """The session's name across all offerings."""
        return f"{self.offering}/{self.plan.session}"

    @property
    def closed(self) -> bool:
        """True where nothing more is to come: a person said so, or every channel is closed."""
        return self.roster_closed is not None or (bool(self.channels) and all(c.closed for c in self.channels))

    @property
    def took_place(self) -> bool:
        """True where anything shows that the session took place."""
        shown = any(channel.shown is not None for channel in self.channels)
        return shown or self.marked is not None or self.roster_closed is not None

    @property
    def accounted(self) -> Ended | None:
        """When the last thing came that we wait for, or None while something is missing."""
        if self.roster_closed is not None:
            return self.roster_closed
        sheets = [channel.shown for channel in self.channels if channel.is_sheet]
        if sheets:
            came = [sheet for sheet in sheets if sheet is not None]
            return max(came, key=lambda end: end.at) if len(came) == len(sheets) else None
        signs = [sign for sign in (self.marked, *(c.shown for c in self.channels)) if sign is not None]
        return min(signs, key=lambda end: end.at) if signs else None

    def patience(self, gap: str, since: int, default: Offset) -> int:
        """Return when a rule's patience since a moment runs out, in the session's zone."""
        after = self.settings.get(gap, RuleSettings()).after or default
        return self.calendar.after(since, after, first_zone(self.plan.zone, self.zone))
