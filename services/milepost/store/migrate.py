"""Bring a database to the tables of this version, from an empty one or from any earlier version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from milepost.store.database import Database, writing_at_length

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Apply all migrations that the database lacks, in one transaction."""
    with writing_at_length(database) as connection:
        migrate_on(connection)


def migrate_on(connection: Connection) -> None:
    """Apply all migrations that are lacking, in this transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
