"""Bring a database to the tables of this version, from an empty one or from any earlier version.

A release is rolled back by starting the older version again, on tables that the newer one has changed. It works on them
where nothing but tables, or columns that may be left out, was added since: then the newer migration says since which
one that is so, by its revision: `0014-since-0012`.
"""

import re
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from milepost.store.database import Database, writing_at_length

MIGRATIONS = Path(__file__).parent / "migrations"

ONLY_ADDS = re.compile(r"\d{4}-since-(\d{4})")


class NewerTables(ValueError):
    """The tables come from a newer version of Milepost; run that one, or a later one."""

    def __init__(self) -> None:
        super().__init__("its tables come from a newer version of Milepost; run that one, or a later one")


def migrate(database: Database) -> None:
    """Apply all migrations that the database lacks, in one transaction; raise NewerTables."""
    with writing_at_length(database) as connection:
        migrate_on(connection)


def migrate_on(connection: Connection) -> None:
    """Apply all migrations that are lacking, in this transaction; on newer tables that this version can use, none.

    Raise NewerTables.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        revision = revision_of(connection)
        if revision is None or is_known(revision):
            raise
        if not _is_usable(revision):
            raise NewerTables from error


def revision_of(connection: Connection) -> str | None:
    """Return the migration that was applied last."""
    return MigrationContext.configure(connection).get_current_revision()


def is_known(revision: str) -> bool:
    """Say whether this version knows the tables that a migration left; those of a newer one it does not."""
    return revision in {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def _is_usable(revision: str) -> bool:
    """Say whether tables that a newer version left have all of this version, and nothing that it has to fill."""
    only_adds = ONLY_ADDS.fullmatch(revision)
    return only_adds is not None and _has(only_adds[1])


def _has(number: str) -> bool:
    """Say whether this version has the migration of a number."""
    return any(script.revision[:4] == number for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())
