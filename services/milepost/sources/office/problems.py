"""What is wrong with facts that were posted: which one, where in it, and what would be possible there."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from milepost.sources.xapi.refusal import shown


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `possible` lists what is known in its place, where that is a closed set."""

    index: int
    path: str
    message: str
    found: str = ""
    possible: tuple[str, ...] = ()


class FactsRefused(ValueError):
    """Something in a request is wrong, so nothing of it was kept; there is at least one problem."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        where = ", ".join(filter(None, (f"at index {first.index}", first.path)))
        super().__init__(
            f"{len(problems)} problem(s) in what was sent, so nothing was kept: mend them and send all of it again. "
            f"The first, {where}: {first.message}."
        )
        self.problems = problems


def problems_of(error: ValidationError, index: int, model: type[BaseModel]) -> Iterator[Problem]:
    """Yield what a model found wrong, in words for the person who wrote the request."""
    for each in error.errors(include_url=False):
        if each["type"] == "too_short" and len(each["input"]) >= each["ctx"]["min_length"]:
            continue  # it has lost the items in which something else is wrong
        message, possible = _sentence(each, model)
        found = "" if each["type"] == "missing" else shown(each["input"])
        yield Problem(index, _path(each["loc"]), message, found, possible)


def unknown(index: int, path: str, found: object, possible: tuple[str, ...]) -> Problem:
    """Return that a value is none of those that are possible, with the one that was probably meant."""
    close = get_close_matches(found, possible, 1) if isinstance(found, str) else []
    hint = f"; did you mean {close[0]}?" if close else ""
    return Problem(index, path, f"must be one of the possible values{hint}", shown(found), possible)


def _sentence(each: Any, model: type[BaseModel]) -> tuple[str, tuple[str, ...]]:
    match each["type"]:
        case "missing":
            return "is needed and missing", ()
        case "extra_forbidden":
            known = _fields(model, each["loc"][:-1])
            close = get_close_matches(str(each["loc"][-1]), known, 1)
            return "is no key that is known here" + (f"; did you mean {close[0]}?" if close else ""), known
        case "literal_error":
            possible = tuple(part.strip("' ") for part in each["ctx"]["expected"].replace(" or ", ", ").split(","))
            return unknown(0, "", each["input"], possible).message, possible
        case "value_error":
            return str(each["ctx"]["error"]), ()
        case "string_pattern_mismatch":
            return "must be printable text without a slash and without line breaks", ()
        case "tuple_type":
            return "must be an array", ()
        case "model_type":
            return "must be an object", ()
        case _:
            return str(each["msg"]).replace("Input should be", "must be").replace("Tuple", "the array"), ()


def _path(loc: tuple[int | str, ...]) -> str:
    path = ""
    for step in loc:
        path += f"[{step}]" if isinstance(step, int) else f".{shown(step).strip(chr(34))}"
    return path.removeprefix(".")


def _fields(model: type[BaseModel], loc: tuple[int | str, ...]) -> tuple[str, ...]:
    """Return the keys that the object at a place may have."""
    here: Any = model
    for step in loc:
        if isinstance(step, str):
            here = _model_in(here.model_fields[step].annotation)
    return tuple(here.model_fields)


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return (
        next(found for found in map(_model_in, getattr(annotation, "__args__", ())) if found is not None)
        if getattr(annotation, "__args__", ())
        else None
    )
