"""The statement: all that the specification says of its properties (xAPI 1.0.3, Data 2.4), and who asks for it."""

from collections.abc import Mapping
from typing import Any

from milepost.sources.xapi.activities import ACTIVITY
from milepost.sources.xapi.actors import ACTOR, AGENT, AUTHORITY, GROUP
from milepost.sources.xapi.attachments import ATTACHMENT
from milepost.sources.xapi.checks import (
    EXTENSIONS,
    Property,
    array,
    boolean,
    by_object_type,
    check,
    either,
    iri,
    language_map,
    number,
    one_of,
    record,
    text,
)
from milepost.sources.xapi.formats import (
    is_duration,
    is_language_tag,
    is_timestamp,
    is_uuid,
    is_version_1,
    is_version_2,
)
from milepost.sources.xapi.refusal import StatementRefused
from milepost.sources.xapi.versions import Version

Statement = dict[str, Any]
"""A statement as it came, or as it is kept: plain JSON."""

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
"""The one verb that the specification itself gives a meaning: its object is withdrawn."""

_INFINITY = float("inf")


def validate(statement: object, *, within: str = "", version: Version = "1.0.3") -> None:
    """Raise `StatementRefused` unless the value is a statement of a version in every detail; `within` begins the path.

    Pure and total: any value that JSON can hold is either sound or refused, and nothing else is raised.
    """
    try:
        check(_STATEMENTS[version], statement)
    except StatementRefused as refusal:
        raise refusal.under(within) from None


def voided_by(statement: Statement) -> str | None:
    """Return the id, in lower case, of the statement that a sound statement voids, if it is one that voids."""
    return str(statement["object"]["id"]).lower() if statement["verb"]["id"] == VOIDED else None


VERB = record(
    "must be a verb: an object with an id (Data 2.4.3)",
    {"id": iri("Data 2.4.3"), "display": language_map("Data 2.4.3")},
    required={"id": "a verb must have an id (Data 2.4.3)"},
)

STATEMENT_REF = record(
    "must be a reference to a statement: an object (Data 2.4.4.3)",
    {
        "objectType": one_of('must be "StatementRef" (Data 2.4.4.3)', "StatementRef"),
        "id": text("must be the UUID of a statement (Data 2.4.4.3)", is_uuid),
    },
    required={
        "objectType": 'a reference to a statement must have the objectType "StatementRef" (Data 2.4.4.3)',
        "id": "a reference to a statement must have its id (Data 2.4.4.3)",
    },
)


def _score_is_in_range(score: dict[str, Any]) -> None:
    low, high, raw = score.get("min"), score.get("max"), score.get("raw")
    if low is not None and high is not None and low >= high:
        raise StatementRefused("min must be less than max (Data 2.4.5.1)", low, path="min")
    if raw is not None and not (-_INFINITY if low is None else low) <= raw <= (_INFINITY if high is None else high):
        raise StatementRefused("raw must lie between min and max (Data 2.4.5.1)", raw, path="raw")


def _is_finite(value: float) -> bool:
    return -_INFINITY < value < _INFINITY


_POINTS = number("must be a number (Data 2.4.5.1)", _is_finite)

SCORE = record(
    "must be a score: an object (Data 2.4.5.1)",
    {
        "scaled": number("must be a number from -1 to 1 (Data 2.4.5.1)", lambda value: -1 <= value <= 1),
        "raw": _POINTS,
        "min": _POINTS,
        "max": _POINTS,
    },
    further=(_score_is_in_range,),
)

RESULT = record(
    "must be a result: an object (Data 2.4.5)",
    {
        "score": SCORE,
        "success": boolean("must be true or false (Data 2.4.5)"),
        "completion": boolean("must be true or false (Data 2.4.5)"),
        "response": text("must be a string (Data 2.4.5)"),
        "duration": text("must be an ISO 8601 duration such as PT1H30M (Data 4.6)", is_duration),
        "extensions": EXTENSIONS,
    },
)


_ACTIVITIES = array(ACTIVITY, "must be an activity or an array of activities (Data 2.4.6.2)")
_CONTEXT_ACTIVITY = either(_ACTIVITIES, ACTIVITY)

_IN_A_CONTEXT = {
    "registration": text("must be a UUID (Data 2.4.6)", is_uuid),
    "instructor": ACTOR,
    "team": GROUP,
    "contextActivities": record(
        "must be an object with parent, grouping, category and other (Data 2.4.6.2)",
        dict.fromkeys(("parent", "grouping", "category", "other"), _CONTEXT_ACTIVITY),
    ),
    "revision": text("must be a string (Data 2.4.6)"),
    "platform": text("must be a string (Data 2.4.6)"),
    "language": text("must be a well-formed RFC 5646 language tag (Data 2.4.6)", is_language_tag),
    "statement": STATEMENT_REF,
    "extensions": EXTENSIONS,
}

_RELEVANT_TYPES = array(iri("2.0, 4.2.2.5"), "must be an array of IRIs (2.0, 4.2.2.5)")


