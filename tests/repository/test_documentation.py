"""What the pages for people say is true of the repository: links, folders, commands, names of modules."""

import argparse
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


def commands(page: Path) -> list[str]:
    """Return the commands of Milepost that a page names: in its text, and on lines of their own."""
    text = page.read_text(encoding="utf-8")
    lines = re.findall(r"^(?:\.venv/bin/)?milepost (.+?)(?:\s+#.*)?$", text, re.MULTILINE)
    return [*lines, *(" ".join(found.split()) for found in re.findall(r"`(?:\.venv/bin/)?milepost ([^`]+)`", text))]


def misread(command: str) -> str:
    """Return the word of a command that the command line does not know, or nothing."""
    parser = build_parser()
    for word in command.partition(" > ")[0].split():
        if word.startswith("--") and word.partition("=")[0] not in parser._option_string_actions:
            return word
        within = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
        if within and not word.startswith("-"):
            if word not in within[0].choices:
                return word
            parser = within[0].choices[word]
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_that_are_named_are_there_with_their_options(page: Path) -> None:
    assert {command: word for command in commands(page) if (word := misread(command))} == {}


def test_a_command_that_is_not_there_would_be_found() -> None:
    assert misread("source add lms --kind moodle") == ""
    assert misread("source sing") == "sing"
    assert misread("serve --loudly") == "--loudly"
    assert len(commands(ROOT / "README.md")) > 4


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
