"""Faust, its services and its client tell at length what they do: only warnings pass, and each once a second."""

import logging
from collections.abc import Callable, Sequence
from time import monotonic

QUIET = ("faust", "mode", "aiokafka")

SECONDS_BETWEEN = 1.0
"""How long nobody says the same once more."""


def quiet_libraries() -> None:
    """Let Faust, its services and its client say warnings only, and none of them many times a second."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(_seldom_of(QUIET))
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _seldom_of(names: Sequence[str]) -> Callable[[logging.LogRecord], bool]:
    seldom = Seldom()

    def is_said(record: logging.LogRecord) -> bool:
        return not record.name.startswith(tuple(names)) or seldom.filter(record)

    return is_said


class Seldom(logging.Filter):
    """Lets a logger say one thing once a second: a client whose broker is away says it ninety times."""

    def __init__(self) -> None:
        """Nothing has been said yet."""
        super().__init__()
        self._said: dict[object, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Let a line through unless its like was said within the last second."""
        like = (record.name, record.levelno, record.msg)
        now = monotonic()
        if now - self._said.get(like, -SECONDS_BETWEEN) < SECONDS_BETWEEN:
            return False
        self._said[like] = now
        return True
