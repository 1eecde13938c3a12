"""Instants as they travel: RFC 3339 in UTC on the wire, whole milliseconds since 1970 in Python."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationInfo, WithJsonSchema

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

EARLIEST = -62_135_596_800_000
"""0001-01-01T00:00:00Z."""

LATEST = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z."""


REMEMBERED = 16_384
"""How many instants are remembered as texts, and texts as instants: the same ones pass through every processor."""

LONGEST_REMEMBERED = 40
"""Nobody's endless fraction of a second takes room."""

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE)
"""With or without a zone: that one is missing is a fault of its own."""


def to_instant(moment: datetime) -> int:
    """Return the whole milliseconds since 1970 of an aware moment; a finer fraction is cut off."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs a time zone, e.g. 2026-09-07T10:00:00Z")
    return (moment - EPOCH) // MILLISECOND


def to_datetime(instant: int) -> datetime:
    """Return the instant as an aware datetime in UTC."""
    return EPOCH + instant * MILLISECOND


@lru_cache(maxsize=REMEMBERED)
def to_text(instant: int) -> str:
    """Return the instant as RFC 3339 in UTC with three digits of a second."""
    return to_datetime(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> int:
    """Return the instant that an RFC 3339 text names; raise ValueError where it has no zone or is no time."""
    return _remembered(text) if len(text) <= LONGEST_REMEMBERED else _from_text(text)


def _from_text(text: str) -> int:
    try:
        if _RFC_3339.fullmatch(text) is None:
            raise ValueError(text)  # what `fromisoformat` reads beyond RFC 3339: weeks, blanks, no seconds
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise ValueError(f"{text!r} is no RFC 3339 instant such as 2026-09-07T10:00:00Z") from error
    return to_instant(moment)


_remembered = lru_cache(maxsize=REMEMBERED)(_from_text)


def _read(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str):
        return from_text(value)
    if info.mode == "json":
        raise ValueError(f"{value!r} is no RFC 3339 instant such as 2026-09-07T10:00:00Z")
    if isinstance(value, datetime):
        return to_instant(value)
    return value


Instant = Annotated[
    int,
    BeforeValidator(_read),
    Field(ge=EARLIEST, le=LATEST, strict=True),
    PlainSerializer(to_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment in UTC: RFC 3339 on the wire, milliseconds since 1970 as a plain integer in Python."""
