"""Tests that need a Prometheus are left out where there is none, and said so; in CI that is an error."""

import os

import pytest

from milepost.runtimes.site.prometheus import find_prometheus

NO_PROMETHEUS = "it needs a Prometheus, and this machine has none (scripts/prometheus fetches Debian's, without root)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what cannot be run."""
    needing = [item for item in items if item.get_closest_marker("prometheus")]
    if not needing or (find_prometheus() and find_prometheus("promtool")):
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(f"In CI every test is run, but {len(needing)} need a Prometheus and there is none.")
    for item in needing:
        item.add_marker(pytest.mark.skip(reason=NO_PROMETHEUS))
