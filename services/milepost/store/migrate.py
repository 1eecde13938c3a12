"""Bring a database to the tables of this version, from an empty one or from any earlier version."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from milepost.store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Apply all migrations that the database lacks, in one transaction."""
    with database.writing() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
