"""What is accepted in the tests of the store, and what stands in the database after that."""

from typing import Any

from sqlalchemy import select

from milepost.store import log
from milepost.store.accepting import Answer, accept_all
from milepost.store.database import Database
from milepost_schemas.submissions import LogMessage, Submission
from milepost_schemas.topics import decode_logged


def take(database: Database, *submissions: Submission) -> list[Answer]:
    with database.writing() as connection:
        return accept_all(connection, submissions)


def logged(database: Database) -> list[LogMessage]:
    with database.reading() as connection:
        return [decode_logged(entry.body) for entry in log.read(connection, 0, limit=10_000)]


def rows(database: Database, table: Any) -> list[Any]:
    with database.reading() as connection:
        return list(connection.execute(select(table)).mappings())
