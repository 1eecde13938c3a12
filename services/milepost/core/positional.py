"""Messages within a record, by position: the names of their fields, and what is as it is by default, are left out.

Fields of a message are only ever added, behind those that there are, so an older record reads as it was written.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

Message = TypeVar("Message")

Positional = list[Any] | dict[str, Any]
"""A message by position; by name, as earlier releases wrote it."""


class _Field(NamedTuple):
    name: str
    default: Any
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def by_position(message: Any) -> Positional:
    """Return a message, a dataclass, for a record."""
    kind: Any = type(message)
    written = []
    needed = 0
    for field in _fields(kind):
        value = getattr(message, field.name)
        written.append(field.write(value))
        if value != field.default:
            needed = len(written)
    return written[:needed]


def from_position(kind: type[Message], kept: Positional) -> Message:
    """Return the message that a record holds."""
    of: Any = kind
    known = _fields(of)
    if isinstance(kept, dict):
        return kind(**{field.name: field.read(kept[field.name]) for field in known if field.name in kept})
    return kind(**{field.name: field.read(value) for field, value in zip(known, kept, strict=False)})


@cache
def _fields(kind: Any) -> tuple[_Field, ...]:
    hints = get_type_hints(kind)
    return tuple(
        _Field(field.name, field.default, *_codec(hints[field.name])) for field in fields(kind) if field.name != "type"
    )


def _codec(hint: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Return what writes and what reads the value of a field: as it is, or message by message."""
    if get_origin(hint) is not tuple:
        return _as_it_is, _as_it_is
    kind: Any = get_args(hint)[0]
    if not isinstance(kind, type) or not is_dataclass(kind):
        return _as_it_is, tuple
    return (
        lambda values: [by_position(value) for value in values],
        lambda values: tuple(from_position(kind, value) for value in values),
    )


def _as_it_is(value: Any) -> Any:
    return value
