"""Rows and facts as JSON in a column; their instants are milliseconds, as in Python."""

from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

from milepost_schemas import facts, messages
from milepost_schemas.facts import Fact

Row = TypeVar("Row")


def write(row: Any) -> str:
    """Return the row as JSON."""
    return msgspec.json.encode(row).decode()


def read(kind: type[Row], text: str) -> Row:
    """Return the row that the text holds."""
    return cast(Row, _decoder(cast(Hashable, kind)).decode(text))


def read_fact(name: str, text: str) -> Fact:
    """Return the fact of that name on the wire; of one that this version does not know, what all facts have."""
    return read(_facts().get(name, Fact), text)


def type_of(fact: Fact) -> str:
    """Return the name of a fact on the wire."""
    return str(getattr(fact, "type", ""))


@cache
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cast(Any, kind))


@cache
def _facts() -> Mapping[str, type[Fact]]:
    every = [*vars(facts).values(), *vars(messages).values()]
    kinds = (kind for kind in every if isinstance(kind, type) and issubclass(kind, Fact))
    return {str(kind.__dataclass_fields__["type"].default): kind for kind in kinds if hasattr(kind, "type")}
