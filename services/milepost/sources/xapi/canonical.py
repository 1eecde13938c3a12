"""A statement in the format `canonical`: what is said in several languages is given in one (Comm 2.1.3).

What an activity or a verb is called is what the statement itself says; no other definition of it is kept.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from milepost.sources.xapi.activities import ALL_LISTS
from milepost.sources.xapi.statement import Statement

MOST_LANGUAGES = 20
"""How many languages of a request count; what a browser sends has fewer."""

_language = re.compile(r"([A-Za-z0-9-]{1,40})(?:[ \t]*;[ \t]*[qQ]=([01](?:\.[0-9]{0,3})?))?").fullmatch


def preferred_languages(header: str) -> tuple[str, ...]:
    """Return the languages that an `Accept-Language` names, the most wanted first; what cannot be read is left out."""
    found = [_language(each.strip()) for each in header.split(",", MOST_LANGUAGES)[:MOST_LANGUAGES]]
    weighed = [(float(each[2] or 1), each[1].lower()) for each in found if each]
    return tuple(language for weight, language in sorted(weighed, key=lambda each: -each[0]) if weight)


def in_one_language(statement: Statement, preferred: Sequence[str]) -> Statement:
    """Return a kept statement, or one inside it, with one language of each text: the first that suits, or is there."""
    parts = {"verb": _verb, "object": _object, "context": _context}
    return {key: parts[key](item, preferred) if key in parts else item for key, item in statement.items()}


def _verb(verb: Mapping[str, Any], preferred: Sequence[str]) -> Any:
    return {**verb, "display": _text(verb["display"], preferred)} if "display" in verb else verb


def _object(value: Mapping[str, Any], preferred: Sequence[str]) -> Any:
    if value.get("objectType") == "SubStatement":
        return in_one_language(dict(value), preferred)
    return _activity(value, preferred)


def _context(context: Mapping[str, Any], preferred: Sequence[str]) -> Any:
    if "contextActivities" not in context:
        return context
    kinds = context["contextActivities"].items()
    return {
        **context,
        "contextActivities": {kind: [_activity(each, preferred) for each in found] for kind, found in kinds},
    }


def _activity(activity: Mapping[str, Any], preferred: Sequence[str]) -> Any:
    if "definition" not in activity:
        return activity
    definition = _described(activity["definition"], preferred)
    lists = {name: [_described(each, preferred) for each in definition[name]] for name in ALL_LISTS & definition.keys()}
    return {**activity, "definition": {**definition, **lists}}


def _described(thing: Mapping[str, Any], preferred: Sequence[str]) -> dict[str, Any]:
    said_in_languages = ("name", "description")
    return {key: _text(item, preferred) if key in said_in_languages else item for key, item in thing.items()}


def _text(said: Mapping[str, str], preferred: Sequence[str]) -> dict[str, str]:
    suiting = _suiting(said) if preferred else {}
    for wanted in preferred:
        for language in _ever_shorter(wanted):
            if language in suiting:
                return {suiting[language]: said[suiting[language]]}
    return dict([*said.items()][:1])


def _suiting(said: Iterable[str]) -> Mapping[str, str]:
    """Return for each language the shortest tag that is a kind of it; looked for once, as a text may have many."""
    shortest: dict[str, str] = {}
    for tag in said:
        for language in _ever_shorter(tag.lower()):
            if language not in shortest or len(tag) < len(shortest[language]):
                shortest[language] = tag
    return shortest


def _ever_shorter(language: str) -> Iterator[str]:
    """Yield a language and those that it is a kind of: a reader of de-ch would rather have de than what comes next."""
    subtags = language.split("-")
    for length in range(len(subtags), 0, -1):
        yield "-".join(subtags[:length])
