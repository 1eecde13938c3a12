"""From the JSON of a request to its items, or to everything that is wrong with them."""

from typing import Any

from pydantic import BaseModel, ValidationError

from milepost.sources.office.items import ITEMS, AnyItem
from milepost.sources.office.problems import FactsRefused, Problem, problems_of, unknown
from milepost.sources.xapi.refusal import shown

MOST = 1000
"""How many facts one request may carry."""

MOST_PROBLEMS = 50

_BY_NAME: dict[str, type[BaseModel]] = {**ITEMS, **{model.wire_name: model for model in ITEMS.values()}}


def read_items(content: object) -> list[AnyItem]:
    """Return the one item or the array of items; raise FactsRefused with all that is wrong, at most fifty problems."""
    items = content if isinstance(content, list) else [content]
    if len(items) > MOST:
        raise FactsRefused(
            [Problem(MOST, "", f"at most {MOST} facts can come in one request; send several", shown(items))]
        )
    read: list[Any] = []
    problems: list[Problem] = []
    for index, item in enumerate(items):
        _read_one(index, item, read, problems)
        if len(problems) >= MOST_PROBLEMS:
            raise FactsRefused(problems[:MOST_PROBLEMS])
    problems.extend(_ids_twice(read) if not problems else ())
    if problems:
        raise FactsRefused(problems)
    return read


def _read_one(index: int, item: object, read: list[Any], problems: list[Problem]) -> None:
    if not isinstance(item, dict):
        problems.append(Problem(index, "", "must be an object with a type", shown(item)))
        return
    named = item.get("type")
    model = _BY_NAME.get(named) if isinstance(named, str) else None
    if model is None:
        problems.append(unknown(index, "type", named, tuple(ITEMS)))
        return
    try:
        read.append(model.model_validate(item))
    except ValidationError as error:
        problems.extend(problems_of(error, index, model))


def _ids_twice(items: list[Any]) -> list[Problem]:
    seen: dict[str, int] = {}
    problems: list[Problem] = []
    for index, item in enumerate(items):
        if item.id is not None and item.id in seen:
            problems.append(
                Problem(
                    index, "id", f"an id may come once in a request, and item {seen[item.id]} has it", shown(item.id)
                )
            )
        seen.setdefault(item.id, index)
    return problems
