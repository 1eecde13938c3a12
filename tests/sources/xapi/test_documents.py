"""Who changes a document has seen it, and what is posted is merged one level deep."""

import pytest

from milepost.sources.xapi import StatementRefused
from milepost.sources.xapi.activities import activity_of
from milepost.sources.xapi.actors import person_of
from milepost.sources.xapi.documents import Conditions, Content, merged, obstacle, require_sound

KEPT = Content("application/json", b'{"page":7}')
TAG = KEPT.tag
OTHER = "1" * 40


def test_a_tag_is_the_sha_1_of_what_is_in_it() -> None:
    assert Content("text/plain", b"abc").tag == "a9993e364706816aba3e25717850c26c9cd0d89d"


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "holds", "holds_for_none"),
    [
        (None, None, True, True),
        (f'"{TAG}"', None, True, False),
        (f'"{OTHER}"', None, False, False),
        (f'"{OTHER}", "{TAG}"', None, True, False),
        ("*", None, True, False),
        ("", None, False, False),
        (TAG, None, True, False),  # without its quotes, as some clients send it
        (f'W/"{TAG}"', None, True, False),  # as a proxy makes it that compresses
        (None, "*", False, True),
        (None, f'"{TAG}"', False, True),
        (None, f'"{OTHER}"', True, True),
        (f'"{TAG}"', "*", False, False),
    ],
)
def test_a_condition_names_the_states_in_which_something_may_be_done(
    if_match: str | None, if_none_match: str | None, holds: bool, holds_for_none: bool
) -> None:
    conditions = Conditions(if_match, if_none_match)

    assert (conditions.hold(TAG), conditions.hold(None)) == (holds, holds_for_none)


def test_where_it_must_be_seen_nothing_is_replaced_by_who_does_not_say_that_they_have() -> None:
    unseen, seen = Conditions(), Conditions(if_match=f'"{TAG}"')

    assert obstacle(unseen, KEPT, must_be_seen=True) == "conflict"
    assert obstacle(unseen, None, must_be_seen=True) is None
    assert obstacle(unseen, KEPT, must_be_seen=False) is None
    assert obstacle(seen, KEPT, must_be_seen=True) is None
    assert obstacle(seen, None, must_be_seen=False) == "precondition_failed"


def test_what_is_posted_takes_the_place_of_whole_properties() -> None:
    kept = Content("application/json", b'{"car":{"make":"Ford","model":"Escape"},"driver":"Dale","n":9007199254740993}')
    posted = Content("application/json; charset=utf-8", b'{"car":{"make":"Dodge"},"laps":[1.5]}')

    whole = merged(kept, posted)

    assert whole.body == b'{"car":{"make":"Dodge"},"driver":"Dale","n":9007199254740993,"laps":[1.5]}'


@pytest.mark.parametrize(
    "other",
    [
        Content("application/json", b"[1]"),
        Content("application/json", b'"text"'),
        Content("application/json", b"{"),
        Content("application/json", b"\xff"),
        Content("text/plain", b"{}"),
        Content("application/octet-stream", b""),
    ],
)
def test_only_objects_are_merged(other: Content) -> None:
    with pytest.raises(StatementRefused):
        merged(KEPT, other)
    with pytest.raises(StatementRefused):
        merged(other, KEPT)


def test_what_is_said_to_be_json_must_be_it_and_nothing_else_is_looked_into() -> None:
    require_sound(Content("application/json", b"[1]"))
    require_sound(Content("text/plain", b"{"))

    with pytest.raises(StatementRefused, match="must be JSON"):
        require_sound(Content("Application/JSON; charset=utf-8", b"{"))


def test_an_activity_is_all_that_was_said_of_it_and_the_last_word_counts() -> None:
    first = {"name": {"en": "Lockout"}, "type": "http://a.example/course", "extensions": {"http://a.example/x": 1}}
    last = {"name": {"fr": "Consignation"}, "type": "http://a.example/module"}

    assert activity_of("http://a.example/1", [first, last]) == {
        "objectType": "Activity",
        "id": "http://a.example/1",
        "definition": {
            "name": {"en": "Lockout", "fr": "Consignation"},
            "type": "http://a.example/module",
            "extensions": {"http://a.example/x": 1},
        },
    }
    assert activity_of("http://a.example/1", []) == {"objectType": "Activity", "id": "http://a.example/1"}


def test_an_interaction_is_one_of_a_kind() -> None:
    choice = {"interactionType": "choice", "choices": [{"id": "a"}], "correctResponsesPattern": ["a"]}

    whole = activity_of("http://a.example/1", [choice, {"interactionType": "numeric"}])

    assert whole["definition"] == {"interactionType": "numeric"}


def test_a_person_is_what_the_agent_says_each_in_a_list() -> None:
    account = {"homePage": "https://lms.example.net", "name": "41"}

    assert person_of({"objectType": "Agent", "name": "Ana", "account": account}) == {
        "objectType": "Person",
        "name": ["Ana"],
        "account": [account],
    }
