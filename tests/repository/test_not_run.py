"""Nothing is left out in silence: what was not run is said, and which services were used."""

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

NEEDS_SERVICES = """
import pytest

@pytest.mark.kafka
def test_on_a_broker(kafka): ...

def test_with_an_imitation(kafka): assert not kafka.is_real

def test_that_kills_a_broker(own_kafka): ...

def test_on_a_database(postgres_url): ...

def test_that_kills_a_server(own_postgres): ...

def test_something_else(): ...
"""

# A machine on which nothing can be found, told to the run by the same door that the real one comes through.
BARE_MACHINE = """
import pytest
from milepost.runtimes.local.jars import NoLocalKafka
from milepost.runtimes.local.programs import NoLocalPostgres
from tests.services.choosing import Probes, Services
from tests.services.needs import SERVICES

def no_kafka(): raise NoLocalKafka("there is no Java")
def no_postgres(): raise NoLocalPostgres("there is no PostgreSQL")

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    config.stash[SERVICES] = Services(
        Probes(environment={}, is_docker_running=lambda: False, get_distribution=no_kafka, get_programs=no_postgres)
    )
"""

PLUGINS = ("tests.not_run", "tests.services.needs", "tests.services.fixtures")

NO_BROWSER = {"MILEPOST_CHROMIUM": "/nowhere/chromium"}


def pytest_says(folder: Path, source: str, environment: dict[str, str]) -> tuple[int, str]:
    """Run pytest on one file as this project does, and return its exit code and what it said."""
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  browser\n  kafka\n  postgres\n")
    (folder / "test_source.py").write_text(source)
    without = [f"-pno:{plugin}" for plugin in ("cacheprovider", "hypothesispytest", "anyio", "pytest_cov")]
    command = [sys.executable, "-m", "pytest", *(f"-p{name}" for name in PLUGINS), *without, str(folder)]
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


def on_a_bare_machine(folder: Path, environment: dict[str, str], *options: str) -> tuple[int, str]:
    """Run tests that need services on a machine that has none."""
    (folder / "conftest.py").write_text(BARE_MACHINE)
    return pytest_says(folder, NEEDS_SERVICES, {**environment, "PYTEST_ADDOPTS": " ".join(options)})


def test_tests_without_a_service_are_reported_as_not_run_and_why(tmp_path: Path) -> None:
    code, said = on_a_bare_machine(tmp_path, {})

    assert code == 0
    assert "2 passed, 4 skipped" in said
    assert "Not run here: 1 test: it needs a real Kafka, and there is none (there is no Java)." in said
    assert "Not run here: 1 test: it needs a Kafka that it can kill, and there is none (there is no Java)." in said
    assert "Not run here: 1 test: it needs a PostgreSQL, and there is none (there is no PostgreSQL)." in said
    assert "Not run here: 1 test: it needs a PostgreSQL that it can kill" in said


def test_an_imitation_of_kafka_is_not_passed_off_as_a_real_one(tmp_path: Path) -> None:
    _, said = on_a_bare_machine(tmp_path, {})

    assert "Kafka: no broker, only librdkafka's imitation of one; there is no Java." in said
    assert "PostgreSQL:" not in said


def test_in_ci_a_missing_service_is_an_error(tmp_path: Path) -> None:
    code, said = on_a_bare_machine(tmp_path, {"CI": "true"})

    assert code != 0
    assert "In CI every test is run, but 4 cannot be:" in said
    assert "it needs a real Kafka, and there is none (there is no Java)" in said


def test_tests_that_need_a_service_can_be_left_out_by_their_mark(tmp_path: Path) -> None:
    code, said = on_a_bare_machine(tmp_path, {"CI": "true"}, "-m", "'not kafka and not postgres'")

    assert code == 0
    assert "2 passed, 4 deselected" in said


def test_what_nobody_needs_is_not_looked_for(tmp_path: Path) -> None:
    code, said = pytest_says(tmp_path, "def test_it(): ...\n", {"CI": "true"})

    assert code == 0
    assert "Kafka" not in said
    assert "PostgreSQL" not in said
