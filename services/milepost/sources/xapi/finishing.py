"""What the receiver itself writes into a statement before it is kept (Data 2.4)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from milepost.sources.xapi.formats import moment
from milepost.sources.xapi.statement import Statement
from milepost.sources.xapi.versions import Version
from milepost_schemas.instants import to_text

DEFAULT_VERSIONS: Mapping[Version, str] = {"1.0.3": "1.0.0", "2.0.0": "2.0.0"}
"""What a statement without a version is said to be."""


def finish(
    statement: Statement, *, id: str, stored_at: int, authority: dict[str, Any], version: Version = "1.0.3"
) -> Statement:
    """Return the statement as it is kept and given back; the one that came is left as it was.

    The id counts only if the statement has none, `stored_at` (milliseconds since 1970) is also the time of a statement
    that names none, the authority is always the one given, and a single context activity becomes an array of one.
    In 2.0 a timestamp of another zone is given in UTC.
    """
    stored = _text_of(stored_at)
    return {
        "id": id,
        "timestamp": stored,
        "version": DEFAULT_VERSIONS[version],
        **_with_arrays(statement if version == "1.0.3" else _in_utc(statement)),
        "stored": stored,
        "authority": authority,
    }


_text_of = lru_cache(maxsize=64)(to_text)
"""All statements of a request are received at one moment."""


def _in_utc(statement: Statement) -> Statement:
    """Return the statement with its time in UTC (2.0, 4.2.7); one that is in UTC stays as it was written."""
    told = statement.get("timestamp", "Z")
    at = None if told[-1] in "Zz" else moment(told)
    return statement if at is None else {**statement, "timestamp": at.isoformat().replace("+00:00", "Z")}


def _with_arrays(statement: Statement) -> Statement:
    whole = dict(statement)
    if "contextActivities" in statement.get("context", ()):
        whole["context"] = {
            **statement["context"],
            "contextActivities": {
                kind: [found] if isinstance(found, dict) else found
                for kind, found in statement["context"]["contextActivities"].items()
            },
        }
    if statement["object"].get("objectType") == "SubStatement":
        whole["object"] = _with_arrays(statement["object"])
    return whole
