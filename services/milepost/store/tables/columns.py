"""The kinds of columns that all tables share. Instants are milliseconds since 1970."""

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData
from sqlalchemy import Text as PlainText
from sqlalchemy.dialects import postgresql

TEXT = PlainText().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""A text that is ordered by its characters' numbers: alike in every database, whatever the language of its server."""

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def number(name: str) -> Column[int]:
    """Return a primary key that the database counts up and never uses twice; its table says `sqlite_autoincrement`."""
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def text(name: str, *, key: bool = False) -> Column[str]:
    """Return a text that is always there, or a part of the primary key."""
    return Column(name, TEXT, primary_key=key, nullable=False)


def maybe_text(name: str) -> Column[str | None]:
    """Return a text that may be missing."""
    return Column(name, TEXT, nullable=True)


def instant(name: str) -> Column[int]:
    """Return a moment that is always there."""
    return Column(name, BigInteger, nullable=False)


def maybe_instant(name: str) -> Column[int | None]:
    """Return a moment that may be missing."""
    return Column(name, BigInteger, nullable=True)


def json_text(name: str) -> Column[Any]:
    """Return JSON as text, so that SQLite, PostgreSQL and a person with a shell read the same."""
    return Column(name, TEXT, nullable=False)
