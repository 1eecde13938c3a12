"""From bytes to JSON: what is read, and what is refused with a sentence rather than an accident."""

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from milepost.sources.xapi import StatementRefused, decode, read_statements
from milepost.sources.xapi.decoding import DEEPEST, LARGEST, MOST_VALUES, SMALLEST, _decode_exactly, _decode_quickly
from tests.sources.xapi.examples import ID, OTHER_ID, everything, statement


def nested(depth: int, inner: str = "1") -> bytes:
    return ('{"a":[' * (depth // 2) + ("[" * (depth % 2)) + inner + ("]" * (depth % 2)) + "]}" * (depth // 2)).encode()


READ: dict[str, tuple[bytes, Any]] = {
    "an object": (b'{"a":1}', {"a": 1}),
    "white space everywhere": (b' \t\r\n{ "a" \n:\t[ 1 , 2 ] } ', {"a": [1, 2]}),
    "an array": (b' [ {"a":1} , {"a":2} ] ', [{"a": 1}, {"a": 2}]),
    "an empty array": (b"[]", []),
    "the same key in different objects": (
        b'{"a":{"a":1},"b":[{"a":2},{"a":3}]}',
        {"a": {"a": 1}, "b": [{"a": 2}, {"a": 3}]},
    ),
    "quotes and colons inside texts": (
        b'{"a\\"b\\":":"\\":\\" :","c":"\\u0022\\u003a"}',
        {'a"b":': '":" :', "c": '":'},
    ),
    "a backslash before what looks like NUL": (rb'{"a":"\\u0000"}', {"a": "\\u0000"}),
    "a pair of surrogates": (rb'{"a":"\ud83d\ude00 \u00e9"}', {"a": "\U0001f600 \u00e9"}),
    "letters beyond ASCII": ('{"ä":"計"}'.encode(), {"ä": "計"}),
    "the largest integer": (str(LARGEST).encode(), LARGEST),
    "the smallest integer": (str(SMALLEST).encode(), SMALLEST),
    "a long row of digits in a text": (b'{"a":"12345678901234567890"}', {"a": "12345678901234567890"}),
    "a long fraction": (b"[0.12345678901234567890123]", [0.12345678901234568]),
    "a large number": (b"1e300", 1e300),
    "a number too small to see": (b"1e-400", 0.0),
    "true, false and null": (b"[true,false,null]", [True, False, None]),
    "many brackets side by side": (b"[" + b"[[]]," * 200 + b"[]]", [[[]]] * 200 + [[]]),
    "brackets in a text": (json.dumps({"a": "[{" * 200}).encode(), {"a": "[{" * 200}),
}

REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "must be JSON"),
    "white space": (b"  ", "must be JSON"),
    "a word": (b"statement", "must be JSON"),
    "an open object": (b'{"a":1', "must be JSON"),
    "two values": (b"{} {}", "must be JSON"),
    "a comma too many": (b"[1,]", "must be JSON"),
    "single quotes": (b"{'a':1}", "must be JSON"),
    "a line break in a text": (b'"a\nb"', "must be JSON"),
    "a number that begins with zero": (b"01", "must be JSON"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "must be JSON"),
    "UTF-16": ("{}".encode("utf-16"), "must be UTF-8"),
    "Latin-1": ('{"a":"é"}'.encode("latin-1"), "must be UTF-8"),
    "a surrogate in UTF-8": (b'"\xed\xa0\x80"', "must be UTF-8"),
    "half a pair": (rb'{"a":"\ud83d"}', "half a surrogate pair"),
    "the other half": (rb'{"a":"x\ude00"}', "half a surrogate pair"),
    "half a pair in a key": (rb'{"\ud83d":1}', "half a surrogate pair"),
    "NUL": (rb'{"a":["x\u0000"]}', "NUL"),
    "NUL in a key": (rb'{"\u0000":1}', "NUL"),
    "a key twice": (b'{"a":1,"a":1}', "only once"),
    "a key twice, far inside": (b'[{"a":[{"b":{"c":1,"d":2,"c":3}}]}]', "only once"),
    "a key twice, with white space": (b'{"a" :1,"a"\n: 2}', "only once"),
    "a key twice, spelled differently": (rb'{"a":1,"\u0061":1}', "only once"),
    "a key twice, and a quote to make up for it": (rb'{"a":"\u0022\u0022","a":"\u0022\u0022"}', "only once"),
    "a key twice, holding other keys": (b'{"a":{"b":1,"c":2},"d":{"b":1},"a":{}}', "only once"),
    "a key twice, and a colon to make up for it": (rb'{"a":1,"a":"\":"}', "only once"),
    "no number": (b'{"a":NaN}', "finite"),
    "infinity": (b"[Infinity]", "finite"),
    "minus infinity": (b"[-Infinity]", "finite"),
    "a number beyond a double": (b"[1e400]", "double"),
    "a negative number beyond a double": (b"[-1e400]", "double"),
    "an integer just too large": (str(LARGEST + 1).encode(), "64 bits"),
    "an integer just too small": (b'{"a":%d}' % (SMALLEST - 1), "64 bits"),
    "an integer beyond all bounds": (b"9" * 10_000, "64 bits"),
    "an integer that is only large": (b'{"a":18446744073709551616}', "64 bits"),
    "one level too deep": (nested(DEEPEST + 1), "nest"),
    "one level too deep, with nothing inside": (nested(DEEPEST + 1, ""), "nest"),
    "thousands of levels": (nested(5_000), "nest"),
    "a million arrays": (b"[" * 1_000_000, "nest"),
    "a million objects": (b'{"a":' * 1_000_000, "nest"),
}


