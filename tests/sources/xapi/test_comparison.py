"""When two statements say the same, and when they do not."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.sources.xapi import decode, equal, fingerprint, finish
from tests.sources.xapi.examples import (
    ANA,
    BEN,
    ID,
    LESSON,
    OTHER_ID,
    attachment,
    everything,
    group,
    statement,
    sub_statement,
)

NOON = "2027-05-01T12:00:00Z"


def in_context(**properties: Any) -> dict[str, Any]:
    return statement(context=properties)


SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an id that one lacks": (statement(id=ID), statement()),
    "an id in capitals": (statement(id=ID), statement(id=ID.upper())),
    "a version that one lacks": (statement(version="1.0.0"), statement()),
    "version 1.0": (statement(version="1.0.0"), statement(version="1.0")),
    "a timestamp that one lacks": (statement(timestamp=NOON), statement()),
    "the same moment elsewhere": (statement(timestamp=NOON), statement(timestamp="2027-05-01T14:00:00.000+02:00")),
    "a moment cut off": (
        statement(timestamp="2027-05-01T12:00:00.1239Z"),
        statement(timestamp="2027-05-01T12:00:00.123Z"),
    ),
    "when they were stored": (statement(stored=NOON), statement(stored="2028-01-01T00:00:00Z")),
    "who said it": (statement(authority=ANA), statement(authority=BEN)),
    "attachments": (statement(attachments=[attachment()]), statement()),
    "how the verb is displayed": (
        statement(verb={"id": "urn:v", "display": {"en": "did"}}),
        statement(verb={"id": "urn:v"}),
    ),
    "how the activity is defined": (statement(object={**LESSON, "definition": {"name": {"en": "A"}}}), statement()),
    "how a context activity is defined": (
        in_context(contextActivities={"parent": [{**LESSON, "definition": {}}]}),
        in_context(contextActivities={"parent": [LESSON]}),
    ),
    "a context activity alone": (
        in_context(contextActivities={"parent": LESSON}),
        in_context(contextActivities={"parent": [LESSON]}),
    ),
    "the order of members": (statement(actor=group(ANA, BEN)), statement(actor=group(BEN, ANA))),
    "the order of a team": (in_context(team=group(ANA, BEN)), in_context(team=group(BEN, ANA))),
    "the order of instructors": (in_context(instructor=group(ANA, BEN)), in_context(instructor=group(BEN, ANA))),
    "the order of a group that is the object": (statement(object=group(ANA, BEN)), statement(object=group(BEN, ANA))),
    "the domain in capitals": (
        statement(actor={"mbox": "mailto:Ana@Clinic.EXAMPLE"}),
        statement(actor={"mbox": "mailto:Ana@clinic.example"}),
    ),
    "a whole number with a point": (
        statement(result={"score": {"raw": 1}, "extensions": {"urn:e": [1]}}),
        statement(result={"score": {"raw": 1.0}, "extensions": {"urn:e": [1.0]}}),
    ),
    "a registration in capitals": (in_context(registration=ID), in_context(registration=ID.upper())),
    "a reference in capitals": (
        statement(object={"objectType": "StatementRef", "id": ID}),
        statement(object={"objectType": "StatementRef", "id": ID.upper()}),
    ),
    "the same inside another": (
        statement(object=sub_statement(timestamp=NOON, attachments=[], verb={"id": "urn:v", "display": {}})),
        statement(object=sub_statement(timestamp="2027-05-01T13:00:00+01:00", verb={"id": "urn:v"})),
    ),
}

DIFFERENT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "another id": (statement(id=ID), statement(id=OTHER_ID)),
    "another version": (statement(version="1.0.0"), statement(version="1.0.1")),
    "a millisecond later": (statement(timestamp=NOON), statement(timestamp="2027-05-01T12:00:00.001Z")),
    "another verb": (statement(verb={"id": "urn:v"}), statement(verb={"id": "urn:V"})),
    "another actor": (statement(actor=ANA), statement(actor=BEN)),
    "another name": (statement(actor={**BEN, "name": "Ben"}), statement(actor=BEN)),
    "another local part": (
        statement(actor={"mbox": "mailto:ana@x.example"}),
        statement(actor={"mbox": "mailto:Ana@x.example"}),
    ),
    "another activity": (statement(object={"id": "urn:a"}), statement(object={"id": "urn:A"})),
    "an objectType that one lacks": (statement(object={"objectType": "Activity", **LESSON}), statement()),
    "one member more": (statement(actor=group(ANA, BEN)), statement(actor=group(ANA, BEN, BEN))),
    "a duration written differently": (statement(result={"duration": "PT60S"}), statement(result={"duration": "PT1M"})),
    "another response": (statement(result={"response": "a"}), statement(result={"response": "A"})),
    "success": (statement(result={"success": True}), statement(result={"success": False})),
    "true for one": (statement(result={"extensions": {"urn:e": True}}), statement(result={"extensions": {"urn:e": 1}})),
    "a number for its text": (
        statement(result={"extensions": {"urn:e": "1"}}),
        statement(result={"extensions": {"urn:e": 1}}),
    ),
    "nearly the same large number": (
        statement(result={"extensions": {"urn:e": 2**53 + 1}}),
        statement(result={"extensions": {"urn:e": float(2**53)}}),
    ),
    "a null for nothing": (statement(result={"extensions": {"urn:e": None}}), statement(result={"extensions": {}})),
    "the order in an array of extensions": (
        statement(result={"extensions": {"urn:e": [1, 2]}}),
        statement(result={"extensions": {"urn:e": [2, 1]}}),
    ),
    "an empty result": (statement(result={}), statement()),
    "another kind of context": (
        in_context(contextActivities={"parent": [LESSON]}),
        in_context(contextActivities={"other": [LESSON]}),
    ),
    "another language": (in_context(language="en"), in_context(language="de")),
    "another platform": (in_context(platform="a"), in_context(platform="b")),
    "another reference": (
        in_context(statement={"objectType": "StatementRef", "id": ID}),
        in_context(statement={"objectType": "StatementRef", "id": OTHER_ID}),
    ),
    "a timestamp that the one inside lacks": (
        statement(object=sub_statement(timestamp=NOON)),
        statement(object=sub_statement()),
    ),
    "another verb inside": (statement(object=sub_statement()), statement(object=sub_statement(verb={"id": "urn:v"}))),
    "another account": (statement(actor=BEN), statement(actor={"account": {**BEN["account"], "name": "43"}})),
    "another score": (statement(result={"score": {"scaled": 0.5}}), statement(result={"score": {"scaled": 0.25}})),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_what_does_not_count_makes_no_difference(one: dict[str, Any], other: dict[str, Any]) -> None:
    before = copy.deepcopy((one, other))

    assert equal(one, other)
    assert equal(other, one)
    assert (one, other) == before


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_counts_makes_a_difference(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert not equal(one, other)
    assert not equal(other, one)


def test_a_statement_equals_what_is_kept_of_it() -> None:
    for came in (statement(), everything(), statement(context={"contextActivities": {"parent": LESSON}})):
        kept = finish(came, id=ID, stored_at=1_800_000_000_000, authority=BEN)

        assert equal(kept, came)
        assert equal(came, kept)


def test_the_same_under_another_id_has_the_same_fingerprint() -> None:
    one = statement(id=ID, version="1.0.0", timestamp=NOON, actor=group(ANA, BEN))
    other = statement(id=OTHER_ID, timestamp="2027-05-01T12:00:00.000+00:00", actor=group(BEN, ANA), stored=NOON)

    assert fingerprint(one) == fingerprint(other)
    assert len(fingerprint(one)) == 64


def test_another_meaning_or_moment_has_another_fingerprint() -> None:
    different = [statement(), statement(timestamp=NOON), statement(actor=BEN), statement(result={"completion": True})]

    assert len({fingerprint(each) for each in different}) == len(different)


small = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, 0.5]) | st.sampled_from(["", "a", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
members = st.permutations([ANA, BEN, {"mbox_sha1sum": "ab" * 20}])
statements = st.builds(
    lambda extension, people, more: statement(
        actor=group(*people), result={"extensions": {"urn:e": extension}}, context={"team": group(*people)}, **more
    ),
    small,
    members,
    st.fixed_dictionaries(
        {},
        optional={
            "id": st.sampled_from([ID, ID.upper(), OTHER_ID]),
            "timestamp": st.sampled_from([NOON, "2027-05-01T14:00:00+02:00", "2027-05-01T12:00:01Z"]),
            "version": st.sampled_from(["1.0", "1.0.0", "1.0.1"]),
            "stored": st.just(NOON),
        },
    ),
)


@given(statements, statements)
def test_equality_goes_both_ways_and_everything_equals_itself(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert equal(one, copy.deepcopy(one))
    assert equal(one, other) is equal(other, one)


@given(statements)
def test_a_statement_equals_itself_after_a_journey_as_json(one: dict[str, Any]) -> None:
    assert equal(one, decode(json.dumps(one, sort_keys=True, indent=1).encode()))


@given(small, small)
def test_extensions_are_the_same_exactly_when_their_json_is(one: Any, other: Any) -> None:
    def typed(value: Any) -> Any:
        match value:
            case bool() | None | str():
                return (type(value), value)
            case int() | float():
                return ("number", value)
            case list():
                return [typed(item) for item in value]
            case _:
                return {key: typed(item) for key, item in value.items()}

    same = equal(statement(result={"extensions": {"urn:e": one}}), statement(result={"extensions": {"urn:e": other}}))

    assert same is (typed(one) == typed(other))


@given(statements, statements)
def test_equal_statements_with_the_same_moment_have_one_fingerprint(one: dict[str, Any], other: dict[str, Any]) -> None:
    if equal(one, other) and ("timestamp" in one) is ("timestamp" in other):
        assert fingerprint(one) == fingerprint(other)
