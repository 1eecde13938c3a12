"""Nothing is left out in silence."""

import os
import subprocess
import sys
from pathlib import Path

from tests.repository.tracked import ROOT

NEEDS_BROWSER = """
import pytest

@pytest.mark.browser
def test_a_page(): ...

def test_something_else(): ...
"""

NO_BROWSER = {"MILEPOST_CHROMIUM": "/nowhere/chromium"}


def pytest_says(folder: Path, source: str, environment: dict[str, str]) -> tuple[int, str]:
    """Run pytest on one file as this project does, and return its exit code and what it said."""
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = browser\n")
    (folder / "test_source.py").write_text(source)
    without = [f"-pno:{plugin}" for plugin in ("cacheprovider", "hypothesispytest", "anyio", "pytest_cov")]
    command = [sys.executable, "-m", "pytest", "-ptests.not_run", *without, str(folder)]
    inherited = {name: value for name, value in os.environ.items() if name not in {"CI", "COVERAGE_PROCESS_START"}}
    ran = subprocess.run(
        command, cwd=ROOT, capture_output=True, check=False, text=True, env={**inherited, **environment}
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_tests_without_a_browser_are_reported_as_not_run(tmp_path: Path) -> None:
    code, said = pytest_says(tmp_path, NEEDS_BROWSER, NO_BROWSER)

    assert code == 0
    assert "Not run here: 1 test: it needs a Chromium" in said
    assert "1 passed, 1 skipped" in said


def test_in_ci_a_missing_browser_is_an_error(tmp_path: Path) -> None:
    code, said = pytest_says(tmp_path, NEEDS_BROWSER, {**NO_BROWSER, "CI": "true"})

    assert code != 0
    assert "In CI every test is run, but 1 need a Chromium and there is none." in said


def test_any_other_skip_is_reported_with_its_reason(tmp_path: Path) -> None:
    code, said = pytest_says(tmp_path, "import pytest\n\ndef test_it(): pytest.skip('the moon is down')\n", {})

    assert code == 0
    assert "Not run here: 1 test: the moon is down." in said


def test_a_module_that_skips_itself_is_reported_too(tmp_path: Path) -> None:
    source = "import pytest\n\npytest.skip('no such database', allow_module_level=True)\n"

    _, said = pytest_says(tmp_path, source, {})

    assert "Not run here: 1 test: no such database." in said
