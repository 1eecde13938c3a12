"""Answers that are kept: senders say the same few texts all day. About a long one they are found anew each time."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

Answer = TypeVar("Answer")

Question = Callable[[str], Answer]


def kept_for_short(*, most: int, longest: int) -> Callable[[Question[Answer]], Question[Answer]]:
    """Return what keeps the last answers of a question, at most so many, about texts of at most so many characters."""

    def keep(question: Question[Answer]) -> Question[Answer]:
        kept = lru_cache(maxsize=most)(question)

        @wraps(question)
        def ask(text: str) -> Answer:
            return kept(text) if len(text) <= longest else question(text)

        return ask

    return keep
