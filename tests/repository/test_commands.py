"""The commands: `make` explains what there is, and CI runs what people run."""

import os
import re
import subprocess
import tomllib

import pytest

from tests.repository.tracked import ROOT

TARGETS = ("run", "test", "check", "format", "lock", "clean")


def make(*arguments: str) -> str:
    """Return what `make` says."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    made = subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, check=True, text=True, env=environment)
    return made.stdout


@pytest.mark.parametrize("target", TARGETS)
def test_make_alone_explains_its_targets(target: str) -> None:
    assert re.search(rf"^  {target} +\w.+$", make(), re.MULTILINE)


def test_make_explains_every_target_that_it_has() -> None:
    makefile = (ROOT / "Makefile").read_text()

    explained = set(re.findall(r"^  ([a-z]+) ", make(), re.MULTILINE))

    assert explained == set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def test_the_demo_keeps_its_data_only_if_it_is_asked_to() -> None:
    assert "milepost demo --keep" in make("--dry-run", "run", "KEEP=1")
    assert "--keep" not in make("--dry-run", "run")


def test_ci_runs_make_test() -> None:
    script = (ROOT / ".ci" / "run").read_text()

    assert "set -euo pipefail" in script
    assert "make test" in script


def test_the_scripts_can_be_run() -> None:
    scripts = [ROOT / ".ci" / "run", *(path for path in (ROOT / "scripts").iterdir() if path.is_file())]

    assert not [script for script in scripts if not os.access(script, os.X_OK)]
    assert not [script for script in scripts if not script.read_text().startswith("#!/usr/bin/env ")]


def test_the_pythons_that_set_up_accepts_are_those_that_the_project_claims() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, tools = settings["project"], settings["tool"]

    assert project["requires-python"] == ">=3.11,<3.14"
    assert project["classifiers"] == [f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13)]
    assert "(3, 11) <= sys.version_info < (3, 14)" in (ROOT / "scripts" / "set-up").read_text()
    assert (tools["ruff"]["target-version"], tools["mypy"]["python_version"]) == ("py311", "3.11")
    for page in ("README.md", "CONTRIBUTING.md", "docs/quickstart.md"):
        assert "Python 3.11, 3.12 or 3.13" in (ROOT / page).read_text(), page
