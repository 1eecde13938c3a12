"""Worlds: an empty one for each test, and a department that many look at and nobody changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.world import World, department, new_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with new_world(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def shared_department(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with new_world(tmp_path_factory.mktemp("department")) as made:
        department(made)
        yield made
