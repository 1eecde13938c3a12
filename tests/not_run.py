"""What was not run is said at the end of the run, in plain words, whoever skipped it and why."""

import os
from collections import Counter

import pytest

from tests.browser import chromium_path
from tests.xapi_client import client_package

NO_BROWSER = "it needs a Chromium, and this machine has none (as root: apt-get install chromium)"


NO_CLIENT = "it needs Node.js and the npm package @xapi/xapi, which `scripts/xapi-client` fetches"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the tests that need a browser or a client where there is none; in CI that is an error."""
    if not chromium_path():
        _leave_out(items, "browser", "a Chromium", NO_BROWSER)
    if not client_package():
        _leave_out(items, "xapi_client", "Node.js with @xapi/xapi", NO_CLIENT)


def _leave_out(items: list[pytest.Item], marker: str, needed: str, reason: str) -> None:
    marked = [item for item in items if item.get_closest_marker(marker)]
    if marked and os.environ.get("CI") == "true":
        raise pytest.UsageError(f"In CI every test is run, but {len(marked)} need {needed} and there is none.")
    for item in marked:
        item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests were not run here, and for want of what."""
    reasons = Counter(_reason(report) for report in terminalreporter.getreports("skipped"))
    if not reasons:
        return
    terminalreporter.section("Not run here")
    for reason, number in reasons.most_common():
        tests = "test" if number == 1 else "tests"
        terminalreporter.line(f"Not run here: {number} {tests}: {reason}.", yellow=True)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return what the skip gave as its reason."""
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return said.removeprefix("Skipped: ").rstrip(".")
