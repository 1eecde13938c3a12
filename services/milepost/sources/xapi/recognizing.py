"""The quick way to sound statements: taken apart in C, and put together from parts that were found sound before.

A sender says the same all day: the same verbs and courses, a few thousand people. So each part of a statement (its
actor, its object, the activities of its context) is looked up by its octets. One that is new is read and checked by the
same descriptions as ever, and kept while there is room. What is new with every statement (its id, when it was) is read
at once. What comes out is what the exact way gives, to the order of the keys; wherever that is not proven nothing comes
out, and the exact way decides, and says what is wrong.

Statements that share a part share its value: nobody may change a statement that was received.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec

from milepost.sources.xapi.checks import Property, check
from milepost.sources.xapi.decoding import DEEPEST, Unproven, proven
from milepost.sources.xapi.formats import is_timestamp, is_uuid
from milepost.sources.xapi.refusal import StatementRefused
from milepost.sources.xapi.statement import PARTS, PARTS_OF_A_CONTEXT, REQUIRED, RULES_OF_THE_WHOLE, Statement
from milepost.sources.xapi.versions import Version

LARGEST = 1024 * 1024
"""How many octets are read quickly; what a longer body may cost, the exact way knows how to bound."""

LONGEST_KEPT = 4096
ROOM = 1024 * 1024
"""How many octets one part may have to be kept, and how many the kept ones of one kind together."""

DEEPEST_PART = DEEPEST - 4
"""How deep a part may nest within a batch, a statement and its context, with one to spare."""

QUOTE = b'"'

Octets = bytes


Part = tuple[Any, int]
"""The value of a part, and how many quotes are in its octets."""

Reader = Callable[[Octets], Part]

_one = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_several = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode

_NOT_RECOGNIZED = (Unproven, StatementRefused, msgspec.MsgspecError, UnicodeError, RecursionError)


def recognize(body: Octets, version: Version) -> list[Statement] | None:
    """Return the sound statements that a body holds, or None where that is not proven.

    Of a property that is given twice in an object the reader in C keeps one; with the other at least its two quotes go.
    So all of them have to be accounted for.
    """
    if len(body) > LARGEST:
        return None
    read = _readers(version)
    try:
        found = _several(body) if body.lstrip()[:1] == b"[" else [_one(body)]
        wholes = [_whole(raw, read) for raw in found]
    except _NOT_RECOGNIZED:
        return None
    if sum(quotes for _, quotes in wholes) != body.count(QUOTE):
        return None
    return [whole for whole, _ in wholes]


def _whole(raw: Mapping[str, msgspec.Raw], read: Mapping[str, Reader]) -> Part:
    """Return a statement whose every part is sound, and whose parts suit each other."""
    whole, quotes = _put_together(raw, read)
    if not REQUIRED.keys() <= raw.keys():
        raise Unproven
    for holds in RULES_OF_THE_WHOLE:
        holds(whole)
    return whole, quotes


def _put_together(raw: Mapping[str, msgspec.Raw], read: Mapping[str, Reader]) -> Part:
    quotes = 2 * len(raw)
    together = {}
    for name, octets in raw.items():
        reader = read.get(name)
        if reader is None:
            raise Unproven
        together[name], counted = reader(bytes(octets))
        quotes += counted
    return together, quotes


@cache
def _readers(version: Version) -> Mapping[str, Reader]:
    """Return what reads each property of a statement of this version."""
    context = {name: _reader(part) for name, part in PARTS_OF_A_CONTEXT[version].items()} | {"registration": _uuid}
    return {name: _reader(part) for name, part in PARTS[version].items()} | {
        "id": _uuid,
        "timestamp": _timestamp,
        "stored": _timestamp,
        "context": lambda octets: _put_together(_one(octets), context),
    }


@cache
def _reader(described: Property) -> Reader:
    return _Kept(described).__getitem__


class _Kept(dict[Octets, Part]):
    """The parts of one kind that were found sound, by their octets."""

    def __init__(self, described: Property) -> None:
        super().__init__()
        self._described = described
        self._octets = 0

    def __missing__(self, octets: Octets) -> Part:
        """Return a part that is new; raise what it is refused by, or Unproven."""
        value = proven(octets, deepest=DEEPEST_PART)
        check(self._described, value)
        part = value, octets.count(QUOTE)
        if len(octets) <= LONGEST_KEPT:
            self._keep(octets, part)
        return part

    def _keep(self, octets: Octets, part: Part) -> None:
        self._octets += len(octets)
        if self._octets > ROOM:
            self.clear()
            self._octets = len(octets)
        self[octets] = part


def _uuid(octets: Octets) -> Part:
    text = _plain_text(octets)
    if not is_uuid(text):
        raise Unproven
    return text, 2


def _timestamp(octets: Octets) -> Part:
    text = _plain_text(octets)
    if not is_timestamp(text):
        raise Unproven
    return text, 2


def _plain_text(octets: Octets) -> str:
    """Return a text as it stands there; of a format in which nothing can be escaped, it is what is meant."""
    if octets[:1] != QUOTE:
        raise Unproven
    return str(octets[1:-1], "ascii")
