"""A gateway with a real SQLite store behind it, and three sources with keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile

import pytest

from milepost.clock import ManualClock
from milepost.metrics import Metrics
from milepost.settings import Settings
from milepost.store.database import Database
from milepost.store.group_commit import GroupCommit
from milepost.store.migrate import migrate
from milepost.store.senders import StoredSenders
from milepost.store.services import Services
from milepost.store.vault import Vault
from milepost_schemas.instants import from_text
from tests.gateway.senders import World, declared
from tests.store.builders import make_tenant

NOW = from_text("2026-09-07T10:00:00Z")


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database without rows, to be copied: making its tables takes longest of all."""
    place = tmp_path_factory.mktemp("empty") / "milepost.db"
    database = Database(place)
    migrate(database)
    database.close()
    return place


@pytest.fixture
def world(tmp_path: Path, empty: Path) -> Iterator[World]:
    with world_on(str(copyfile(empty, tmp_path / "milepost.db"))) as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either_world(request: pytest.FixtureRequest, tmp_path: Path, empty: Path) -> Iterator[World]:
    """The same on each kind of database in turn."""
    if request.param == "sqlite":
        place = str(copyfile(empty, tmp_path / "milepost.db"))
    else:
        place = str(request.getfixturevalue("postgres_url"))
    with world_on(place) as made:
        yield made


@contextmanager
def world_on(place: str) -> Iterator[World]:
    """Give a gateway on a database that has all tables and no rows."""
    database = Database(place)
    clock = ManualClock(NOW)
    acceptance, vault = GroupCommit(database, clock), Vault(b"k" * 32)
    services = Services(
        settings=Settings(database=place),
        database=database,
        acceptance=acceptance,
        senders=StoredSenders(database, vault),
        clock=clock,
        vault=vault,
        metrics=Metrics(),
    )
    with database.writing() as connection:
        make_tenant(connection, "default", at=NOW)
    made = World(services, clock)
    for name, kind in (("lms", "moodle"), ("player", "xapi"), ("zoom-emea", "zoom"), ("office", "office")):
        made.add(declared(name, kind, NOW))
    yield made
    acceptance.close()
    database.close()
