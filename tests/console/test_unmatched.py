"""What matches nothing is shown with what mends it."""

from pathlib import Path

import pytest

from milepost.console.pages.unmatched import yaml_line
from milepost.programs.loader import check_program, load_program
from milepost.store.readings.unmatched import UnknownActivity
from tests.console.world import LMS, World, department
from tests.store.builders import statement, submission


def test_what_matches_nothing_comes_with_the_lines_to_mend_it(shared_department: World) -> None:
    asked = shared_department.client()
    page = asked.get("/unmatched").text

    assert "evidence: {source: lms, activity: &#34;https://lms.example.com/mod/page/view.php?id=220&#34;}" in page
    assert "done: passed" in page
    stranger = asked.get("/v1/unmatched").json()["participants"][0]["identity"]["identifier"]
    assert "Kofi Mensah" in asked.get(f"/unmatched/{stranger}").text


@pytest.mark.parametrize(
    ("activity", "step"),
    [
        ("https://moodle.example.org/mod/quiz/view.php?id=40", "quiz-40"),
        ("https://moodle.example.org/mod/scorm/view.php?id=41#sco", "scorm-41"),
        ('urn:"quoted"', "urn-quoted"),
        ("https://مثال", "https"),
        ("https://x.example.com/" + "y" * 90, "y" * 40),
        ("https://x.example.com/\u0645", "example-com"),
    ],
)
def test_the_lines_of_an_unknown_activity_are_a_step_as_they_stand(tmp_path: Path, activity: str, step: str) -> None:
    unknown = UnknownActivity(source="lms", activity=activity, facts=1, people=1, last_at=0, claims=("passed",))
    file = tmp_path / "program.yaml"
    file.write_text(f"program: p\nversion: 1\nsteps:\n{yaml_line(unknown)}\n", encoding="utf-8")

    assert check_program(file) == ()
    assert load_program(file)["steps"][0]["id"] == step


@pytest.mark.parametrize(
    "name", ["Fire drill", 'The "blue" one \\ 2', "تمرين: #1", "a\x7fb", "{n} - [x], &y *z %", "'", "\U0001f680"]
)
def test_the_lines_name_the_step_as_the_source_names_the_activity(tmp_path: Path, name: str) -> None:
    unknown = UnknownActivity(source="lms", activity=f"{LMS}/quiz", name=name, facts=1, people=1, last_at=0)
    file = tmp_path / "program.yaml"
    file.write_text(f"program: p\nversion: 1\nsteps:\n{yaml_line(unknown)}\n", encoding="utf-8")

    assert check_program(file) == ()
    assert load_program(file)["steps"][0]["title"] == name.replace("\x7f", " ")


def test_an_activity_that_nobody_knows_is_shown_by_its_name_in_the_language_of_the_reader(world: World) -> None:
    department(world)
    quiz = f"{LMS}/page/view.php?id=220"
    definition = {"name": {"en": "Ladders", "de": "Leitern"}}
    world.services.acceptance.submit(submission(statement(None, object={"id": quiz, "definition": definition}))).result(
        60
    )

    asked = world.client()
    german = asked.get("/unmatched", headers={"Accept-Language": "de"}).text
    [found] = [each for each in asked.get("/v1/unmatched").json()["activities"] if each["activity"] == quiz]

    assert "Leitern" in german
    assert "title: &#34;Leitern&#34;" in german
    assert found["name"] == "Ladders"
