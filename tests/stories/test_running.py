"""The runner says what differs, and why; the command line says it in three forms; shuffling would find a bad merge."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from milepost.cli import main
from milepost.core.register import Entry, Register
from milepost.stories import Outcome, read_story, run_story
from milepost.stories.reports import as_text

HERE = Path(__file__).parent
STORY = """\
title: Nobody came
program: {program}
begins: 2026-09-04
people: Ana, Ben
offerings: |
  S: L, Mon 7 Sep 10:00, 60 min, zoom
story: |
  Fri 4 08:00   Ana and Ben enroll
  Fri 4 08:30   Ana and Ben book S
  Fri 4 09:00   Ana passes e
{lines}
"""


def story(folder: Path, *lines: str) -> Path:
    """Write a story whose first line of its own is line 11; return its file."""
    file = folder / "nobody.yaml"
    program = HERE / "programs" / "flipped.yaml"
    file.write_text(STORY.format(program=program, lines="\n".join(f"  {line}" for line in lines)), encoding="utf-8")
    return file


def run(folder: Path, *lines: str) -> Outcome:
    return run_story(read_story(story(folder, *lines)))


def test_a_gap_that_is_missing_is_told_with_what_is_waited_for(tmp_path: Path) -> None:
    outcome = run(tmp_path, "Mon 11:00 S ends", "at Mon 12:00: {elearning_done_ilt_missed(Ana, S)}")

    assert not outcome.passed
    assert "missing   elearning_done_ilt_missed(Ana, S)" in as_text([outcome])
    assert "waiting for" in as_text([outcome])
    assert "zoom heard up to Mon 7 Sep 12:30" in as_text([outcome])


def test_a_gap_that_is_too_much_is_told_with_the_lines_that_show_it(tmp_path: Path) -> None:
    outcome = run(tmp_path, "at Mon 09:00: {}")

    assert "too much  unprepared_for_session!(Ben, L, S): since Fri 4 Sep 10:00" in as_text([outcome])
    assert "shown by line 9" in as_text([outcome])
    assert f"{outcome.story.file}:11: Mon 7 Sep 09:00" in as_text([outcome])


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("at Mon 09:00: {unprepared_for_session(Ben)}", "its severity is high: write !"),
        ("at Sat 09:00: {unprepared_for_session!(Ben)}", "its severity is warning"),
        ("at Sat 09:00: {unprepared_for_session(Ben) high}", "its severity is warning, not high"),
        ("at Sat 09:00: {unprepared_for_session(Ben) (m)}", "is open, not mitigated"),
        ("at Sat 09:00: {unprepared_for_session(Ben) since Fri 09:00}", "since Fri 4 Sep 10:00, not Fri 4 Sep 09:00"),
        ("at Sat 09:00: {unprepared_for_session(Ben) over S}", "over nothing"),
        ("at Sat 09:00: {unprepared_for_session(Ben) again}", "was never open at a check before"),
    ],
)
def test_what_is_said_of_a_gap_has_to_be_so(tmp_path: Path, check: str, said: str) -> None:
    assert said in as_text([run(tmp_path, check)])


def test_what_was_told_is_exact(tmp_path: Path) -> None:
    outcome = run(tmp_path, "at Sat 09:00: {unprepared_for_session(Ben)}", "  told: nothing")

    assert "too much  opened unprepared_for_session(Ben, L, S)" in as_text([outcome])


def test_how_somebody_stands_has_to_be_so(tmp_path: Path) -> None:
    outcome = run(
        tmp_path, "at Sat 09:00: {unprepared_for_session(Ben)}", "  Ana: e done Fri 10:00, S attended, stage support"
    )

    said = as_text([outcome])
    assert "got      Ana: e done Fri 4 Sep 09:00" in said
    assert "got      Ana: S booked upcoming" in said
    assert "got      Ana: stage live" in said


def test_what_must_never_be_told_is_found_in_all_that_was(tmp_path: Path) -> None:
    outcome = run(
        tmp_path,
        "Sat 10:00 Ben passes e",
        "at Sun 09:00: {}",
        "never told: unprepared_for_session(Ben)",
    )

    assert "told: opened unprepared_for_session(Ben, L, S), resolved" in as_text([outcome])


def test_the_command_reports_as_json_and_junit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = story(tmp_path, "at Mon 09:00: {}")

    code = main(["story", str(file), "--json", "--junit", str(tmp_path / "report.xml")])

    assert code == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert told["passed"] is False
    assert told["differences"][0]["line"] == 11
    suite = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    assert "unprepared_for_session" in (suite[0][0].text or "")


def test_the_command_runs_folders_and_says_how_many_passed(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["story", str(HERE / "scenarios"), "--shuffle", "--seed", "7"])

    assert code == 0
    assert "passed" in capsys.readouterr().out.splitlines()[-1]


def test_the_command_tells_a_refused_story_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = story(tmp_path, "Mon 09:00 Anna passes e", "at Mon 10:00: {}")

    assert main(["story", str(file)]) == 2
    assert "did you mean 'Ana'?" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["none.yaml"], ["--program", "none"]])
def test_the_command_says_what_it_needs(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["story", *arguments]) == 1
    assert capsys.readouterr().err.startswith("milepost: ")


def test_shuffling_finds_a_merge_by_which_the_last_arrival_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    def take_the_last(self: Register[object], new: Entry[object]) -> None:
        self.entries = [*(entry for entry in self.entries if entry.content != new.content), new]

    monkeypatch.setattr(Register, "_take", take_the_last)
    files = [HERE / "scenarios" / "waitlist_and_excuse.yaml", HERE / "rules" / "moved_session.yaml"]

    outcomes = [run_story(read_story(file), seed) for file in files for seed in range(1, 4)]

    assert not all(outcome.passed for outcome in outcomes)