def _is_some(types: list[Any]) -> bool:
    check(_RELEVANT_TYPES, types)
    return bool(types)


def _involved(kind: str, name: str, of: Property) -> Property:
    """Describe the agents or groups that a context of version 2.0 names, each with what makes them relevant."""
    return array(
        record(
            f"must be a {kind}: an object (2.0, 4.2.2.5)",
            {
                "objectType": one_of(f'must be "{kind}" (2.0, 4.2.2.5)', kind),
                name: of,
                "relevantTypes": Property((list,), _is_some, "must name at least one type (2.0, 4.2.2.5)"),
            },
            required={each: f"a {kind} must have {each} (2.0, 4.2.2.5)" for each in ("objectType", name)},
        ),
        f"must be an array of {kind} (2.0, 4.2.2.5)",
    )


_ONLY_IN_A_CONTEXT_OF_2 = {
    "contextAgents": _involved("contextAgent", "agent", AGENT),
    "contextGroups": _involved("contextGroup", "group", GROUP),
}


def _context_suits_its_object(statement: Statement) -> None:
    context = statement.get("context")
    if context and statement["object"].get("objectType", "Activity") != "Activity":
        for name in ("revision", "platform"):
            if name in context:
                raise StatementRefused(
                    f"{name} must only be used where the object is an activity (Data 2.4.6)",
                    context[name],
                    path=f"context.{name}",
                )


def _what_voids_names_a_statement(statement: Statement) -> None:
    if statement["verb"]["id"] == VOIDED and statement["object"].get("objectType") != "StatementRef":
        raise StatementRefused(
            'the object of a statement that voids must be a "StatementRef" (Data 2.3.2)',
            statement["object"],
            path="object",
        )


_OBJECT_RULE = "must be an activity, an agent, a group or a statement: an object (Data 2.4.4)"
_KINDS_IN_A_SUBSTATEMENT = {"Activity": ACTIVITY, "Agent": AGENT, "Group": GROUP, "StatementRef": STATEMENT_REF}


REQUIRED = {
    "actor": "a statement must have an actor (Data 2.4)",
    "verb": "a statement must have a verb (Data 2.4)",
    "object": "a statement must have an object (Data 2.4)",
}


def _what_happened(context: Mapping[str, Property]) -> Mapping[str, Property]:
    return {
        "actor": ACTOR,
        "verb": VERB,
        "result": RESULT,
        "context": record("must be a context: an object (Data 2.4.6)", context),
        "timestamp": _TIMESTAMP,
        "attachments": array(ATTACHMENT, "must be an array of attachments (Data 2.4.11)"),
    }


_TIMESTAMP = text("must be an RFC 3339 timestamp with its zone (Data 4.5)", is_timestamp)

RULES_OF_THE_WHOLE = (_context_suits_its_object, _what_voids_names_a_statement)
"""What holds between the parts of a statement, each of which is sound."""


def _sub_statement(happened: Mapping[str, Property]) -> Property:
    return record(
        "must be a statement inside a statement: an object (Data 2.4.4.3)",
        {
            **happened,
            "objectType": one_of('must be "SubStatement" (Data 2.4.4.3)', "SubStatement"),
            "object": by_object_type(_OBJECT_RULE, _KINDS_IN_A_SUBSTATEMENT, assumed="Activity", section="Data 2.4.4"),
        },
        required={"objectType": 'a statement inside a statement must have the objectType "SubStatement" (Data 2.4.4.3)'}
        | REQUIRED,
        further=RULES_OF_THE_WHOLE,
    )


def _parts(context: Mapping[str, Property], version: Property) -> Mapping[str, Property]:
    happened = _what_happened(context)
    kinds = {**_KINDS_IN_A_SUBSTATEMENT, "SubStatement": _sub_statement(happened)}
    return {
        **happened,
        "id": text("must be a UUID in standard form (Data 2.4.1)", is_uuid),
        "object": by_object_type(_OBJECT_RULE, kinds, assumed="Activity", section="Data 2.4.4"),
        "stored": _TIMESTAMP,
        "authority": AUTHORITY,
        "version": version,
    }


PARTS_OF_A_CONTEXT: Mapping[Version, Mapping[str, Property]] = {
    "1.0.3": _IN_A_CONTEXT,
    "2.0.0": _IN_A_CONTEXT | _ONLY_IN_A_CONTEXT_OF_2,
}

PARTS: Mapping[Version, Mapping[str, Property]] = {
    "1.0.3": _parts(
        PARTS_OF_A_CONTEXT["1.0.3"], text('must be "1.0" or begin with "1.0." (Data 2.4.10)', is_version_1)
    ),
    "2.0.0": _parts(PARTS_OF_A_CONTEXT["2.0.0"], text('must begin with "2.0" or "1.0" (2.0, 4.2.4.3)', is_version_2)),
}
"""The properties of a statement of each version."""

_STATEMENTS: Mapping[Version, Property] = {
    version: record("must be a statement: an object (Data 2.4)", parts, required=REQUIRED, further=RULES_OF_THE_WHOLE)
    for version, parts in PARTS.items()
}
