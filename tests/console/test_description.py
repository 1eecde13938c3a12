"""What the OpenAPI descriptions say is so: schemathesis asks by them, with what they allow and what they do not.

A server of everything is asked, as a script with the key of an account and a source with its key would: no answer is a
500, each has a status, a type, headers and a shape that are described, and what is described as wrong is refused.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from milepost.runtimes.embedded import build_app
from milepost.store import accounts, sources
from tests.console.server import served
from tests.console.world import department, ids_of, new_world

pytestmark = pytest.mark.slow

PAGES, FACTS = "/v1/openapi.json", "/v1/facts/openapi.json"

PATIENCE_SECONDS = 120
"""A machine with much to do is no reason to fail."""

Operation = APIOperation[Any, Any, Any, Any]

EXAMPLES = {PAGES: 12, FACTS: 60}
"""How many ways each operation is asked for: a page takes some milliseconds, a fact that is refused hardly one."""

bounded = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


class Asked:
    """A server of a department, the keys that it is asked with, and the ids of what is there."""

    def __init__(self, address: str, *, account: str, source: str, ids: Mapping[str, str]) -> None:
        self.address = address
        self.ids = ids
        self._keys = {PAGES: account, FACTS: source}

    def described(self, path: str) -> BaseSchema:
        """Return a description without who may ask: every request is sent with a key."""
        raw = httpx.get(self.address + path, headers=self.headers(path), timeout=PATIENCE_SECONDS).json()
        for methods in raw["paths"].values():
            for operation in methods.values():
                operation.pop("security", None)
        return schemathesis.openapi.from_dict(raw)

    def headers(self, path: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._keys[path]}"}

    def operations(self, path: str) -> list[Operation]:
        found = [each.ok() for each in self.described(path).get_all_operations() if isinstance(each, Ok)]
        assert found
        return found

    def status_of(self, operation: Operation, **said: Any) -> int:
        """Ask about what is there; return the status of an answer that is as it is described."""
        named = re.findall(r"{(\w+)}", operation.path)
        case = operation.Case(path_parameters={name: self.ids[name] for name in named}, **said)
        return self.ask(case, PAGES)

    def ask(self, case: schemathesis.Case[Any], path: str, *excluded: Any) -> int:
        """Send a request; return the status of its answer once that is found to be as it is described."""
        return case.call_and_validate(
            base_url=self.address, headers=self.headers(path), timeout=PATIENCE_SECONDS, excluded_checks=[*excluded]
        ).status_code


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    with new_world(tmp_path_factory.mktemp("described")) as world:
        department(world)
        ids = ids_of(world)
        with world.services.database.writing() as connection:
            accounts.add(connection, "robot", role="coordinator", tenant="default", password=None, at=0)
            account = accounts.new_key(connection, "robot")
            source = sources.rotate(connection, world.services.vault, "default", "office", at=world.now)
        with served(build_app(world.parts)) as address:
            yield Asked(address, account=account, source=source, ids=ids)


@pytest.mark.parametrize("path", [PAGES, FACTS])
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_as_it_is_described(asked: Asked, path: str, mode: GenerationMode) -> None:
    for operation in asked.operations(path):
        if mode is GenerationMode.POSITIVE or is_asked_for_something(operation):
            hold(asked, path, operation, mode)


def test_everything_that_is_there_is_as_it_is_described(asked: Asked) -> None:
    reading = [each for each in asked.operations(PAGES) if each.method == "get"]

    statuses = {operation.path: asked.status_of(operation) for operation in reading}

    assert statuses == dict.fromkeys(statuses, 200)
    assert len(statuses) >= 11


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/gaps/{gap_id}/handling", {"do": "note", "text": "called"}, 200),
        ("/v1/gaps/{gap_id}/handling", {"do": "acknowledge", "version": 7}, 409),
        ("/v1/sessions/{offering}/{session}/roster", {"closed": False}, 200),
        ("/v1/unmatched/{identifier}", {"do": "guest"}, 200),
        ("/v1/unmatched/{identifier}", {"do": "link"}, 422),
    ],
)
def test_every_command_is_answered_as_it_is_described(
    asked: Asked, path: str, body: dict[str, Any], status: int
) -> None:
    operation = asked.described(PAGES)[path]["POST"]

    assert asked.status_of(operation, body=body, media_type="application/json") == status


@pytest.mark.parametrize("path", [PAGES, FACTS])
def test_every_other_method_is_told_which_are_answered(asked: Asked, path: str) -> None:
    described = asked.described(path).raw_schema["paths"]

    for address, methods in described.items():
        filled = re.sub(r"{(\w+)}", lambda found: asked.ids[found[1]], address)
        answer = httpx.patch(asked.address + filled, headers=asked.headers(path), timeout=PATIENCE_SECONDS)
        assert answer.status_code == 405, address
        answered = {method.upper() for method in methods}
        answered |= {"HEAD"} if "GET" in answered else set()
        assert answer.headers["allow"] == ", ".join(sorted(answered)), address


def is_asked_for_something(operation: Operation) -> bool:
    """Say whether there is anything in a request that can be wrong."""
    return any(list(each) for each in (operation.query, operation.body))


def hold(asked: Asked, path: str, operation: Operation, mode: GenerationMode) -> None:
    """Ask for what is described in some ways that it allows, or does not, and hold the answers against it.

    What it allows may be refused for what no schema says. A page passes over a parameter that it does not know.
    """
    excluded = [positive_data_acceptance, *([negative_data_rejection] if operation.method == "get" else [])]

    @settings(bounded, max_examples=EXAMPLES[path])
    @given(case=operation.as_strategy(generation_mode=mode))
    def held(case: schemathesis.Case[Any]) -> None:
        asked.ask(case, path, *excluded)

    held()
