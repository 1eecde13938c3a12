from collections.abc import Iterator
from pathlib import Path

import pytest

from milepost.store.database import Database
from milepost.store.migrate import migrate


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "milepost.db")
    migrate(opened)
    yield opened
    opened.close()
