"""Bring a database to the tables of this version, from an empty one or from any earlier version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from milepost.store.database import Database, writing_at_length

MIGRATIONS = Path(__file__).parent / "migrations"


class NewerTables(ValueError):
    """The tables come from a newer version of Milepost; run that one, or a later one."""

    def __init__(self) -> None:
        super().__init__("its tables come from a newer version of Milepost; run that one, or a later one")


def migrate(database: Database) -> None:
    """Apply all migrations that the database lacks, in one transaction; raise NewerTables."""
    with writing_at_length(database) as connection:
        migrate_on(connection)


def migrate_on(connection: Connection) -> None:
    """Apply all migrations that are lacking, in this transaction; raise NewerTables."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        revision = MigrationContext.configure(connection).get_current_revision()
        if revision is None or is_known(revision):
            raise
        raise NewerTables from error


def is_known(revision: str) -> bool:
    """Say whether this version knows the tables that a migration left; those of a newer one it does not."""
    return revision in {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
