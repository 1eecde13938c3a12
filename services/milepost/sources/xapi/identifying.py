"""A statement in the format `ids`: of agents, groups, verbs and activities only what identifies them (Comm 2.1.3)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from milepost.sources.xapi.statement import Statement


def identified(statement: Statement) -> Statement:
    """Return a kept statement, or one inside it, with no more than ids where ids are enough."""
    parts = {"actor": _actor, "authority": _actor, "verb": _by_id, "object": _object, "context": _context}
    return {key: parts[key](item) if key in parts else item for key, item in statement.items()}


def _by_id(thing: Mapping[str, Any]) -> Any:
    kind = {} if thing.get("objectType", "Activity") == "Activity" else {"objectType": thing["objectType"]}
    return {**kind, "id": thing["id"]}


def _actor(actor: Mapping[str, Any]) -> Any:
    known = {key: actor[key] for key in ("objectType", "mbox", "mbox_sha1sum", "openid", "account") if key in actor}
    is_anonymous = known.keys() <= {"objectType"}
    return {**known, "member": [_actor(each) for each in actor["member"]]} if is_anonymous else known


def _object(value: Mapping[str, Any]) -> Any:
    match value.get("objectType"):
        case "Agent" | "Group":
            return _actor(value)
        case "SubStatement":
            return identified(dict(value))
        case _:
            return _by_id(value)


def _context(context: Mapping[str, Any]) -> Any:
    parts: dict[str, Callable[[Any], Any]] = {
        "instructor": _actor,
        "team": _actor,
        "contextActivities": _activities,
        "contextAgents": _related,
        "contextGroups": _related,
    }
    return {key: parts[key](item) if key in parts else item for key, item in context.items()}


def _related(entries: Sequence[Mapping[str, Any]]) -> Any:
    """Return who else was there (2.0, 4.2.2), each with what they have to do with it."""
    who = ("agent", "group")
    return [{key: _actor(item) if key in who else item for key, item in entry.items()} for entry in entries]


def _activities(kinds: Mapping[str, Any]) -> Any:
    return {kind: [_by_id(activity) for activity in found] for kind, found in kinds.items()}
