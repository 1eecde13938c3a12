"""Write what is accepted as it travels: the JSON that `topics.encode` writes, in less than half of its time.

Pydantic looks at every value of every statement, and statements are most of a request: given back as they came, and
read by nobody on the way. Here the contract says once for each kind of message which of its fields are written as
something else (an instant as text, bytes as base64); a plain encoder writes all others as they are.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from milepost_schemas.instants import Instant, to_text
from milepost_schemas.submissions import Refusal, Submission

Plainly = Callable[[Any], Any]
"""Gives what an encoder of plain JSON writes for a value."""

Fields = Callable[[Any], dict[str, Any]]
"""Gives a message, or a part of one, by the names of its fields."""

SCALARS = (str, int, float, bool, NoneType)


def write(message: Submission | Refusal) -> bytes:
    """Return the message as JSON."""
    return msgspec.json.encode(_fields(message))


def _fields(message: Any) -> dict[str, Any]:
    """Return a message, or a part of one, by the names of its fields."""
    return _fields_of[type(message)](message)


class _ByKind(dict[type, Fields]):
    """What gives the fields of each kind of message, made when it is first asked for."""

    def __missing__(self, kind: type) -> Fields:
        self[kind] = found = _reader_of(kind)
        return found


_fields_of = _ByKind()


def _reader_of(kind: Any) -> Fields:
    names = tuple(field.name for field in fields(kind))
    values_of, converted = attrgetter(*names), _converted(kind)

    def read(message: Any) -> dict[str, Any]:
        plain = dict(zip(names, values_of(message)))  # noqa: B905 - being strict takes as long as all the rest
        for name, plainly in converted:
            value = plain[name]
            if value is not None:
                plain[name] = plainly(value)
        return plain

    return read


@cache
def _converted(kind: Hashable) -> tuple[tuple[str, Plainly], ...]:
    """Return which fields are not written as they are, each with what makes it plain."""
    hints = get_type_hints(cast(Any, kind), include_extras=True)
    names = (field.name for field in fields(cast(Any, kind)))
    return tuple((name, plainly) for name in names if (plainly := _plainly(hints[name])) is not None)


def _plainly(said: Any) -> Plainly | None:
    """Return what makes values that are declared like this plain; None where they are plain already."""
    if said is bytes:
        return _base64
    if said == Instant:
        return to_text
    if isinstance(said, type) and is_dataclass(said):
        return _fields if _converted(said) else None
    form, arguments = get_origin(said), get_args(said)
    if form is Annotated:
        return _plainly(arguments[0])
    if form in (Union, UnionType):
        return _whichever([each for each in arguments if each is not NoneType])
    if form is tuple and arguments[1:] == (...,):
        each = _plainly(arguments[0])
        return None if each is None else lambda values: [each(value) for value in values]
    if form in (Literal, dict) or said in SCALARS:
        return None
    raise TypeError(f"nobody has said how {said} is written")


def _whichever(kinds: list[Any]) -> Plainly | None:
    """Return what makes a value plain that is of one of these kinds."""
    if all(is_dataclass(kind) for kind in kinds):
        return _fields
    first, *others = {_plainly(kind) for kind in kinds}
    if others:
        raise TypeError(f"how it is written depends on which it is of {kinds}")
    return first


def _base64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode("ascii")
