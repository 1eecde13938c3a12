"""What an activity is called, by a statement that names it."""

import pytest

from milepost.sources.xapi.naming import name_in

QUIZ = "https://lms.example.com/mod/quiz/view.php?id=4"
LESSON = "https://lms.example.com/lesson"
NAMED = {"id": QUIZ, "definition": {"name": {"en": "Fire drill", "de": "Brandschutz"}}}


def test_the_activity_is_called_what_the_statement_calls_its_object_in_the_language_that_is_preferred() -> None:
    said = {"object": NAMED}

    assert name_in(said, QUIZ, ["de"]) == "Brandschutz"
    assert name_in(said, QUIZ, ["fr"]) == "Fire drill"


def test_an_activity_above_the_object_is_called_what_the_context_calls_it() -> None:
    said = {"object": {"id": LESSON}, "context": {"contextActivities": {"parent": [NAMED]}}}

    assert name_in(said, QUIZ, []) == "Fire drill"


@pytest.mark.parametrize(
    "thing", [{"id": QUIZ}, {"id": QUIZ, "definition": {}}, {"id": QUIZ, "definition": {"name": {}}}]
)
def test_what_is_not_named_or_is_something_else_has_no_name(thing: dict[str, object]) -> None:
    assert name_in({"object": thing}, QUIZ, ["de"]) is None
    assert name_in({"object": NAMED}, LESSON, ["de"]) is None
