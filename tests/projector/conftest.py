"""A site on the Kafka and the PostgreSQL of this run."""

from collections.abc import Iterator

import pytest

from milepost.settings import Settings
from milepost.store.database import Database
from tests.archive.conftest import site

__all__ = ["site"]


@pytest.fixture
def database(site: Settings) -> Iterator[Database]:
    """The database of the site."""
    opened = Database(site.database)
    yield opened
    opened.close()
