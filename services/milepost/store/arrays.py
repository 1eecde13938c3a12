"""Arrays of values for PostgreSQL, each written in its binary format in one pass.

psycopg finds out what a list holds, and writes it, by looking at every value several times, in Python; here it is known
beforehand. The format is that of PostgreSQL's `array_send`: a head, then each value after its length.
"""

from collections.abc import Iterable, Mapping
from struct import Struct
from struct import error as StructError
from typing import Any, ClassVar

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format


class Texts(list[str | None]):
    """What goes into an array of texts."""


class Numbers(list[int | None]):
    """What goes into an array of whole numbers."""


class Flags(list[bool | None]):
    """What goes into an array of truth values."""


class Octets(list[bytes | None]):
    """What goes into an array of bytes."""


HEAD = Struct("!iiIii").pack
"""How many dimensions, whether any value is missing, of which type they are, how many, and the number of the first."""

TYPES = psycopg.adapters.types

LENGTH = Struct("!i").pack
MISSING = LENGTH(-1)
NUMBER = Struct("!iq").pack
TRUE, FALSE = LENGTH(1) + b"\1", LENGTH(1) + b"\0"


def know_arrays(connection: psycopg.Connection[Any]) -> None:
    """Have a connection write these arrays."""
    for kind, dumper in DUMPERS.items():
        connection.adapters.register_dumper(kind, dumper)


class _ArrayDumper(Dumper):
    format = Format.BINARY
    element: ClassVar[int]
    """The number of the type of the values; `oid` is that of their array."""

    def dump(self, obj: Any) -> Buffer:
        """Return the array; raise psycopg's DataError for a value that no such array can hold."""
        if not obj:
            return HEAD(0, 0, self.element, 0, 1)[:12]
        try:
            return b"".join([HEAD(1, None in obj, self.element, len(obj), 1), *self._values(obj)])
        except StructError as error:
            raise psycopg.DataError("this is no number of eight bytes") from error

    @staticmethod
    def _values(some: Any) -> Iterable[bytes]:
        """Return the values, each after its length."""
        raise NotImplementedError


class _TextsDumper(_ArrayDumper):
    element, oid = TYPES["text"].oid, TYPES["text"].array_oid

    @staticmethod
    def _values(some: Texts) -> Iterable[bytes]:
        return _with_lengths([None if each is None else each.encode() for each in some])


class _OctetsDumper(_ArrayDumper):
    element, oid = TYPES["bytea"].oid, TYPES["bytea"].array_oid

    @staticmethod
    def _values(some: Octets) -> Iterable[bytes]:
        return _with_lengths(some)


class _NumbersDumper(_ArrayDumper):
    element, oid = TYPES["int8"].oid, TYPES["int8"].array_oid

    @staticmethod
    def _values(some: Numbers) -> Iterable[bytes]:
        return [MISSING if each is None else NUMBER(8, each) for each in some]


class _FlagsDumper(_ArrayDumper):
    element, oid = TYPES["bool"].oid, TYPES["bool"].array_oid

    @staticmethod
    def _values(some: Flags) -> Iterable[bytes]:
        return [MISSING if each is None else TRUE if each else FALSE for each in some]


DUMPERS: Mapping[type, type[_ArrayDumper]] = {
    Texts: _TextsDumper,
    Numbers: _NumbersDumper,
    Flags: _FlagsDumper,
    Octets: _OctetsDumper,
}


def _with_lengths(some: Iterable[bytes | None]) -> Iterable[bytes]:
    parts: list[bytes] = []
    for each in some:
        if each is None:
            parts.append(MISSING)
        else:
            parts += (LENGTH(len(each)), each)
    return parts