@pytest.mark.parametrize(("body", "value"), READ.values(), ids=READ.keys())
def test_json_is_read(body: bytes, value: Any) -> None:
    assert decode(body) == value
    assert repr(decode(body)) == repr(value)


@pytest.mark.parametrize(("body", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_json_or_cannot_be_kept_is_refused(body: bytes, rule: str) -> None:
    with pytest.raises(StatementRefused) as refused:
        decode(body)

    assert rule in refused.value.rule
    assert refused.value.path == "body"
    assert str(refused.value).startswith("body: ")


@pytest.mark.parametrize(("body", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_the_quick_reader_lets_nothing_through_that_the_exact_one_refuses(body: bytes, rule: str) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 (its own reasons do not matter)
        _decode_quickly(body)


@pytest.mark.parametrize("depth", [1, 2, DEEPEST - 1, DEEPEST])
def test_the_deepest_nesting_that_is_allowed_is_read(depth: int) -> None:
    assert decode(nested(depth)) == json.loads(nested(depth))


def test_a_sound_statement_is_read_without_the_exact_reader() -> None:
    body = json.dumps(everything(), ensure_ascii=False).encode()

    assert _decode_quickly(body) == everything()
    assert _decode_quickly(b"[" + body + b"," + body + b"]") == [everything()] * 2


awkward_text = st.text(alphabet=st.sampled_from('"\\:{}[],ab\u00e9 \n/019')) | st.text()
numbers = st.integers(-(1 << 65), 1 << 65) | st.floats(allow_nan=False, allow_infinity=False)
any_json = st.recursive(
    st.none() | st.booleans() | numbers | awkward_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(awkward_text, inner, max_size=4),
    max_leaves=20,
)


def said(read: Any, body: bytes) -> Any:
    try:
        return repr(read(body))
    except StatementRefused as refusal:
        return str(refusal)


@given(any_json, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_both_readers_give_one_answer_to_any_json(value: Any, ascii_only: bool, indent: Any) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")

    assert said(decode, body) == said(_decode_exactly, body)


pieces = st.sampled_from(
    [
        '{"a":',
        '"a"',
        ":",
        ",",
        "{",
        "}",
        "[",
        "]",
        " ",
        "1",
        "-",
        "0.5",
        "1e9",
        '"\\u0022"',
        '"\\":"',
        "null",
        "9" * 19,
        '"b":',
    ]
)


@given(st.lists(pieces, max_size=14).map("".join))
@example('{"a":1,"a":1}')
def test_both_readers_give_one_answer_to_what_looks_like_json(text: str) -> None:
    assert said(decode, text.encode()) == said(_decode_exactly, text.encode())


pairs = st.lists(
    st.tuples(
        st.sampled_from(["a", '"', ":", "\\u0061", '\\"', '\\":']), st.sampled_from(["1", '"\\u0022"', '"\\":"', "{}"])
    )
)


@given(pairs)
def test_a_key_that_comes_twice_never_gets_through(pairs: list[tuple[str, str]]) -> None:
    spelled = [(key if key != '"' else '\\"', value) for key, value in pairs]
    body = "{" + ",".join(f'"{key}" : {value}' for key, value in spelled) + "}"
    keys = [json.loads(f'"{key}"') for key, _ in spelled]

    if len(set(keys)) == len(keys):
        assert decode(body.encode()) == json.loads(body)
    else:
        with pytest.raises(StatementRefused, match="only once"):
            decode(body.encode())


@given(st.binary(max_size=40))
def test_no_bytes_lead_to_anything_but_json_or_a_refusal(body: bytes) -> None:
    assert said(decode, body) == said(_decode_exactly, body)


def test_a_number_stays_what_it_is() -> None:
    whole, broken, minus_nothing = decode(b"[1, 1.0, -0.0]")

    assert type(whole) is int
    assert type(broken) is float
    assert math.copysign(1, minus_nothing) == -1


def test_one_statement_alone_is_a_list_of_one() -> None:
    assert read_statements(json.dumps(statement()).encode()) == [statement()]


@pytest.mark.parametrize("item", [b"[]", b"{}", b"1"])
def test_a_body_of_too_many_values_is_refused_before_it_is_read(item: bytes) -> None:
    body = b"[" + (item + b",") * MOST_VALUES + item + b"]"

    with pytest.raises(StatementRefused, match=r"^body: must not hold more than 1000000 values"):
        decode(body)


def test_a_batch_is_read_in_its_order() -> None:
    batch = [statement(id=ID), statement(), statement(id=OTHER_ID), statement()]

    assert read_statements(json.dumps(batch).encode()) == batch
    assert read_statements(b"[]") == []


def test_one_bad_statement_refuses_its_batch() -> None:
    batch = [statement(), statement(result={"score": {"scaled": 2}}), statement()]

    with pytest.raises(StatementRefused) as refused:
        read_statements(json.dumps(batch).encode())

    assert refused.value.path == "statements[1].result.score.scaled"
    assert refused.value.found == "2"


def test_an_id_that_comes_twice_refuses_its_batch_whatever_its_case() -> None:
    batch = [statement(id=ID), statement(), statement(id=ID.upper())]

    with pytest.raises(StatementRefused, match=r"^statements\[2\]\.id: .*statements\[0\] has it \(Comm 2\.1\.2\)"):
        read_statements(json.dumps(batch).encode())


@pytest.mark.parametrize("body", [b"null", b"7", b'"a"', b"[[]]", b"[null]"])
def test_a_body_that_holds_no_statement_is_refused(body: bytes) -> None:
    with pytest.raises(StatementRefused):
        read_statements(body)
