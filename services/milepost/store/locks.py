"""Locks between processes: of all that run one kind of work, the one that holds its lock is active.

The lock lives as long as the session that took it: where a process or its connection dies, PostgreSQL gives it to the
next that asks. What the old one still has under way must be harmless by itself.
"""

from typing import Self

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from milepost.store.database import Database

_TRY = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")


class LockNotPossible(RuntimeError):
    """This database has no locks between processes."""


class LockLost(RuntimeError):
    """The session that held a lock is gone; somebody else may hold it by now."""


class ProcessLock:
    """One lock, on a connection of its own."""

    def __init__(self, database: Database, name: str) -> None:
        """Hold nothing yet; raise LockNotPossible for a database that cannot hold it."""
        if database.engine.dialect.name != "postgresql":
            raise LockNotPossible(f"only one process may be the {name}, and only PostgreSQL can see to that")
        self._database = database
        self._name = name
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go."""
        self.release()

    def take(self) -> bool:
        """Say whether the lock is ours now; do not wait for it. Raise what the database raises."""
        if self._connection is not None:
            return True
        connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # the session ends with this connection, and nobody else gets it
        try:
            taken = connection.execute(_TRY, {"name": f"milepost:{self._name}"}).scalar_one()
        except BaseException:
            connection.close()
            raise
        if not taken:
            connection.close()
            return False
        self._connection = connection
        return True

    def is_held(self) -> bool:
        """Say whether the session that took the lock still lives."""
        if self._connection is None:
            return False
        try:
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Let go, so that the next one may have it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
