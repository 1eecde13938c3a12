"""From the bytes of a body to plain JSON, strictly: RFC 8259 in UTF-8, and what every later reader can hold (RFC 7493).

Two readers, one answer. The quick one is in C and sees almost everything; whenever it cannot prove that a body is free
of what it would let through (a key given twice, a number beyond 64 bits, deep nesting, NUL), the exact one decides.
"""

import json
import re
from typing import Any, NoReturn

import msgspec

from milepost.sources.xapi.refusal import StatementRefused

DEEPEST = 64
"""How many arrays and objects may lie within each other."""

MOST_VALUES = 1_000_000
"""How many values a body may hold, more or less: what bounds the memory and the time that reading it takes."""

SMALLEST, LARGEST = -(1 << 63), (1 << 63) - 1


def decode(body: bytes) -> Any:
    """Return the JSON that a body holds; raise `StatementRefused` with the path `body` where it holds none.

    Refused beside what is no JSON in UTF-8: a key twice in one object, NaN and infinities, integers beyond 64 bits,
    numbers too large for a double, lone surrogates, the character NUL, nesting deeper than 64, and a million values.
    """
    if len(body) > MOST_VALUES and body.count(b",") + body.count(b"[") + body.count(b"{") > MOST_VALUES:
        _refuse(f"must not hold more than {MOST_VALUES} values; send it in several requests", "more")
    try:
        return _decode_quickly(body)
    except (Unproven, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _decode_exactly(body)


class Unproven(Exception):
    """The quick reader cannot tell; nothing is known to be wrong."""


_any_json = msgspec.json.Decoder().decode
_array_of_raw_json = msgspec.json.Decoder(list[msgspec.Raw]).decode
_compact = msgspec.json.Encoder().encode
_begins_an_array = re.compile(rb"[ \t\r\n]*\[").match

_ALIKE = bytes.maketrans(b"123456789[", b"000000000{")
"""Every digit as 0 and both kinds of opening bracket as one, so that each needs to be looked for only once."""

_NINETEEN_DIGITS = b"0" * 19
_escaped_quote_or_nul = re.compile(rb"\\u00(?:00|22)").search


def _decode_quickly(body: bytes) -> Any:
    if _begins_an_array(body):
        return [proven(bytes(each)) for each in _array_of_raw_json(body)]
    return proven(body)


def proven(text: bytes, *, deepest: int = DEEPEST) -> Any:
    """Return the JSON in a text after proving that nothing was lost on the way; raise `Unproven` otherwise.

    Raise what msgspec raises, or a UnicodeDecodeError, where there is no JSON in it.

    Of a key that is given twice only one is kept, and with the other at least its two quotes go. So no key was given
    twice if what was read, written again, has as many quotes as the text. (A quote that was escaped by its number would
    spoil the count; a text that has one is left to the exact reader.)
    """
    value = _any_json(text)
    alike = text.translate(_ALIKE)
    if (
        alike.count(b"{") >= deepest
        or _NINETEEN_DIGITS in alike
        or text.count(b'"') != _compact(value).count(b'"')
        or (b"\\" in text and _escaped_quote_or_nul(text))
    ):
        raise Unproven
    return value


def _decode_exactly(body: bytes) -> Any:
    try:
        text = body.decode()
        value = _exact_json(text)
        _refuse_what_cannot_be_kept(value)
    except UnicodeDecodeError as error:
        _refuse("must be UTF-8 (RFC 8259)", f"octet {error.start} is not")
    except json.JSONDecodeError as error:
        _refuse("must be JSON (RFC 8259)", f"{error.msg} at character {error.pos}")
    except RecursionError:
        _refuse(_TOO_DEEP, "more")
    return value


_TOO_DEEP = f"must not nest deeper than {DEEPEST} levels"


def _refuse(rule: str, found: object) -> NoReturn:
    raise StatementRefused(rule, found, path="body") from None


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    if len(whole) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                _refuse("a key must be given only once in an object (RFC 7493)", key)
            seen.add(key)
    return whole


def _integer(digits: str) -> int:
    if len(digits) > 20 or not SMALLEST <= int(digits) <= LARGEST:
        _refuse("an integer must fit into 64 bits (RFC 7493)", digits)
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if value - value != 0:
        _refuse("a number must fit into a double (RFC 7493)", digits)
    return value


def _constant(name: str) -> NoReturn:
    _refuse("a number must be finite (RFC 8259)", name)


_exact_json = json.JSONDecoder(
    object_pairs_hook=_each_key_once, parse_int=_integer, parse_float=_number, parse_constant=_constant
).decode


def _refuse_what_cannot_be_kept(value: Any) -> None:
    """Walk the value level by level, so that no depth of it is a depth of ours."""
    level, depth = [value], 0
    while level:
        inner: list[Any] = []
        for node in level:
            if isinstance(node, str):
                _refuse_unkept_text(node)
            elif isinstance(node, dict):
                inner.extend(node)
                inner.extend(node.values())
            elif isinstance(node, list):
                inner.extend(node)
        depth += any(isinstance(node, dict | list) for node in level)
        if depth > DEEPEST:
            _refuse(_TOO_DEEP, "more")
        level = inner


def _refuse_unkept_text(text: str) -> None:
    if "\0" in text:
        _refuse("a text must not hold the character NUL", text)
    try:
        text.encode()
    except UnicodeEncodeError:
        _refuse("a text must not hold half a surrogate pair (RFC 7493)", text)
