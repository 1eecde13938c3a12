"""The logs of a site's processes, and what of them goes to the terminal."""

import json
from pathlib import Path

from milepost.runtimes.site.journals import MOST_AT_ONCE, Journal


def line(level: str, said: str) -> str:
    return json.dumps({"event": said, "level": level}) + "\n"


def append(log: Path, *lines: str) -> None:
    with log.open("a") as file:
        file.writelines(lines)


def test_warnings_and_what_is_no_line_of_ours_are_shown_once(tmp_path: Path) -> None:
    log = tmp_path / "worker-1.log"
    append(log, line("error", "of yesterday"))
    journal = Journal(log)

    append(log, line("info", "an ordinary thing"), line("warning", "look here"), "Traceback (most recent call last):\n")

    assert [*journal.fresh()] == [line("warning", "look here").strip(), "Traceback (most recent call last):"]
    assert not journal.fresh()


def test_a_line_is_shown_when_it_is_complete(tmp_path: Path) -> None:
    log = tmp_path / "worker-1.log"
    journal = Journal(log)

    append(log, "half a ")
    before = journal.fresh()
    append(log, "sentence\n")

    assert not before
    assert journal.fresh() == ["half a sentence"]


def test_a_log_that_was_put_aside_is_followed_from_its_new_beginning(tmp_path: Path) -> None:
    log = tmp_path / "worker-1.log"
    append(log, line("info", "so much that a new log was begun"))
    journal = Journal(log)

    log.replace(tmp_path / "worker-1.log.1")
    append(log, "new\n")

    assert journal.fresh() == ["new"]


def test_of_very_many_lines_some_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "worker-1.log"
    journal = Journal(log)

    append(log, *(f"line {number}\n" for number in range(100)))

    shown = journal.fresh()
    assert len(shown) == MOST_AT_ONCE + 1
    assert "100" in shown[-1]
