"""Every route there is, asked by nobody, by a viewer, by a coordinator, and with the ids of another tenant.

Routes are read from the application: one that is new is held to the same without being named here.
"""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute

from milepost.store.tables import METADATA
from tests.console.accounts import Door
from tests.console.http import Http
from tests.console.world import World, department, ids_of, new_world
from tests.store.builders import make_tenant

FOR_ALL = {"/sign-in"}
OWN = {"/sign-out", "/account/password"}
"""What changes nothing but one's own account."""

NO_SUCH_ID = {"/", "/live", "/v1/trust", "/account"}

SECRETS = ("Ruiz", "Okafor", "@example.org", "Rigging", "P-09", "lockout-tagout", "LOTO")
"""Words of the department: no answer to somebody else has any of them."""

MANGLED = (
    "//gaps",
    "/GAPS",
    "/gaps/",
    "/./gaps",
    "/static/../gaps",
    "/sign-in/../gaps",
    "/sign-in/x",
    "/v1",
    "/%67aps",
)


class Built:
    """The console of a department, a tenant beside it that has nothing, and somebody of each kind."""

    def __init__(self, world: World) -> None:
        department(world)
        with world.services.database.writing() as connection:
            make_tenant(connection, "elsewhere", at=world.now)
        self.ids = ids_of(world)
        self.door = Door(world)
        self.door.account("carla")
        self.door.account("vera", "viewer")
        self.door.account("otto", tenant="elsewhere")
        self.clients = {
            "nobody": self.door.browser(),
            "viewer": self.door.signed_in("vera"),
            "coordinator": self.door.signed_in("carla"),
            "stranger": self.door.signed_in("otto"),
        }

    def routes(self) -> Iterator[tuple[str, str, str]]:
        """Yield method, path as it is declared, and path with ids of the department."""
        for path, methods in _declared(self.door):
            filled = re.sub(r"{(\w+)}", lambda found: self.ids[found[1]], path)
            for method in sorted(methods - {"HEAD", "OPTIONS"}):
                yield method, path, filled


def _declared(door: Door) -> Iterator[tuple[str, set[str]]]:
    for route in _flat(door.app.routes):
        path, methods = getattr(route, "path", ""), getattr(route, "methods", None)
        if methods:
            yield path, set(methods)


def _flat(routes: object) -> Iterator[object]:
    for route in routes:  # type: ignore[attr-defined]
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _flat(inner.routes)
        else:
            yield route


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    with new_world(tmp_path_factory.mktemp("routes")) as world:
        yield Built(world)


def ask(asked: Http, method: str, path: str) -> tuple[int, str]:
    answer = asked.request(method, path, data={} if method == "POST" else None)
    return answer.status_code, answer.text + str(answer.headers)


def test_the_routes_are_found(built: Built) -> None:
    found = {path for _, path, _ in built.routes()}

    assert {"/gaps", "/v1/gaps", "/learners/{learner}.json", "/sessions/{offering}/{session}/roster"} <= found
    assert "/v1/openapi.json" in found
    assert len([route for route in _flat(built.door.app.routes) if isinstance(route, APIRoute)]) > 30


def test_nobody_gets_anything_from_any_route(built: Built) -> None:
    for method, path, filled in built.routes():
        status, text = ask(built.clients["nobody"], method, filled)

        if path in FOR_ALL:
            assert status in (200, 422), (method, path)
        elif method == "GET" and not (path.startswith("/v1/") or path.endswith(".json")):
            assert status == 303, (method, path)
            assert "location': '/sign-in" in text, (method, path)
        else:
            assert status == 401, (method, path, status)
        assert not leaked(text, said=filled), (method, path)


@pytest.mark.parametrize("path", MANGLED)
def test_a_mangled_path_is_no_way_around(built: Built, path: str) -> None:
    status, text = ask(built.clients["nobody"], "GET", path)

    assert status in (303, 401, 404)
    assert not leaked(text)


def test_a_viewer_reads_every_page_but_the_audit_log_and_acts_nowhere(built: Built) -> None:
    for method, path, filled in built.routes():
        if path in OWN | FOR_ALL:
            continue
        status, _ = ask(built.clients["viewer"], method, filled)

        if method == "GET":
            expected = {403} if "audit" in path else {200, 303}
            assert status in expected, (method, path, status)
        else:
            assert status == 403, (method, path, status)


def test_a_coordinator_is_refused_nowhere(built: Built) -> None:
    for method, path, filled in built.routes():
        if path in OWN | FOR_ALL:
            continue
        status, _ = ask(built.clients["coordinator"], method, filled)

        assert status in ((200, 303) if method == "GET" else (200, 303, 422)), (method, path, status)


def test_asked_by_head_every_route_answers_each_of_them_as_by_get_with_nothing_below(built: Built) -> None:
    for asked in built.clients.values():
        for method, path, filled in built.routes():
            if method == "GET":
                head, whole = asked.request("HEAD", filled), asked.request("GET", filled)
                assert head.content == b"", path
                assert head.status_code == whole.status_code, path
                assert but_for_length(head) == but_for_length(whole), path


def but_for_length(answer: httpx.Response) -> dict[str, str]:
    """Return the headers; the length of the audit log is another one whenever somebody has looked into it."""
    return {name: value for name, value in answer.headers.items() if name != "content-length"}


def test_another_tenants_ids_are_nothing_that_there_is(built: Built) -> None:
    for method, path, filled in built.routes():
        if path in OWN | FOR_ALL:
            continue
        status, text = ask(built.clients["stranger"], method, filled)

        if "{" in path:
            assert status in ((404,) if method == "GET" else (404, 422)), (method, path, status)
        assert not leaked(text, said=filled), (method, path)


def test_what_another_tenant_does_changes_nothing_here(built: Built) -> None:
    before = rows(built)

    for method, path, filled in built.routes():
        if method != "GET" and path not in OWN | FOR_ALL:
            for body in BODIES:
                built.clients["stranger"].request(method, filled, **body)

    assert rows(built) == before


BODIES = (
    {"data": {"do": "close"}},
    {"data": {"do": "guest"}},
    {"json": {"closed": True}},
    {"json": {"do": "guest"}},
)


def rows(built: Built) -> dict[str, list[str]]:
    """Return all rows of the department's tenant, but for when somebody was seen."""
    with built.door.world.services.database.reading() as connection:
        return {
            table.name: sorted(
                str(row) for row in connection.execute(table.select().where(table.c.tenant == "default"))
            )
            for table in METADATA.tables.values()
            if "tenant" in table.c
        }


def leaked(text: str, *, said: str = "") -> list[str]:
    """Return what of the department is in an answer, beside what was said in the question."""
    return [word for word in SECRETS if word in text and word not in said]
