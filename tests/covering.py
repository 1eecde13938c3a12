"""Which tests say how much of the pure packages is tested: those that are about them, and no others.

To watch every line takes as long again as the test itself, and what a gateway or a site happens to visit of the core
is no test of it.
"""

from pathlib import Path

import pytest

SUITES = {"contracts", "core", "laws", "programs", "sources", "stories", "tracker"}

_TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave all other tests unwatched."""
    for item in items:
        if item.path.relative_to(_TESTS).parts[0] not in SUITES:
            item.add_marker(pytest.mark.no_cover)
