"""What was not run is said at the end of the run, in plain words, whoever skipped it and why."""

import os
from collections import Counter

import pytest

from tests.browser import chromium_path

NO_BROWSER = "it needs a Chromium, and this machine has none (as root: apt-get install chromium)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the tests that need a browser where there is none; in CI that is an error."""
    need_browser = [item for item in items if item.get_closest_marker("browser")]
    if not need_browser or chromium_path():
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(f"In CI every test is run, but {len(need_browser)} need a Chromium and there is none.")
    for item in need_browser:
        item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


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
