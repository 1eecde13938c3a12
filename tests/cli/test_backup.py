from pathlib import Path

import pytest

from tests.cli.test_commands import Capture, folder, said

__all__ = ["folder"]


@pytest.fixture
def copy(capsys: Capture, tmp_path: Path) -> Path:
    """A copy of a database with a source."""
    said(capsys, "source", "add", "lms", "--kind", "moodle")
    said(capsys, "backup", "copy")
    return tmp_path / "copy"


def test_a_copy_is_written_into_a_folder_under_its_moment(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()

    assert "keep a copy of milepost.key elsewhere" in said(capsys, "backup", "copies")

    assert len(list((tmp_path / "copies").glob("milepost-20*Z.backup"))) == 1


def test_a_copy_is_restored_beside_its_key(capsys: Capture, copy: Path) -> None:
    (copy.parent / "new").mkdir()
    (copy.parent / "milepost.key").rename(copy.parent / "new" / "milepost.key")

    said(capsys, "restore", "copy", "--database", "new/milepost.db")

    assert "lms" in said(capsys, "source", "list", "--database", "new/milepost.db")


def test_without_its_key_a_copy_is_not_restored_and_no_key_is_made(capsys: Capture, copy: Path) -> None:
    (copy.parent / "new").mkdir()

    refusal = said(capsys, "restore", "copy", "--database", "new/milepost.db", code=1)

    assert "put the one of the copy there first" in refusal
    assert list((copy.parent / "new").iterdir()) == []


def test_under_another_key_a_copy_is_not_restored(capsys: Capture, copy: Path) -> None:
    (copy.parent / "new").mkdir()
    (copy.parent / "new" / "milepost.key").write_text("ab" * 32)

    refusal = said(capsys, "restore", "copy", "--database", "new/milepost.db", code=1)

    assert "is not the one of this copy" in refusal
    assert not (copy.parent / "new" / "milepost.db").exists()


def test_where_the_key_is_lost_sources_get_new_keys_and_nothing_else_is_missing(capsys: Capture, copy: Path) -> None:
    (copy.parent / "new").mkdir()
    new = ("--database", "new/milepost.db")

    said(capsys, "restore", "copy", "--key-is-lost", *new)
    assert "under another server key" in said(capsys, "source", "rotate", "lms", *new, code=1)
    assert "milepost source rotate lms" in said(capsys, "key", "replace", *new)
    key = said(capsys, "source", "rotate", "lms", *new)

    assert f"none    no      {key[:10]}" in said(capsys, "source", "list", *new)
    assert "nothing has to be replaced" in said(capsys, "key", "replace", *new, code=1)


def test_over_a_database_that_is_there_nothing_is_restored(capsys: Capture, copy: Path) -> None:
    assert "not empty" in said(capsys, "restore", copy.name, code=1)
    assert "never replaces" in said(capsys, "backup", copy.name, code=1)


def test_what_is_past_its_time_is_said_and_deleted_only_if_that_is_asked_for(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILEPOST_KEEP_DEAD_LETTERS_DAYS", "7")

    assert "Nothing was deleted" in said(capsys, "retention")
    assert "dead letters                            7 days    0" in said(capsys, "retention", "--apply")


def test_a_former_secret_ends_only_when_that_is_said(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("one")
    said(capsys, "source", "add", "zoom", "--kind", "zoom", "--secret-file", "secret")
    (tmp_path / "secret").write_text("two")

    assert "is set" in said(capsys, "source", "secret", "zoom", "--secret-file", "secret")
    assert "signs nothing any more" in said(capsys, "source", "secret", "zoom", "--end-former")


def test_a_tenant_is_added_once_and_has_sources_of_its_own(capsys: Capture) -> None:
    assert "there is no tenant 'acme'" in said(
        capsys, "source", "add", "lms", "--kind", "xapi", "--tenant", "acme", code=1
    )
    said(capsys, "tenant", "add", "acme")
    said(capsys, "source", "add", "lms", "--kind", "xapi", "--tenant", "acme")

    assert "already" in said(capsys, "tenant", "add", "acme", code=1)
    assert "cannot be the name" in said(capsys, "tenant", "add", "a/b", code=1)
    assert said(capsys, "tenant", "list").splitlines()[1].startswith("acme ")
    assert "lms" in said(capsys, "source", "list", "--tenant", "acme")
    assert "No source yet" in said(capsys, "source", "list")
