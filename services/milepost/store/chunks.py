"""Long lists in pieces that every database takes as bound parameters."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

LONGEST = 500


def chunks(values: Sequence[T], *, longest: int = LONGEST) -> Iterator[Sequence[T]]:
    """Yield the values in pieces of at most 500, or fewer; nothing for none."""
    for start in range(0, len(values), longest):
        yield values[start : start + longest]


def distinct_chunks(values: Iterable[T]) -> Iterator[Sequence[T]]:
    """Yield the values in such pieces, each value once."""
    return chunks(list(dict.fromkeys(values)))
