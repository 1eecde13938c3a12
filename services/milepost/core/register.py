"""A register: the last word under a total order, and since when that word has been known.

It remembers each distinct content once: the highest order under which it was said, who said it first, and when we
first got it. So a source that repeats itself every night moves nothing, and the order of arrival does not matter.
"""

from collections.abc import Callable
from copy import copy
from typing import Generic, TypeVar

from msgspec import Struct

from milepost_schemas.facts import Fact

Content = TypeVar("Content")

KEPT = 8
"""How many distinct contents are remembered; of more, those of the lowest order are forgotten."""

SAYINGS_KEPT = 12
"""How many sayings of one content are remembered: the first, those that began it again, and of the others the latest.
Of more, an order of arrival that tells apart what lies between them may show."""

Order = tuple[int, int, str]


class Saying(Struct, array_like=True, frozen=True, order=True):
    """One time that a content was said: under which order, when it happened, and when we got it."""

    order: Order
    at: int
    known_at: int


class Entry(Struct, Generic[Content], array_like=True):
    """One content, and when it was said."""

    content: Content
    order: Order
    """The highest (rank, recorded_at, fact id) under which it was said."""

    order_at: int
    """When what was said under that order happened."""

    first: tuple[int, str]
    """The lowest (recorded_at, fact id) under which it was said."""

    first_at: int
    """When what was said first happened."""

    known_at: int
    """The earliest `received_at`."""

    sayings: list[Saying] = []
    """When it was said, in order."""

    def absorb(self, other: "Entry[Content]") -> None:
        """Take in what another entry of the same content knows."""
        if other.order > self.order:
            self.order, self.order_at = other.order, other.order_at
        if other.first < self.first:
            self.first, self.first_at = other.first, other.first_at
        self.known_at = min(self.known_at, other.known_at)
        self.sayings = sorted({*self.sayings, *other.sayings})

    def after(self, order: Order | None) -> Saying | None:
        """Return the first saying above an order, or the first of all."""
        return next((saying for saying in self.sayings if order is None or saying.order > order), None)

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
                sayings=[Saying((rank, fact.recorded_at, fact.fact_id), fact.occurred_at, fact.received_at)],
            )
        )

    def merge(self, other: "Register[Content]") -> None:
        """Take in everything that another register knows."""
        for entry in other.entries:
            self._take(copy(entry))

    def rewrite(self, anew: Callable[[Content], Content]) -> None:
        """Say each content in another way; two that become alike are one."""
        entries, self.entries = self.entries, []
        for entry in entries:
            entry.content = anew(entry.content)
            self._take(entry)

    def _take(self, new: Entry[Content]) -> None:
        for entry in self.entries:
            if entry.content == new.content:
                entry.absorb(new)
                break
        else:
            self.entries.append(new)
        self.entries.sort(key=_by_order)
        del self.entries[:-KEPT]
        for entry in self.entries:
            if len(entry.sayings) > SAYINGS_KEPT:
                entry.sayings = self._telling(entry)

    @property
    def last(self) -> Entry[Content] | None:
        """The entry that counts: that of the highest order."""
        return self.entries[-1] if self.entries else None

    def since(self, entry: Entry[Content]) -> int:
        """Return when an entry began to hold: when it was said first, unless something else was said in between."""
        began = entry.after(self.interrupted(entry))
        return entry.order_at if began is None else began.at

    def known_since(self, entry: Entry[Content]) -> int:
        """Return when we got to know what an entry holds by: the first saying since something else was said."""
        began = entry.after(self.interrupted(entry))
        return entry.known_at if began is None else began.known_at

    def interrupted(self, entry: Entry[Content]) -> Order | None:
        """Return the highest order below an entry's under which something else was said, or None."""
        said = (saying.order for other in self.entries if other is not entry for saying in other.sayings)
        return max((order for order in said if order < entry.order), default=None)

    def _telling(self, entry: Entry[Content]) -> list[Saying]:
        """Return the sayings that tell most: the first, the last of all, and each that began the content again."""
        others = [saying.order for other in self.entries if other is not entry for saying in other.sayings]
        again = {began for order in others if (began := entry.after(order)) is not None}
        latest = entry.sayings[-(SAYINGS_KEPT // 2) :]
        return sorted({entry.sayings[0], *sorted(again)[-(SAYINGS_KEPT // 2 - 1) :], *latest})


def _by_order(entry: Entry[Content]) -> tuple[int, int, str]:
    return entry.order
