"""Golden examples: what was once on the wire is read for ever."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from milepost_schemas.messages import DeadLetter, DeadLetterDecided, HoldStated
from milepost_schemas.topics import Message, address
from scripts.generators.contracts import ROOT
from tests.contracts.golden import EXAMPLES, KINDS, PATHS, document, messages, read, title, write

every_example = pytest.mark.parametrize("path", PATHS, ids=title)


OF_AUTHORS = ("values", "definition", "came", "body")


def stranger(value: Any) -> Any:
    """Return a document in which every object has a field that nobody knows; what authors name is left alone."""
    if isinstance(value, dict):
        kept = {key: one if key in OF_AUTHORS else stranger(one) for key, one in value.items()}
        return {"added_later": {"by": ["a newer version"]}, **kept}
    return [stranger(one) for one in value] if isinstance(value, list) else value


def is_said_again(old: Any, new: Any) -> bool:
    """Say whether a document holds all of an older one; fields with defaults may have been added since."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and is_said_again(one, new[key]) for key, one in old.items())
    if isinstance(old, list):
        same_length = isinstance(new, list) and len(old) == len(new)
        return same_length and all(is_said_again(*pair) for pair in zip(old, new, strict=True))
    return bool(old == new) and type(old) is type(new)


def instants(value: Any) -> Iterator[str]:
    """Yield every text of a document that stands where an instant does."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key.endswith("_at") or key in ("at", "since", "until", "as_of", "heard_until"):
                yield from [one] if isinstance(one, str) else []
            yield from instants(one)
    elif isinstance(value, list):
        for one in value:
            yield from instants(one)


@every_example
def test_an_example_is_read_as_what_its_folder_says(path: Path) -> None:
    assert isinstance(read(document(path)), KINDS[path.parent.name])


@every_example
def test_what_was_read_is_written_as_it_was(path: Path) -> None:
    body = document(path)

    written = write(read(body))

    assert is_said_again(body, written)
    assert read(written) == read(body)


@every_example
def test_a_field_of_a_later_version_is_passed_over(path: Path) -> None:
    body = document(path)

    assert read(stranger(body)) == read(body)


@every_example
def test_an_example_is_what_its_schema_says(path: Path) -> None:
    schema = json.loads((ROOT / "schemas" / "json" / f"{path.parent.name}.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)

    assert not list(validator.iter_errors(document(path)))
    assert not list(validator.iter_errors(stranger(document(path))))


@every_example
def test_instants_are_written_in_utc_with_milliseconds(path: Path) -> None:
    found = list(instants(write(read(document(path)))))

    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one) for one in found)


def test_the_instants_of_the_examples_are_found_at_all() -> None:
    assert sum(len(list(instants(document(path)))) for path in PATHS) > 200


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_name_has_an_example(name: str) -> None:
    assert list((EXAMPLES / name).glob("*.json"))


def test_every_example_has_a_name_that_is_on_the_wire() -> None:
    assert {path.parent.name for path in PATHS} <= set(KINDS)


def test_examples_are_only_ever_added_to() -> None:
    lines = [line.split("  ", 1) for line in (EXAMPLES / "golden.sha256").read_text().splitlines()]
    digests = {name: digest for digest, name in lines}
    now = {path.relative_to(EXAMPLES).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in PATHS}

    changed = [name for name in digests if now.get(name) != digests[name]]

    assert not changed, "an example is what somebody may have stored; write another one, and leave this as it was"
    assert set(now) == set(digests), "make generate adds the digests of new examples"


def whose(message: Message) -> str:
    """Return what a key begins with: the tenant, but what cannot be read is nobody's."""
    match message:
        case DeadLetter():
            return message.topic
        case DeadLetterDecided():
            return "dead-letters"
        case HoldStated():
            return "hold"
        case _:
            return "default"


def test_every_message_has_an_address_and_the_tenant_comes_first() -> None:
    for message in messages():
        assert address(message).key.startswith(f"{whose(message)}/")
        assert not address(message).key.endswith("/")


def test_one_thing_has_one_key_whoever_speaks_of_it() -> None:
    keys = {(address(message).topic, address(message).key) for message in messages()}

    assert len({key for topic, key in keys if topic == "offerings"}) == 1
    assert len({key for topic, key in keys if topic == "meetings"}) == 1
    assert len({key for topic, key in keys if topic == "learners"}) == 1
