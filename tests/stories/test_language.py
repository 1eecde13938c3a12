"""What a story file may say, and what its author is told where it says something else."""

from datetime import date
from pathlib import Path

import pytest

from milepost.stories import StoryRefused, read_story
from milepost.stories.moments import Almanac
from milepost.stories.reading import StoryReader
from milepost.stories.sentences import FORMS, MODIFIERS
from milepost_schemas.instants import to_text
from milepost_schemas.program_lines import Unreadable

HERE = Path(__file__).parent
HEAD = """\
title: A story
program: programs/flipped.yaml
begins: 2026-09-04
people: Ana, Ben
offerings: |
  S: L, Mon 7 Sep 10:00, 60 min, zoom
story: |
"""


def refusals(*lines: str, head: str = HEAD) -> list[str]:
    """Return what is wrong with a story of these lines; the first of them is line 8."""
    text = head + "".join(f"  {line}\n" for line in lines)
    with pytest.raises(StoryRefused) as refused:
        StoryReader(text, "a.yaml", HERE).read()
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Mon 09:00 Anna passes e", "no person 'Anna'; did you mean 'Ana'?"),
        ("Mon 09:00 Ana passes f", "no step 'f'; possible: e, L"),
        ("Mon 09:00 Ana passes L", "nobody reports 'L' as an activity; it is attended"),
        ("Mon 09:00 Ana books T", "no offering 'T'; possible: S"),
        ("Mon 09:00 Ana dances", "is no sentence of a story; see docs/stories.md"),
        ("Mon 09:00 Ana is excused of S", "did you mean `PEOPLE is|are excused from SESSION`"),
        ("Mon 9 09:00 Ana enrolls", "no day fits 'Mon 9 09:00'"),
        ("Mon 25:00 Ana enrolls", "'Mon 25:00' is no time of day"),
        ("Mom 09:00 Ana enrolls", "'Mom' is no day of the week; did you mean 'Mon'?"),
        ("Ana enrolls", "begins with no moment"),
        ("Mon 09:00 Ana enrolls (late)", "(late) says nothing known; possible: (arrives MOMENT)"),
        ("Mon 09:00 Ana enrolls (arrives Mon 08:00)", "it arrives before it happens"),
        ("Mon 09:00 Ana books S (again)", "'Ana books S' was not said before"),
        ("Mon 09:00 moodle voids x", "no source 'moodle'"),
        ("Mon 09:00 sheet of S: present Ana", "S has no channel that is reported by a sheet; it has: remote"),
        ("at Mon 12:00: {no_shows(Ana)}", "unknown gap type 'no_shows'; did you mean 'no_show'?"),
        ("at Mon 12:00: {no_show(Cid)}", "nobody and nothing is named 'Cid'"),
        ("at Mon 12:00: {no_show!(Ana)}", "its severity never rises by itself"),
        ("at Mon 12:00: {source_silent(lms)}", "source_silent is not among the `rules:` of this story"),
        ("at Mon 12:00: {no_show(Ana) soon}", "'soon' says nothing of a gap; possible: (m), since MOMENT"),
        ("at Mon 12:00: nothing", "'nothing' is no set of gaps; write {} for none"),
        ("tracker stands still from Tue 12:00 to Tue 11:00", "it ends before it begins"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused_with_what_is_possible(line: str, said: str) -> None:
    found = refusals(line, "at Fri 18 12:00: {}")

    assert len(found) == 1
    assert found[0].startswith("a.yaml:8: ")
    assert said in found[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("  Ana: e finished", "e can not be 'finished'; possible: done, due, late"),
        ("  Ana: x done", "nothing is named 'x'"),
        ("  Cid: e done", "no person 'Cid'"),
        ("  told: closed no_show(Ana)", "was never told"),
        ("  nonsense", "'nonsense' says nothing"),
        ("at Mon 11:00: {}", "is not after the check above it"),
        ("Mon 11:00 Ana enrolls", "is not after the check in line 8 (Mon 7 Sep 12:00); move it up"),
    ],
)
def test_a_line_under_a_check_is_refused_with_what_is_possible(line: str, said: str) -> None:
    found = refusals("at Mon 12:00: {}", line)

    assert len(found) == 1
    assert found[0].startswith("a.yaml:9: ")
    assert said in found[0]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("program", "programs/none.yaml", "no program 'programs/none.yaml'; name a file, or possible: lockout-tagout"),
        ("begins", "soon", "'soon' is no date"),
        ("people", "", "`people` is missing"),
        ("zone", "Berlin", "unknown zone 'Berlin'"),
        ("rules", "[lerner]", "unknown gap type 'lerner'; did you mean 'learner'?"),
        ("sources", "{lms: moodle often}", "'moodle often' is no kind of source"),
        ("sources", '{lms: "moodle, rythm 4 h"}', "did you mean 'rhythm'?"),
        ("titel", "x", "unknown key 'titel'; did you mean 'title'?"),
    ],
)
def test_a_head_that_cannot_be_meant_is_refused(key: str, value: str, said: str) -> None:
    lines = [line for line in HEAD.splitlines() if not line.startswith(f"{key}:")]
    head = "\n".join([f"{key}: {value}", *lines]) + "\n"

    found = refusals("at Mon 12:00: {}", head=head)

    assert any(said in problem for problem in found), found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("S L Mon 10:00", "is no offering"),
        ("T: e, Mon 7 10:00", "no live step 'e'; possible: L"),
        ("T: L, 60 min", "T has no date"),
        ("T: L, Mon 7 10:00, teams", "L has no channel 'teams'; possible: room, remote, sheet, zoom"),
        ("S: L, Mon 7 10:00", "there is an offering 'S' already"),
    ],
)
def test_an_offering_that_cannot_be_meant_is_refused(line: str, said: str) -> None:
    head = HEAD.replace("story: |\n", f"  {line}\nstory: |\n")

    found = refusals("at Mon 12:00: {}", head=head)

    assert len(found) == 1
    assert found[0].startswith("a.yaml:7: ")
    assert said in found[0]


