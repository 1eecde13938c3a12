"""Long lists in pieces that every database takes as bound parameters."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

LONGEST = 500


def chunks(values: Sequence[T], *, longest: int = LONGEST) -> Iterator[Sequence[T]]:
    """Yield the values in pieces of at most 500, or fewer; nothing for none."""
    for start in range(0, len(values), longest):
        yield values[start : start + longest]
