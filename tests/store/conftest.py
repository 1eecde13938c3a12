import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from milepost.store import tenants
from milepost.store.database import Database
from milepost.store.migrate import migrate
from milepost.store.tables import accepted
from tests.store.builders import NOON


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and nothing in them."""
    place = tmp_path_factory.mktemp("migrated") / "empty.db"
    opened = Database(place)
    migrate(opened)
    opened.close()
    return place


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Iterator[Database]:
    opened = Database(shutil.copy(migrated, tmp_path / "milepost.db"))
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
