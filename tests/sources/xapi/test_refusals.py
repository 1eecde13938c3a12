"""What a sender is told: where, which rule, and a short and harmless picture of what it sent."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.sources.xapi import StatementRefused, validate
from milepost.sources.xapi.checks import Property, record
from milepost.sources.xapi.refusal import LONGEST, NOTHING, shown
from tests.sources.xapi.examples import everything, statement


@pytest.mark.parametrize(
    ("value", "picture"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (-0.5, "-0.5"),
        (1 << 70, "an integer beyond 64 bits"),
        ("", '""'),
        ('a "b"\n\u2028\x1b[31m', '"a \\"b\\"\\n\\u2028\\u001b[31m"'),
        ({}, "an empty object"),
        ({"a": 1, "b": 2}, 'an object with "a", "b"'),
        (dict.fromkeys("abcdefg", 1), 'an object with "a", "b", "c", "d", "e", ...'),
        ({1: 1}, "an object with 1"),
        ([], "an empty array"),
        ([1, 2], "an array of 2"),
        (b"x", "'bytes'"),
    ],
)
def test_a_value_is_shown_short(value: Any, picture: str) -> None:
    assert shown(value) == picture


def test_a_number_too_long_to_be_written_is_shown_all_the_same() -> None:
    assert shown(-(10**5000)) == "an integer beyond 64 bits"


def test_a_long_text_is_cut() -> None:
    assert shown("x" * 1000) == '"' + "x" * 76 + "..."
    assert shown("\u2028" * 1000).endswith("...")
    assert shown({"k" * 1000: 1}).endswith("...")


texts = st.text() | st.text(min_size=60, max_size=300)


@given(
    st.recursive(
        texts | st.integers() | st.floats() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(texts, inner)
    )
)
def test_whatever_came_is_shown_in_at_most_eighty_printable_characters(value: Any) -> None:
    picture = shown(value)

    assert len(picture) <= LONGEST
    assert picture.isascii()
    assert picture.isprintable()


@given(texts)
def test_a_path_is_printable_whatever_the_key(key: str) -> None:
    with pytest.raises(StatementRefused) as refused:
        validate(statement(result={"extensions": {key + " ": 1}}))

    assert refused.value.path.startswith("result.extensions[")
    assert refused.value.path.isascii()
    assert refused.value.path.isprintable()
    assert len(refused.value.path) <= 100


def test_a_refusal_is_one_sentence_for_the_sender() -> None:
    refusal = (
        StatementRefused("must be a number (Data 2.4.5.1)", "ten")
        .inside("raw")
        .inside("score")
        .inside(3)
        .under("batch")
    )

    assert str(refusal) == 'batch[3].score.raw: must be a number (Data 2.4.5.1); found "ten"'
    assert str(StatementRefused("must be there", NOTHING)) == "statement: must be there; found nothing"
    assert StatementRefused("must be there", NOTHING).under("").path == ""


def test_a_fault_in_a_test_is_no_refusal() -> None:
    def faulty(value: str) -> object:
        return dict[str, str]()[value]

    described = record("must be an object", {"name": Property((str,), faulty, "must be a name")})

    with pytest.raises(KeyError):
        described.test({"name": "x"})  # type: ignore[misc]


odd: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        -1,
        1.5,
        "",
        "a",
        "1",
        "en",
        "Agent",
        "Group",
        "SubStatement",
        "StatementRef",
        [],
        {},
        [{}],
        [None],
    ]
) | st.recursive(st.none() | st.text(max_size=5) | st.integers(), lambda inner: st.lists(inner, max_size=2))


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(found for key, item in inner for found in places(item, (*place, key)))]


@st.composite
def mutations(draw: st.DrawFn) -> Any:
    """Return a statement of which a few parts were replaced, taken out, renamed or put elsewhere."""
    whole: Any = {"statement": everything()}
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from([place for place in places(whole) if place]))
        holder = whole
        for key in place[:-1]:
            holder = holder[key]
        match draw(st.sampled_from(["replace", "remove", "rename", "move"])):
            case "replace":
                holder[place[-1]] = deepcopy(draw(odd))  # what comes next may change it
            case "remove" if len(place) > 1:
                del holder[place[-1]]
            case "rename" if isinstance(holder, dict) and len(place) > 1:
                holder[draw(st.text(max_size=8))] = holder.pop(place[-1])
            case "move":
                other = whole
                for key in draw(st.sampled_from(places(whole))):
                    other = other[key]
                holder[place[-1]] = deepcopy(other)
            case _:
                pass
    return whole["statement"]


def refusal_or_none(value: Any) -> StatementRefused | None:
    try:
        validate(value)
    except StatementRefused as refusal:
        return refusal
    return None


@given(mutations())
def test_no_change_to_a_statement_leads_to_anything_but_a_sound_one_or_a_refusal(value: Any) -> None:
    before = json.dumps(value)

    refusal = refusal_or_none(value)

    if refusal is not None:
        assert "(Data " in refusal.rule
        assert len(refusal.found) <= LONGEST
    assert json.dumps(value) == before


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_json_at_all_leads_to_anything_but_a_refusal(value: Any) -> None:
    with pytest.raises(StatementRefused):
        validate(value)
