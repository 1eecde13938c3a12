"""The locks: what is installed is what was reviewed, on every machine, wherever it is fetched from."""

import re
import tomllib
from importlib.metadata import distributions

import pytest

from tests.repository.tracked import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")


def pins(lock: str) -> dict[str, str]:
    """Return the name and version of each requirement of a lock."""
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z0-9,_-]+\])?==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_no_folder(lock: str) -> None:
    text = (ROOT / lock).read_text()

    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host|@ file|(^|\s)/\w", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_has_a_version_and_hashes(lock: str) -> None:
    text = re.sub(r"^\s*#.*\n", "", (ROOT / lock).read_text(), flags=re.MULTILINE)
    requirements = text.replace("\\\n", " ").strip().splitlines()

    loose = [line for line in requirements if not re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)]

    assert not loose


def test_whoever_has_what_the_tests_need_has_what_running_needs() -> None:
    run, dev = (pins(lock) for lock in LOCKS)

    assert run.items() <= dev.items()


def test_the_locks_have_everything_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    asked_to_run = {name_of(line) for line in [*project["project"]["dependencies"], *groups["build"]]}
    asked_to_develop = {name_of(line) for line in groups["dev"] if isinstance(line, str)}

    assert asked_to_run <= pins("requirements.lock").keys()
    assert asked_to_develop <= pins("requirements-dev.lock").keys()


def test_a_requirement_with_an_extra_is_locked_with_it() -> None:
    """Else older versions of pip look for the newest `coverage[toml]`, and refuse it as it has no hash."""
    asked = {
        (name_of(found[1]), found[2])
        for installed in distributions()
        for line in installed.requires or ()
        if "extra ==" not in line and (found := re.match(r"([A-Za-z0-9._-]+)\s*\[([a-z0-9,_-]+)\]", line))
    }
    text = (ROOT / "requirements-dev.lock").read_text()

    assert ("coverage", "toml") in asked
    assert not [f"{name}[{extras}]" for name, extras in asked if f"\n{name}[{extras}]==" not in text]


def name_of(requirement: str) -> str:
    """Return the name in a requirement, written as locks write it."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found.group()).lower()
