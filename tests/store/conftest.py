"""Every test of the store that asks for `database` runs on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from milepost.store.database import Database
from milepost.store.keep import SqlKeep
from milepost.store.migrate import migrate
from milepost.store.tables import accepted
from tests.store.builders import NOON, make_tenant


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and nothing in them."""
    place = tmp_path_factory.mktemp("migrated") / "empty.db"
    opened = Database(place)
    migrate(opened)
    opened.close()
    return place


@pytest.fixture
def sqlite_place(migrated: Path, tmp_path: Path) -> str:
    """The file of a SQLite database with all tables."""
    return str(shutil.copy(migrated, tmp_path / "milepost.db"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest) -> str:
    """Where the database of the test is: each kind in turn."""
    return str(request.getfixturevalue("sqlite_place" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def database(place: str) -> Iterator[Database]:
    opened = Database(place)
    yield opened
    opened.close()


@pytest.fixture
def on_postgres(postgres_url: str) -> Iterator[Database]:
    opened = Database(postgres_url)
    yield opened
    opened.close()


@pytest.fixture
def declared(database: Database) -> str:
    """The name of a source that may send."""
    with database.writing() as connection:
        make_tenant(connection, "default", at=NOON)
        connection.execute(
            insert(accepted.sources), {"tenant": "default", "name": "lms", "kind": "moodle", "created_at": NOON}
        )
    return "lms"


@pytest.fixture
def keep(database: Database) -> Iterator[SqlKeep]:
    """What the tracker keeps, within one transaction that lasts as long as the test."""
    sql = SqlKeep()
    with database.writing() as connection, sql.on(connection):
        make_tenant(connection, "default", at=NOON)
        yield sql
