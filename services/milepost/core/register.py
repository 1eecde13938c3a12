"""A register: the last word under a total order, and since when that word has been known.

It remembers each distinct content once: the highest order under which it was said, who said it first, and when we
first got it. So a source that repeats itself every night moves nothing, and the order of arrival does not matter.
"""

from typing import Generic, TypeVar

from msgspec import Struct

from milepost_schemas.facts import Fact

Content = TypeVar("Content")

KEPT = 8
"""How many distinct contents are remembered; of more, those of the lowest order are forgotten."""


class Entry(Struct, Generic[Content], array_like=True):
    """One content, and when it was said."""

    content: Content
    order: tuple[int, int, str]
    """The highest (rank, recorded_at, fact id) under which it was said."""

    order_at: int
    """When what was said under that order happened."""

    first: tuple[int, str]
    """The lowest (recorded_at, fact id) under which it was said."""

    first_at: int
    """When what was said first happened."""

    known_at: int
    """The earliest `received_at`."""

    def absorb(self, other: "Entry[Content]") -> None:
        """Take in what another entry of the same content knows."""
        if other.order > self.order:
            self.order, self.order_at = other.order, other.order_at
        if other.first < self.first:
            self.first, self.first_at = other.first, other.first_at
        self.known_at = min(self.known_at, other.known_at)

    @property
    def fact_id(self) -> str:
        """The fact that said it first."""
        return self.first[1]


class Register(Struct, Generic[Content], array_like=True):
    """Every distinct content that was said, each once."""

    entries: list[Entry[Content]] = []

    def say(self, content: Content, fact: Fact, rank: int = 0) -> None:
        """Take in one more saying."""
        self._take(
            Entry(
                content=content,
                order=(rank, fact.recorded_at, fact.fact_id),
                order_at=fact.occurred_at,
                first=(fact.recorded_at, fact.fact_id),
                first_at=fact.occurred_at,
                known_at=fact.received_at,
            )
        )

    def merge(self, other: "Register[Content]") -> None:
        """Take in everything that another register knows."""
        for entry in other.entries:
            self._take(Entry(entry.content, entry.order, entry.order_at, entry.first, entry.first_at, entry.known_at))

    def _take(self, new: Entry[Content]) -> None:
        for entry in self.entries:
            if entry.content == new.content:
                entry.absorb(new)
                break
        else:
            self.entries.append(new)
        self.entries.sort(key=_by_order)
        del self.entries[:-KEPT]

    @property
    def last(self) -> Entry[Content] | None:
        """The entry that counts: that of the highest order."""
        return self.entries[-1] if self.entries else None

    def since(self, entry: Entry[Content]) -> int:
        """Return when an entry began to hold: when it was said first, unless something else was said in between."""
        first = (entry.order[0], *entry.first)
        interrupted = any(
            other.order > first for other in self.entries if other is not entry and other.order < entry.order
        )
        return entry.order_at if interrupted else entry.first_at


def _by_order(entry: Entry[Content]) -> tuple[int, int, str]:
    return entry.order
