"""What the pages for people say is true of the repository: links, folders, commands, names of modules."""

import re
from pathlib import Path

import pytest

from milepost.cli import build_parser
from tests.repository.tracked import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))

    assert not [link for link in links if "://" not in link and not (page.parent / link).exists()]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_paths_that_are_named_are_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(r"`((?:schemas|services|tests|docs|core|gateway|scripts)/[\w./-]*)`", text)

    assert named
    assert not [
        path for path in named if not (ROOT / path).exists() and not (ROOT / "services/milepost" / path).exists()
    ]


def test_the_commands_of_the_readme_are_understood() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\.venv/bin/milepost (.+?)(?:\s+#.*)?$", text, re.MULTILINE)

    assert len(commands) > 4
    for command in commands:
        words = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", command)]
        assert build_parser().parse_args(words).run


def test_the_make_targets_that_pages_name_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8"))}

    assert named <= targets


def test_contributing_names_what_there_is() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    sources = "\n".join(path.read_text(encoding="utf-8") for path in [*ROOT.glob("s*/**/*.py")])

    for name in ("GapType", "GAPS_NOT_YET", "PATIENT_GAPS", "KINDS", "Breach", "Translation", "Reason", "Message"):
        assert re.search(rf"\b{name}\b", text)
        assert re.search(rf"^(class )?{name}\b", sources, re.MULTILINE)
