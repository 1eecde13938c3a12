"""A file gets its name whole and once, also where a file system has no hard links."""

import errno
import os
from pathlib import Path

import pytest

from milepost.store.durable import Link, draft_of, give_name


def no_links(draft: Path, file: Path) -> None:
    """What a file system without hard links says."""
    raise PermissionError(errno.EPERM, "Operation not permitted", str(draft), None, str(file))


@pytest.fixture(params=[os.link, no_links], ids=["with links", "without links"])
def link(request: pytest.FixtureRequest) -> Link:
    made: Link = request.param
    return made


def draft(folder: Path, text: str) -> Path:
    made = draft_of(folder / "file")
    made.touch(mode=0o600)
    made.write_text(text)
    return made


def test_a_draft_gets_its_name_and_leaves_nothing_beside_it(tmp_path: Path, link: Link) -> None:
    give_name(draft(tmp_path, "whole"), tmp_path / "file", link=link)

    assert [(file.name, file.read_text(), file.stat().st_mode & 0o777) for file in tmp_path.iterdir()] == [
        ("file", "whole", 0o600)
    ]


def test_what_has_the_name_keeps_it(tmp_path: Path, link: Link) -> None:
    (tmp_path / "file").write_text("first")

    with pytest.raises(FileExistsError):
        give_name(draft(tmp_path, "second"), tmp_path / "file", link=link)

    assert (tmp_path / "file").read_text() == "first"


def test_no_two_drafts_have_one_name(tmp_path: Path) -> None:
    assert draft_of(tmp_path / "file") != draft_of(tmp_path / "file")
