"""Acts: what one of the senders is to say at a moment of demo time, in words that every sender renders for itself."""

from dataclasses import dataclass, field
from typing import Any, Literal

Sender = Literal["lms", "zoom", "office"]
SENDERS: tuple[Sender, ...] = ("lms", "zoom", "office")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a late report takes back: gaps of these types about somebody, from a moment on, and why.

    `who` is a mail address or, for gaps about a session, the offering.
    """

    who: str
    gaps: frozenset[str]
    at: int
    why: str


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to say. `at` is when it is sent (an instant); when it happened stands in `said`."""

    at: int
    sender: Sender
    do: str
    said: dict[str, Any] = field(default_factory=dict)
    explains: tuple[Explanation, ...] = ()
