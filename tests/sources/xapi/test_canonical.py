"""One language of each text, as a reader wants it."""

from time import process_time

import pytest

from milepost.sources.xapi.canonical import in_one_language, preferred_languages
from tests.sources.xapi.examples import LESSON, about, statement, sub_statement

TEXTS = {"en-US": "color", "en-GB": "colour", "de": "Farbe"}


def chosen(header: str) -> str:
    """Return the language in which a reader gets a text that is there in three."""
    (language,) = in_one_language(about(name=TEXTS), preferred_languages(header))["object"]["definition"]["name"]
    return str(language)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en-GB", "en-GB"),
        ("EN-gb", "en-GB"),
        ("de-CH, en;q=0.9", "de"),
        ("fr, en-GB ; q=0.5, de;q=0.8", "de"),
        ("de;q=0, en-GB;q=0.1", "en-GB"),
        ("en", "en-US"),
        ("en-AU", "en-US"),
        ("d", "en-US"),
        ("fr", "en-US"),
        ("*", "en-US"),
        ("", "en-US"),
        ("de;q=2, ;;,en-GB", "en-GB"),
        ("fr," * 19 + "de", "de"),
        ("fr," * 20 + "de", "en-US"),
    ],
)
def test_the_first_language_that_suits_is_given_and_else_the_first_that_is_there(header: str, language: str) -> None:
    assert chosen(header) == language


def test_every_text_of_verbs_and_activities_is_given_in_one_language() -> None:
    choices = [{"id": "a", "description": TEXTS}, {"id": "b"}]
    activity = {
        **LESSON,
        "definition": {"name": TEXTS, "description": TEXTS, "interactionType": "choice", "choices": choices},
    }
    verb = {"id": "https://verbs.example/finished", "display": TEXTS}
    told = statement(
        verb=verb,
        object=sub_statement(verb=verb, object=activity),
        context={"language": "en", "contextActivities": {"parent": [activity, LESSON]}},
    )

    given = in_one_language(told, ("de",))

    one = {"de": "Farbe"}
    in_german = {
        **LESSON,
        "definition": {
            "name": one,
            "description": one,
            "interactionType": "choice",
            "choices": [{"id": "a", "description": one}, {"id": "b"}],
        },
    }
    assert given["verb"]["display"] == given["object"]["verb"]["display"] == one
    assert given["object"]["object"] == in_german
    assert given["context"] == {"language": "en", "contextActivities": {"parent": [in_german, LESSON]}}
    assert given["actor"] == told["actor"]


def test_what_says_nothing_in_any_language_stays_as_it_is() -> None:
    told = statement(context={"platform": "A player"}, object={**LESSON, "definition": {"name": {}}})

    assert in_one_language(told, ("de",)) == told


def test_of_many_languages_one_is_found_in_no_time() -> None:
    said = {f"x-{number:x}": "" for number in range(50_000)}
    wanted = preferred_languages(",".join(f"{chr(97 + number)}{'-b' * 19}" for number in range(20)))
    began = process_time()

    found = in_one_language({"verb": {"id": "https://example.org/v", "display": {**said, "de-CH": "getan"}}}, wanted)

    assert found["verb"]["display"] == {"x-0": ""}
    assert process_time() - began < 1
