"""The quick way to sound statements and the exact one: the same statements, or the same sentence."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.sources.xapi import StatementRefused, Version, read_statements, recognizing
from milepost.sources.xapi.decoding import DEEPEST
from milepost.sources.xapi.reading import _read_exactly, _refuse_an_id_twice
from milepost.sources.xapi.recognizing import LARGEST, recognize
from milepost.sources.xapi.statement import PARTS
from tests.sources.xapi.examples import ANA, BEN, ID, OTHER_ID, about, everything, group, statement
from tests.sources.xapi.test_decoding import REFUSED as NO_JSON
from tests.sources.xapi.test_validation import REFUSED, SOUND, places

VERSIONS: tuple[Version, ...] = ("1.0.3", "2.0.0")
INVOLVED = [{"objectType": "contextAgent", "agent": ANA, "relevantTypes": ["https://types.example/mentor"]}]
SEEDS = [
    *SOUND.values(),
    statement(id=ID, timestamp="2027-02-28T23:59:59.123+01:00", context={"contextAgents": INVOLVED}),
    statement(id=OTHER_ID, actor=BEN, context={"platform": "Klinik-LMS \u8a08", "registration": ID}),
    [statement(id=ID), statement(id=OTHER_ID, actor=group(ANA, BEN)), everything()],
]
STRANGE = [None, True, 1, 1.0, -0.0, 10**19, "", "x", '"', "\0", "\u8a08", [], {}, [None], {"id": 1}, ID, ANA]
SPLICED = [b'"', b"\\", b"\\u0022", b"\\u0000", b"{", b"}", b"[", b",", b":", b" ", b"1", b"\xff", b"null", b'"id":1,']


def outcome(body: bytes, version: Version) -> str:
    """Return the statements as JSON with their keys in order, or the sentence of the refusal."""
    try:
        return json.dumps(read_statements(body, version))
    except StatementRefused as refused:
        return str(refused)


def exactly(body: bytes, version: Version) -> str:
    """Return what the exact way alone gives."""
    try:
        received = _read_exactly(body, version)
        _refuse_an_id_twice(received)
        return json.dumps(received)
    except StatementRefused as refused:
        return str(refused)


def written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """Return statements in which something is put in place of something else, left out, or said in another case."""
    value: Any = deepcopy(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 2))):
        [*way, last] = draw(st.sampled_from([place for place in places(value) if place] or [(0,)]))
        holder = value
        for key in way:
            holder = holder[key]
        match draw(st.sampled_from(["replaced", "gone", "another case", "one more"])):
            case "replaced":
                holder[last] = deepcopy(draw(st.sampled_from(STRANGE)))  # what comes next may change it
            case "gone":
                del holder[last]
            case "another case" if isinstance(last, str):
                holder[last.upper()] = holder.pop(last)
            case _ if isinstance(holder, dict):
                holder[draw(st.sampled_from(["id", "stored", "context", "platform", "extra"]))] = "2027-01-01T00:00:00Z"
    return written(value)


@st.composite
def spliced(draw: st.DrawFn) -> bytes:
    """Return statements whose octets were tampered with: cut, doubled, with something in between."""
    body = draw(changed())
    begin = draw(st.integers(0, len(body)))
    end = draw(st.integers(begin, min(len(body), begin + 40)))
    return body[:begin] + draw(st.sampled_from([b"", body[begin:end] * 2, *SPLICED])) + body[end:]


@given(st.one_of(changed(), spliced()), st.sampled_from(VERSIONS))
def test_both_ways_give_the_same_statements_or_the_same_sentence(body: bytes, version: Version) -> None:
    expected = exactly(body, version)

    assert outcome(body, version) == expected
    assert outcome(body, version) == expected  # now its parts are known


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("body", [body for body, _ in NO_JSON.values()], ids=NO_JSON.keys())
def test_what_is_no_json_is_not_recognized(body: bytes, version: Version) -> None:
    inside = written(statement(object="?")).replace(b'"?"', body)

    for each in (body, inside, b"[" + inside + b"]"):
        assert recognize(each, version) is None
        assert outcome(each, version) == exactly(each, version)


@pytest.mark.parametrize("value", [value for value, _, _ in REFUSED.values()], ids=REFUSED.keys())
def test_what_breaks_a_rule_is_not_recognized(value: Any) -> None:
    body = written([statement(), value])

    assert recognize(body, "1.0.3") is None
    assert outcome(body, "1.0.3") == exactly(body, "1.0.3")


@pytest.mark.parametrize("value", SOUND.values(), ids=SOUND.keys())
def test_what_is_sound_is_recognized_alone_and_in_a_batch(value: dict[str, Any]) -> None:
    for version in VERSIONS:
        for _ in range(2):
            assert recognize(written(value), version) == [value]
            assert recognize(written([value, value]), version) == [value, value]


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"%s","id":"%s",' % (ID.encode(), ID.encode()),
        b'{"context":{"platform":"a","platform":"b"},',
        rb'{"context":{"platform":"\u0022\u0022\u0022\u0022","platform":"b"},',
        b'{"context":{"platform":"a"},"context":{"platform":"a"},',
        b'{"actor":1,',
    ],
    ids=["an id", "a property of a context", "quotes that make up for it", "a context", "an actor"],
)
def test_a_property_that_is_given_twice_is_refused(body: bytes) -> None:
    whole = body + written(statement())[1:]

    assert "only once" in outcome(whole, "1.0.3")
    assert "only once" in outcome(b"[" + whole + b"]", "1.0.3")


def test_a_part_may_nest_as_deep_as_the_whole_allows() -> None:
    for depth in range(DEEPEST - 10, DEEPEST + 2):
        value: Any = 1
        for _ in range(depth):
            value = [value]
        body = written(about(extensions={"https://ext.example/deep": value}))

        assert outcome(body, "1.0.3") == exactly(body, "1.0.3")


def test_a_body_too_long_to_be_read_quickly_is_read_all_the_same() -> None:
    many = [statement(object={"id": "https://lms.example/" + "x" * 100_000}) for _ in range(11)]
    body = written(many)

    assert len(body) > LARGEST
    assert recognize(body, "1.0.3") is None
    assert read_statements(body) == many


def test_what_is_kept_of_parts_has_an_end() -> None:
    kept = recognizing._Kept(PARTS["1.0.3"]["actor"])
    some = [written({"openid": f"https://people.example/{number}"}) for number in range(recognizing.ROOM // 20)]

    for each in some:
        assert kept[each][0]["openid"].startswith("https://people.example/")

    assert sum(len(each) for each in kept) <= recognizing.ROOM
    assert len(kept) < len(some)


def test_a_part_that_is_too_long_is_not_kept() -> None:
    kept = recognizing._Kept(PARTS["1.0.3"]["actor"])
    long = written({"openid": "https://people.example/" + "x" * recognizing.LONGEST_KEPT})

    assert kept[long][1] == 4
    assert not kept
