"""What the receiver itself writes into a statement before it is kept (Data 2.4)."""

from typing import Any

from milepost.sources.xapi.statement import Statement
from milepost_schemas.instants import to_text

DEFAULT_VERSION = "1.0.0"


def finish(statement: Statement, *, id: str, stored_at: int, authority: dict[str, Any]) -> Statement:
    """Return the statement as it is kept and given back; the one that came is left as it was.

    The id counts only if the statement has none, `stored_at` (milliseconds since 1970) is also the time of a statement
    that names none, the authority is always the one given, and a single context activity becomes an array of one.
    """
    stored = to_text(stored_at)
    return {
        "id": id,
        "timestamp": stored,
        "version": DEFAULT_VERSION,
        **_with_arrays(statement),
        "stored": stored,
        "authority": authority,
    }


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
