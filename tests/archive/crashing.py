"""Processes that die between any two things that they do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from milepost.store.database import Database


class Died(BaseException):
    """The process is gone, in the middle of what it did."""


class Fuse:
    """Counts what is done, and kills at the n-th."""

    def __init__(self, at: int) -> None:
        """Kill at this call."""
        self.at = at
        self.calls = 0

    @property
    def has_blown(self) -> bool:
        return self.calls >= self.at

    def burn(self, *_: Any, **__: Any) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise Died


@contextmanager
def fused(database: Database, fuse: Fuse) -> Iterator[None]:
    """Kill at a statement or a commit of the database."""

    def statement(*_: Any) -> None:
        fuse.burn()

    event.listen(database.engine, "before_cursor_execute", statement)
    event.listen(database.engine, "commit", statement)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", statement)
        event.remove(database.engine, "commit", statement)
