"""By what a statement is found: its verb, its registration, the activities and the agents that it names (Comm 2.1.3).

An agent or an activity is *named plainly* as actor or object, which is what a filter usually asks for, and else only
related: in the context, in a statement inside this one. A group is found by its own identifier and by its members'.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from milepost.sources.xapi.statement import Statement

Kind = Literal["any", "agent", "verb", "activity", "registration"]


class Term(NamedTuple):
    """One thing that a statement may be asked for by; written alike whoever writes it."""

    kind: Kind
    value: str


ANY = Term("any", "")
"""What every statement has."""


def terms(statement: Statement) -> Mapping[Term, bool]:
    """Return all terms of a sound statement, each with whether it is named plainly."""
    found = dict.fromkeys(_around(statement), False)
    found.update(dict.fromkeys(_plain(statement), True))
    return found


def agent_term(agent: Mapping[str, Any]) -> Term | None:
    """Return the term of an agent or an identified group; two are equal by their identifiers of one kind alone."""
    if "mbox" in agent:
        local_part, _, domain = agent["mbox"].rpartition("@")
        return Term("agent", f"{local_part}@{domain.lower()}")
    if "mbox_sha1sum" in agent:
        return Term("agent", f"sha1:{agent['mbox_sha1sum'].lower()}")
    if "openid" in agent:
        return Term("agent", f"openid:{agent['openid']}")
    if "account" in agent:
        return Term("agent", f"account:{agent['account']['homePage']}|{agent['account']['name']}")
    return None


def registration_term(registration: str) -> Term:
    """Return the term of a registration; the case of a UUID makes no difference."""
    return Term("registration", registration.lower())


def _plain(statement: Statement) -> Iterator[Term]:
    yield ANY
    yield Term("verb", statement["verb"]["id"])
    yield from _actor_and_object(statement)
    if "registration" in statement.get("context", ()):
        yield registration_term(statement["context"]["registration"])


def _actor_and_object(statement: Statement) -> Iterator[Term]:
    yield from _people(statement["actor"])
    about = statement["object"]
    match about.get("objectType", "Activity"):
        case "Activity":
            yield Term("activity", about["id"])
        case "Agent" | "Group":
            yield from _people(about)


def _people(actor: Mapping[str, Any]) -> Iterator[Term]:
    for each in (actor, *actor.get("member", ())):
        term = agent_term(each)
        if term is not None:
            yield term


def _around(statement: Statement) -> Iterator[Term]:
    """Yield what the context names, and all that a statement inside this one does."""
    context = statement.get("context", {})
    for role in ("instructor", "team"):
        yield from _people(context.get(role, {}))
    for entry in (*context.get("contextAgents", ()), *context.get("contextGroups", ())):
        yield from _people(entry.get("agent") or entry["group"])
    for activities in context.get("contextActivities", {}).values():
        for activity in [activities] if isinstance(activities, dict) else activities:
            yield Term("activity", activity["id"])
    if statement["object"].get("objectType") == "SubStatement":
        yield from _actor_and_object(statement["object"])
        yield from _around(statement["object"])
