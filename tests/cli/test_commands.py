import subprocess
import sys
from pathlib import Path

import pytest

from milepost.cli import main
from milepost.store import log
from milepost.store.database import Database
from milepost_schemas.facts import ImportBegan, ImportFinished, SourceDeclared
from milepost_schemas.topics import decode

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, in which the default database is made."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capture: Capture, *arguments: str, code: int = 0) -> str:
    """Run a command; return what it says to people or, where it was not done, why."""
    capture.readouterr()
    assert main(arguments) == code
    out, err = capture.readouterr()
    return (err if code else out).strip()


def test_a_source_is_added_listed_given_a_second_key_and_loses_the_first(capsys: Capture) -> None:
    first = said(capsys, "source", "add", "lms", "--kind", "moodle", "--rhythm", "4h")
    second = said(capsys, "source", "rotate", "lms")

    assert f"{first[:10]}, {second[:10]}" in said(capsys, "source", "list")
    assert "revoke lms" in said(capsys, "source", "rotate", "lms", code=1)
    assert "no more" in said(capsys, "source", "revoke", "lms", first[:10])
    assert first[:10] not in said(capsys, "source", "list")


def test_what_is_declared_of_a_source_reaches_the_log(capsys: Capture, folder: Path) -> None:
    said(capsys, "source", "add", "lms", "--kind", "moodle", "--rhythm", "2d", "--at", "2026-09-07T06:00:00Z")
    said(capsys, "source", "import-began", "lms")
    said(capsys, "source", "import-finished", "lms")

    database = Database(folder / "milepost.db")
    with database.reading() as connection:
        messages = [decode(entry.body.encode()) for entry in log.read(connection, 0, limit=9)]
    database.close()
    declared = messages[0]
    assert [type(message) for message in messages] == [SourceDeclared, ImportBegan, ImportFinished]
    assert isinstance(declared, SourceDeclared)
    assert (declared.rhythm, declared.settling, declared.lateness) == (2 * 24 * 60, 90, 240)


def test_a_secret_comes_from_a_file_and_is_not_shown(capsys: Capture, folder: Path) -> None:
    (folder / "secret").write_text("zoom's own\n")

    said(capsys, "source", "add", "zoom", "--kind", "zoom", "--secret-file", "secret")

    assert "yes" in said(capsys, "source", "list")
    assert "zoom's own" not in said(capsys, "source", "list")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["source", "rotate", "lms"], "there is no source 'lms'; there are: none yet"),
        (["source", "add", "a/b", "--kind", "zoom"], "no slash"),
        (["source", "add", "zoom", "--kind", "zoom", "--secret-file", "nowhere"], "cannot be read"),
        (["source", "add", "lms", "--kind", "xapi", "--at", "noon"], "RFC 3339"),
        (["source", "list", "--database", "no/such/folder.db"], "cannot be opened"),
        (["program", "publish", "nowhere.yaml"], "nowhere.yaml"),
        (["serve", "--host", "0.0.0.0"], "MILEPOST_ACCESS_TOKEN"),
        (["serve", "--clock", "manual", "--clock-at", "noon"], "RFC 3339"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(capsys: Capture, arguments: list[str], why: str) -> None:
    answer = said(capsys, *arguments, code=1)

    assert why in answer
    assert "Traceback" not in answer


@pytest.mark.parametrize("arguments", [[], ["source"], ["source", "add", "lms", "--kind", "fax"], ["soruce"]])
def test_what_is_not_understood_is_answered_with_what_there_is(capsys: Capture, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage: milepost" in capsys.readouterr().err


def test_a_program_is_checked_and_published_once(capsys: Capture) -> None:
    assert "is sound" in said(capsys, "program", "check", "lockout-tagout")
    assert "is published." in said(capsys, "program", "publish", "lockout-tagout")
    assert "and the same" in said(capsys, "program", "publish", "lockout-tagout")


def test_a_published_version_does_not_change(capsys: Capture, folder: Path) -> None:
    from milepost.programs import shipped_program

    said(capsys, "program", "publish", "lockout-tagout")
    text = shipped_program("lockout-tagout").read_text(encoding="utf-8")
    (folder / "mine.yaml").write_text(text.replace("Recall cards", "Cards"), encoding="utf-8")

    assert "`version: 2`" in said(capsys, "program", "publish", "mine.yaml", code=1)


def test_every_problem_of_a_file_is_told_with_its_line(capsys: Capture, folder: Path) -> None:
    (folder / "bad.yaml").write_text("program: p\nversion: one\n", encoding="utf-8")

    assert "bad.yaml:2: version" in said(capsys, "program", "check", "bad.yaml", code=1)


@pytest.mark.parametrize("group", ["serve", "source", "program"])
def test_every_group_explains_itself(capsys: Capture, group: str) -> None:
    with pytest.raises(SystemExit):
        main([group, "--help"])

    assert f"usage: milepost {group}" in capsys.readouterr().out


def test_a_reader_who_has_seen_enough_ends_a_command_quietly() -> None:
    command = [sys.executable, "-m", "milepost", "source", "list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()

        assert running.stderr.read() == ""
    assert running.returncode == 0
