"""Why a message was refused: where it is wrong, what the specification asks for there, and what came instead."""

import json
import re
from typing import Any, Self

LONGEST = 80
"""No refusal repeats more characters than this of any one thing that came."""

_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}").fullmatch
_BEYOND_64_BITS = 1 << 64


class StatementRefused(ValueError):
    """What came is no xAPI statement: `path` says where, `rule` what is required there, `found` what came instead.

    All three are short printable ASCII that may be shown to the sender, whatever it sent.
    """

    def __init__(self, rule: str, found: object, *, path: str = "") -> None:
        super().__init__(rule)
        self.path = path
        self.rule = rule
        self.found = found if isinstance(found, _Absent) else shown(found)

    def inside(self, key: object) -> Self:
        """Return this refusal as seen one level further out, where `key` is the property or index that holds it."""
        return self.under(_step(key))

    def under(self, path: str) -> Self:
        """Return this refusal with the path of the whole, e.g. `statements[3]`, before its own."""
        if path:
            self.path = path + self.path if not self.path or self.path.startswith("[") else f"{path}.{self.path}"
        return self

    def __str__(self) -> str:
        """Return the refusal as one sentence for the sender."""
        return f"{self.path or 'statement'}: {self.rule}; found {self.found}"


class _Absent(str):
    """Says that nothing came, without quotes."""

    __slots__ = ()


NOTHING = _Absent("nothing")
"""What was found where something is required and absent."""


def shown(value: Any) -> str:
    """Return a short, printable ASCII picture of a value, at most 80 characters, however large or odd the value is."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if abs(value) < _BEYOND_64_BITS else "an integer beyond 64 bits"
        case float():
            return repr(value)
        case str():
            return _cut(json.dumps(value[:LONGEST]), whole=len(value) <= LONGEST)
        case dict():
            return _cut(f"an object with {_listed(value)}" if value else "an empty object")
        case list():
            return f"an array of {len(value)}" if value else "an empty array"
        case _:
            return _cut(ascii(type(value).__name__))


def _listed(value: dict[Any, Any]) -> str:
    keys = [
        json.dumps(key[:LONGEST]) if isinstance(key, str) else shown(key)
        for key, _ in zip(value, range(5), strict=False)
    ]
    return ", ".join(keys) + (", ..." if len(value) > len(keys) else "")


def _cut(text: str, *, whole: bool = True) -> str:
    if whole and len(text) <= LONGEST:
        return text
    return text[: LONGEST - 3].rstrip('"') + "..."


def _step(key: object) -> str:
    if isinstance(key, str) and _PLAIN_KEY(key):
        return key
    return f"[{shown(key)}]"