def test_what_is_indented_belongs_to_a_check() -> None:
    found = refusals("Mon 09:00 Ana enrolls", "  Ana: e done", "at Mon 12:00: {}")

    assert found == ["a.yaml:9: 'Ana: e done' is indented, and no check is above it; begin at the margin"]


def test_a_file_that_is_no_yaml_is_refused_by_the_line_where_that_begins() -> None:
    found = refusals("at Mon 12:00: {}", head=HEAD.replace("A story", "A story: the second"))

    assert len(found) == 1
    assert found[0].startswith("a.yaml:1: no YAML: ")


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = refusals("Mon 09:00 Anna passes e", "Mon 10:00 Ana books T", "at Mon 12:00: {no_shows(Ana)}")

    assert [problem.split(":")[1] for problem in found] == ["8", "9", "10"]


def test_a_story_that_checks_nothing_is_refused() -> None:
    assert "checks nothing" in refusals("Mon 09:00 Ana enrolls")[0]


def test_what_is_wrong_with_a_program_inside_a_story_is_said_with_the_lines_of_the_story() -> None:
    program = "program:\n  program: x\n  version: 1\n  steps:\n    - {id: e, stage: before, done: passed}\n"
    head = HEAD.replace("program: programs/flipped.yaml\n", program)

    found = refusals("at Mon 12:00: {}", head=head)

    assert found
    assert all(problem.startswith("a.yaml:6: ") for problem in found)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("10:00", "2026-09-04T10:00:00.000Z"),
        ("Mon 10:01", "2026-09-07T10:01:00.000Z"),
        ("Fri 10:00", "2026-09-04T10:00:00.000Z"),
        ("Fri 11 10:00", "2026-09-11T10:00:00.000Z"),
        ("2 Nov 09:00:30", "2026-11-02T09:00:30.000Z"),
        ("Monday 2 November 2026 09:00", "2026-11-02T09:00:00.000Z"),
    ],
)
def test_a_moment_is_the_next_day_that_fits(text: str, instant: str) -> None:
    almanac = Almanac(date_of("2026-09-04"), "UTC")

    assert to_text(almanac.read(text)) == instant


def test_since_looks_back() -> None:
    almanac = Almanac(date_of("2026-09-10"), "UTC")

    assert to_text(almanac.earlier("Wed 18:00")) == "2026-09-09T18:00:00.000Z"


def test_a_day_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Unreadable):
        Almanac(date_of("2026-09-04"), "UTC").read("Fri 5 10:00")


def test_the_page_about_stories_shows_every_sentence() -> None:
    page = (HERE.parents[1] / "docs" / "stories.md").read_text(encoding="utf-8")

    assert [form.pattern for form in FORMS if f"`{form.pattern.replace('|', chr(92) + '|')}`" not in page] == []
    assert [modifier for modifier in MODIFIERS if f"`({modifier})`" not in page] == []


def test_the_example_on_the_page_about_stories_is_true(tmp_path: Path) -> None:
    from milepost.stories import run_story

    page = (HERE.parents[1] / "docs" / "stories.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n", 1)[1].split("```", 1)[0]
    (tmp_path / "example.yaml").write_text(example, encoding="utf-8")

    assert run_story(read_story(tmp_path / "example.yaml")).passed


def date_of(text: str) -> date:
    return date.fromisoformat(text)
