"""What was done or met: activities and their definitions (Data 2.4.4.1)."""

from collections.abc import Iterable
from typing import Any

from milepost.sources.xapi.checks import EXTENSIONS, Property, array, check, iri, language_map, one_of, record, text
from milepost.sources.xapi.formats import is_iri
from milepost.sources.xapi.refusal import StatementRefused

SECTION = "Data 2.4.4.1"

COMPONENT_LISTS: dict[str, frozenset[str]] = {
    "choice": frozenset({"choices"}),
    "sequencing": frozenset({"choices"}),
    "likert": frozenset({"scale"}),
    "matching": frozenset({"source", "target"}),
    "performance": frozenset({"steps"}),
    "true-false": frozenset(),
    "fill-in": frozenset(),
    "long-fill-in": frozenset(),
    "numeric": frozenset(),
    "other": frozenset(),
}
"""The lists of components that each type of interaction may have."""

ALL_LISTS = frozenset().union(*COMPONENT_LISTS.values())

COMPONENT = record(
    f"must be an interaction component: an object with an id ({SECTION})",
    {"id": text(f"must be a string ({SECTION})"), "description": language_map(SECTION)},
    required={"id": f"an interaction component must have an id ({SECTION})"},
)

_COMPONENTS = array(COMPONENT, f"must be an array of interaction components ({SECTION})")


def _components_have_distinct_ids(components: list[dict[str, Any]]) -> bool:
    check(_COMPONENTS, components)
    seen: set[str] = set()
    for index, component in enumerate(components):
        if component["id"] in seen:
            raise StatementRefused(
                f"ids must be distinct within the list ({SECTION})", component["id"], path=f"[{index}].id"
            )
        seen.add(component["id"])
    return True


_OF_AN_INTERACTION = ALL_LISTS | {"interactionType", "correctResponsesPattern"}


def _interaction_is_whole(definition: dict[str, Any]) -> None:
    if _OF_AN_INTERACTION.isdisjoint(definition):
        return
    lists = ALL_LISTS & definition.keys()
    kind = definition.get("interactionType")
    if kind is None and (lists or "correctResponsesPattern" in definition):
        raise StatementRefused(
            f"an interaction must have an interactionType ({SECTION})", definition, path="interactionType"
        )
    for name in sorted(lists - COMPONENT_LISTS.get(kind or "", ALL_LISTS)):
        raise StatementRefused(
            f"an interaction of type {kind} has no such list ({SECTION})", definition[name], path=name
        )


DEFINITION = record(
    f"must be the definition of an activity: an object ({SECTION})",
    {
        "name": language_map(SECTION),
        "description": language_map(SECTION),
        "type": iri(SECTION),
        "moreInfo": text(f"must be an IRL with a scheme ({SECTION})", is_iri),
        "interactionType": one_of(f"must be one of the ten interaction types ({SECTION})", *COMPONENT_LISTS),
        "correctResponsesPattern": array(
            text(f"must be a string ({SECTION})"), f"must be an array of strings ({SECTION})"
        ),
        "extensions": EXTENSIONS,
    }
    | {
        name: Property(
            (list,), _components_have_distinct_ids, f"must be an array of interaction components ({SECTION})"
        )
        for name in sorted(ALL_LISTS)
    },
    further=(_interaction_is_whole,),
)

ACTIVITY = record(
    f"must be an activity: an object with an id ({SECTION})",
    {
        "objectType": one_of(f'the objectType of an activity must be "Activity" ({SECTION})', "Activity"),
        "id": iri(SECTION),
        "definition": DEFINITION,
    },
    required={"id": f"an activity must have an id ({SECTION})"},
)


def activity_of(id: str, definitions: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the whole activity, from sound definitions of which a later one counts more (Comm 2.5).

    Of texts in several languages each language counts by itself, and so does each extension.
    """
    whole: dict[str, Any] = {}
    for each in definitions:
        if "interactionType" in each:
            whole = {key: value for key, value in whole.items() if key not in _OF_AN_INTERACTION}
        joined = {key: {**whole.get(key, {}), **each[key]} for key in _SAID_APART if key in each}
        whole = {**whole, **each, **joined}
    return {"objectType": "Activity", "id": id, **({"definition": whole} if whole else {})}


_SAID_APART = ("name", "description", "extensions")
