"""Whether two statements say the same (Data 2.3.1): one sent again is fine, another meaning under its id is not.

Not compared: what the receiver sets, how a verb is displayed and an activity defined, the order of a group's members,
how a moment is written, attachments, the case of a mail domain and of a UUID, and whether one context activity came
alone or in an array. All else is compared as JSON: a duration as its text, 1 and 1.0 as the same number. A property
that is absent is not the same as one that holds what would be assumed.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from milepost.sources.xapi.formats import moment
from milepost.sources.xapi.statement import Statement

_SET_BY_THE_RECEIVER = ("id", "timestamp", "version")


def equal(one: Statement, other: Statement) -> bool:
    """Answer whether two sound statements are the same one, as the specification compares them.

    What a receiver sets where it is absent (id, timestamp, version) is compared only if both have it; so this does not
    always carry over: two that differ in their timestamps may both equal one without.
    """
    one_means, other_means = _meaning(one), _meaning(other)
    for name in _SET_BY_THE_RECEIVER:
        if name not in one_means or name not in other_means:
            one_means.pop(name, None)
            other_means.pop(name, None)
    return _written(one_means) == _written(other_means)


def fingerprint(statement: Statement) -> str:
    """Return the same 64 hexadecimal digits for statements that say the same, whatever their ids and versions.

    By it a statement is recognised that comes again under another id. One without a timestamp says no more than that it
    happened once: two of these are told apart by nothing.
    """
    meaning = _meaning(statement)
    meaning.pop("id", None)
    meaning.pop("version", None)
    return hashlib.sha256(_written(meaning).encode()).hexdigest()


def _written(meaning: Any) -> str:
    return json.dumps(meaning, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def _meaning(value: Any) -> Any:
    """Return what a statement, or one inside it, says: the parts that count, each in its one spelling."""
    return {
        key: _READERS.get(key, _plain)(item)
        for key, item in value.items()
        if key not in ("stored", "authority", "attachments")
    }


def _plain(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value


def _lower(text: str) -> str:
    return text.lower()


def _moment(text: str) -> str:
    """Return the moment to the millisecond: a receiver may cut off the rest (Data 4.5)."""
    at = moment(text)
    return text if at is None else at.isoformat(timespec="milliseconds")


def _version(text: str) -> str:
    return "1.0.0" if text == "1.0" else text


def _verb(verb: Mapping[str, Any]) -> Any:
    return {"id": verb["id"]}


def _mailbox(mbox: str) -> str:
    local_part, _, domain = mbox.rpartition("@")
    return f"{local_part}@{domain.lower()}"


def _actor(actor: Mapping[str, Any]) -> Any:
    return {key: _PARTS_OF_AN_ACTOR.get(key, _plain)(item) for key, item in actor.items()}


def _members(members: list[Any]) -> Any:
    return sorted((_actor(member) for member in members), key=_written)


def _activity(activity: Mapping[str, Any]) -> Any:
    return {key: item for key, item in activity.items() if key != "definition"}


def _object(value: Mapping[str, Any]) -> Any:
    match value.get("objectType"):
        case "Agent" | "Group":
            return _actor(value)
        case "SubStatement":
            return _meaning(value)
        case "StatementRef":
            return _reference(value)
        case _:
            return _activity(value)


def _reference(reference: Mapping[str, Any]) -> Any:
    return {**reference, "id": reference["id"].lower()}


def _context(context: Mapping[str, Any]) -> Any:
    return {key: _PARTS_OF_A_CONTEXT.get(key, _plain)(item) for key, item in context.items()}


def _context_activities(kinds: Mapping[str, Any]) -> Any:
    return {
        kind: [_activity(activity) for activity in ([found] if isinstance(found, dict) else found)]
        for kind, found in kinds.items()
    }


_Reader = Callable[[Any], Any]

_READERS: dict[str, _Reader] = {
    "id": _lower,
    "timestamp": _moment,
    "version": _version,
    "verb": _verb,
    "actor": _actor,
    "object": _object,
    "context": _context,
}
_PARTS_OF_AN_ACTOR: dict[str, _Reader] = {"mbox": _mailbox, "member": _members}
_PARTS_OF_A_CONTEXT: dict[str, _Reader] = {
    "registration": _lower,
    "instructor": _actor,
    "team": _actor,
    "statement": _reference,
    "contextActivities": _context_activities,
}
