from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from milepost.store import tenants
from milepost.store.database import Database
from milepost.store.migrate import migrate
from milepost.store.tables import accepted
from tests.store.builders import NOON


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "milepost.db")
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def declared(database: Database) -> str:
    """The name of a source that may send."""
    with database.writing() as connection:
        tenants.ensure(connection, "default", at=NOON)
        connection.execute(
            insert(accepted.sources), {"tenant": "default", "name": "lms", "kind": "moodle", "created_at": NOON}
        )
    return "lms"
