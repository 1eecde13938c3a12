"""Who: agents, groups, and what identifies them (Data 2.4.2)."""

from collections.abc import Mapping
from typing import Any

from milepost.sources.xapi.checks import Property, array, by_object_type, check, one_of, record, text
from milepost.sources.xapi.formats import is_iri, is_mailto, is_sha1, is_uri
from milepost.sources.xapi.refusal import NOTHING, StatementRefused

NAME = text("must be a string (Data 2.4.2)")

ACCOUNT = record(
    "must be an account: an object with homePage and name (Data 2.4.2.4)",
    {
        "homePage": text("must be an IRL with a scheme (Data 2.4.2.4)", is_iri),
        "name": text("must be a string (Data 2.4.2.4)"),
    },
    required={
        "homePage": "an account must have a homePage (Data 2.4.2.4)",
        "name": "an account must have a name (Data 2.4.2.4)",
    },
)

IDENTIFIERS = {
    "mbox": text("must be mailto: and one mail address (Data 2.4.2.3)", is_mailto),
    "mbox_sha1sum": text("must be a SHA-1 in 40 hexadecimal digits (Data 2.4.2.3)", is_sha1),
    "openid": text("must be a URI with a scheme (Data 2.4.2.3)", is_uri),
    "account": ACCOUNT,
}


def identifiers_in(value: dict[str, Any]) -> int:
    """Return how many of the four kinds of identifier an agent or group has."""
    return ("mbox" in value) + ("account" in value) + ("mbox_sha1sum" in value) + ("openid" in value)


def _is_identified_once(agent: dict[str, Any]) -> None:
    if ("mbox" in agent) + ("account" in agent) + ("mbox_sha1sum" in agent) + ("openid" in agent) != 1:
        raise StatementRefused(
            "an agent must have exactly one of mbox, mbox_sha1sum, openid and account (Data 2.4.2.1)",
            agent if identifiers_in(agent) else NOTHING,
        )


def _is_identified_once_or_lists_members(group: dict[str, Any]) -> None:
    count = identifiers_in(group)
    if count > 1:
        raise StatementRefused("a group must not have more than one identifier (Data 2.4.2.2)", group)
    if count == 0 and not group.get("member"):
        raise StatementRefused("a group without an identifier must list its members (Data 2.4.2.2)", group)


AGENT = record(
    "must be an agent: an object (Data 2.4.2.1)",
    {"objectType": one_of('the objectType of an agent must be "Agent" (Data 2.4.2.1)', "Agent"), "name": NAME}
    | IDENTIFIERS,
    further=(_is_identified_once,),
)

GROUP = record(
    'must be a group: an object with objectType "Group" (Data 2.4.2.2)',
    {
        "objectType": one_of('the objectType of a group must be "Group" (Data 2.4.2.2)', "Group"),
        "name": NAME,
        "member": array(AGENT, "must be an array of agents (Data 2.4.2.2)"),
    }
    | IDENTIFIERS,
    required={"objectType": 'a group must have the objectType "Group" (Data 2.4.2.2)'},
    further=(_is_identified_once_or_lists_members,),
)


ACTOR = by_object_type(
    "must be an agent or a group: an object (Data 2.4.2)",
    {"Agent": AGENT, "Group": GROUP},
    assumed="Agent",
    section="Data 2.4.2",
)
"""An agent, or a group where the objectType says so."""


def require_actor(value: object) -> None:
    """Raise a refusal unless the value is a sound agent or group."""
    check(ACTOR, value)


def require_agent(value: object) -> None:
    """Raise a refusal unless the value is a sound agent; a group is none."""
    check(AGENT, value)


def person_of(agent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the person who goes by a sound agent, as far as the agent itself says who that is (Comm 2.4)."""
    said = ("name", *IDENTIFIERS)
    return {"objectType": "Person", **{key: [agent[key]] for key in said if key in agent}}


def _speaks_with_authority(value: dict[str, Any]) -> bool:
    check(ACTOR, value)
    if value.get("objectType") == "Group" and (identifiers_in(value) or len(value["member"]) != 2):
        raise StatementRefused("an authority that is a group must be two agents and no identifier (Data 2.4.9)", value)
    return True


AUTHORITY = Property((dict,), _speaks_with_authority, "must be an agent, or a group of two agents (Data 2.4.9)")
"""An agent, or the group of application and user that three-legged OAuth makes."""
