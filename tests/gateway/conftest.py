"""A gateway with a real SQLite store behind it, and three sources with keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from milepost.clock import ManualClock
from milepost.metrics import Metrics
from milepost.settings import Settings
from milepost.store import tenants
from milepost.store.acceptance import Acceptance
from milepost.store.database import Database
from milepost.store.migrate import migrate
from milepost.store.services import Services
from milepost.store.vault import Vault
from milepost_schemas.instants import from_text
from tests.gateway.senders import World, declared

NOW = from_text("2026-09-07T10:00:00Z")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = Database(tmp_path / "milepost.db")
    migrate(database)
    clock = ManualClock(NOW)
    acceptance = Acceptance(database, clock)
    services = Services(
        settings=Settings(database=str(tmp_path / "milepost.db")),
        database=database,
        acceptance=acceptance,
        clock=clock,
        vault=Vault(b"k" * 32),
        metrics=Metrics(),
    )
    with database.writing() as connection:
        tenants.ensure(connection, "default", at=NOW)
    made = World(services, clock)
    for name, kind in (("lms", "moodle"), ("player", "xapi"), ("zoom-emea", "zoom"), ("office", "office")):
        made.add(declared(name, kind, NOW))
    yield made
    acceptance.close()
    database.close()
