"""A source as rules read it: its rhythm, and its silences."""

from dataclasses import dataclass

from milepost.core.gap import Ended


@dataclass(frozen=True, slots=True)
class Silence:
    """From one sign of life to the next; without an end it lasts."""

    began_at: int
    last_sign: str
    known_at: int
    ended: Ended | None


@dataclass(frozen=True, slots=True)
class SourceStanding:
    """A source, its declared rhythm in minutes, and the silences that may have been too long."""

    name: str
    rhythm: int | None
    silences: tuple[Silence, ...]
