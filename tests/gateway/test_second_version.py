"""What differs between xAPI 1.0.3 and 2.0.0, and the alternate request syntax that only the first has."""

import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.gateway.senders import World, basic, statement

ID = "5d3f6a52-9b0d-4b56-8f3a-0d1d3b8a1c01"
PATH = "/xapi/statements"
BEN = {"mbox": "mailto:ben@example.net"}
CONTEXT = {
    "contextAgents": [{"objectType": "contextAgent", "agent": BEN, "relevantTypes": ["https://example.net/mentor"]}],
    "contextGroups": [{"objectType": "contextGroup", "group": {"objectType": "Group", "member": [BEN]}}],
}


def post(world: World, asked: str, /, **more: Any) -> httpx.Response:
    return world.post("player", statement(id=ID, **more), X_Experience_API_Version=asked)


def read(world: World) -> Any:
    return world.get("player", f"{PATH}?statementId={ID}").json()


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("1.0", "1.0.3"), ("1.0.1", "1.0.3"), ("2.0.0", "2.0.0"), ("2.0.7", "2.0.0"), ("3", "1.0.3")],
)
def test_a_request_is_answered_in_its_version(world: World, asked: str, answered: str) -> None:
    assert post(world, asked).headers["X-Experience-API-Version"] == answered


def test_only_the_second_version_knows_agents_and_groups_of_the_context(world: World) -> None:
    assert post(world, "1.0.3", context=CONTEXT).status_code == 400
    assert post(world, "2.0.0", context=CONTEXT).status_code == 200
    assert read(world)["context"] == CONTEXT


def test_the_format_ids_leaves_of_them_what_identifies(world: World) -> None:
    ben = {**BEN, "name": "Ben"}
    group = {"objectType": "Group", "name": "A team", "member": [ben]}
    agents = [{**CONTEXT["contextAgents"][0], "agent": ben}]
    groups = [{**CONTEXT["contextGroups"][0], "group": group}]
    post(world, "2.0.0", context={"contextAgents": agents, "contextGroups": groups})

    assert world.get("player", f"{PATH}?statementId={ID}&format=ids").json()["context"] == CONTEXT


@pytest.mark.parametrize(
    "entry",
    [
        {"objectType": "agent", "agent": BEN},
        {"objectType": "contextAgent"},
        {"objectType": "contextAgent", "agent": {}},
        {"objectType": "contextAgent", "agent": BEN, "relevantTypes": []},
        {"objectType": "contextAgent", "agent": BEN, "relevantTypes": ["mentor"]},
        {"objectType": "contextAgent", "agent": BEN, "more": 1},
    ],
)
def test_an_agent_of_the_context_is_checked_in_every_detail(world: World, entry: dict[str, Any]) -> None:
    assert post(world, "2.0.0", context={"contextAgents": [entry]}).status_code == 400


def test_agents_of_the_context_are_found_as_related(world: World) -> None:
    post(world, "2.0.0", context=CONTEXT)
    agent = '{"mbox": "mailto:ben@example.net"}'

    plainly = world.get("player", f"{PATH}?{urlencode({'agent': agent})}").json()
    related = world.get("player", f"{PATH}?{urlencode({'agent': agent, 'related_agents': 'true'})}").json()

    assert (len(plainly["statements"]), len(related["statements"])) == (0, 1)


def test_a_statement_of_the_second_version_says_so_and_its_time_is_in_utc(world: World) -> None:
    post(world, "2.0.0", timestamp="2026-09-07T09:00:00.250+02:00")

    assert read(world)["version"] == "2.0.0"
    assert read(world)["timestamp"] == "2026-09-07T07:00:00.250000Z"


def test_a_statement_of_the_first_version_keeps_its_time_as_it_was_written(world: World) -> None:
    post(world, "1.0.3", timestamp="2026-09-07T09:00:00.250+02:00")

    assert read(world)["version"] == "1.0.0"
    assert read(world)["timestamp"] == "2026-09-07T09:00:00.250+02:00"


@pytest.mark.parametrize(
    ("version", "said", "status"),
    [
        ("1.0.3", "2.0.0", 400),
        ("1.0.3", "1.0.9", 200),
        ("2.0.0", "2.0.0", 200),
        ("2.0.0", "1.0", 200),
        ("2.0.0", "1.1", 400),
    ],
)
def test_the_version_of_a_statement_must_suit_that_of_its_request(
    world: World, version: str, said: str, status: int
) -> None:
    assert post(world, version, version=said).status_code == status


def test_a_signed_statement_is_not_taken_as_if_somebody_had_checked_it(world: World) -> None:
    signature = {
        "usageType": "http://adlnet.gov/expapi/attachments/signature",
        "display": {"en": "Signature"},
        "contentType": "application/octet-stream",
        "length": 1,
        "sha2": "a" * 64,
        "fileUrl": "https://files.example.net/1",
    }

    assert post(world, "1.0.3", attachments=[signature]).status_code == 501


# --- the alternate request syntax ------------------------------------------------------------------------------------


FORM = "application/x-www-form-urlencoded"


def alternate(
    world: World,
    method: str,
    form: dict[str, str],
    *,
    version: str = "1.0.3",
    query: str = "",
    path: str = PATH,
    is_said_to_be: str = FORM,
) -> Any:
    headers = {"Authorization": basic("player", world.keys["player"]), "X-Experience-API-Version": version}
    body = urlencode({**headers, **form})
    told = {"Content-Type": is_said_to_be}
    return world.http.request("POST", f"{path}?method={method}{query}", content=body, headers=told)


CONTENT = '{"actor":{"mbox":"mailto:ana@example.net"},"verb":{"id":"http://a.example/b"},"object":{"id":"http://a.example/c"}}'


def test_a_form_means_the_request_that_it_describes(world: World) -> None:
    put = alternate(world, "PUT", {"statementId": ID, "content": CONTENT, "Content-Type": "application/json"})
    got = alternate(world, "GET", {"statementId": ID})
    posted = alternate(world, "POST", {"content": CONTENT})

    assert (put.status_code, got.status_code, posted.status_code) == (204, 200, 200)
    assert got.json()["id"] == ID


def test_a_form_that_a_browser_calls_plain_text_is_one(world: World) -> None:
    form = {"statementId": ID, "content": CONTENT}

    assert alternate(world, "PUT", form, is_said_to_be="text/plain;charset=UTF-8").status_code == 204
    assert alternate(world, "PUT", form, is_said_to_be="application/json").status_code == 400


@pytest.mark.parametrize(
    ("method", "form", "query"),
    [
        ("PUT", {"statementId": ID}, ""),
        ("PUT", {"content": CONTENT}, f"&statementId={ID}"),
        ("PATCH", {"content": CONTENT}, ""),
        ("GET", {"method": "GET"}, ""),
    ],
)
def test_a_form_that_means_nothing_is_refused(world: World, method: str, form: dict[str, str], query: str) -> None:
    assert alternate(world, method, form, query=query).status_code == 400


def test_a_form_that_deletes_is_answered_as_a_delete_is(world: World) -> None:
    assert alternate(world, "DELETE", {}).status_code == 405
    assert alternate(world, "PATCH", {}, path="/xapi/activities/state").status_code == 400


def test_a_form_of_content_that_cannot_send_otherwise_keeps_and_finds_its_bookmark(world: World) -> None:
    about = {"activityId": "http://a.example/c", "agent": json.dumps(BEN), "stateId": "bookmark"}
    told = {"content": "slide \u2192 7", "Content-Type": "text/plain"}

    def asked(method: str, **more: str) -> Any:
        return alternate(world, method, {**about, **more}, path="/xapi/activities/state/")

    put, got = asked("PUT", **told), asked("GET")
    unseen = asked("PUT", **told, **{"If-None-Match": "*"})
    seen = asked("PUT", content="slide 8", **{"Content-Type": "text/plain", "If-Match": got.headers["ETag"]})
    deleted, gone = asked("DELETE"), asked("GET")

    assert (put.status_code, unseen.status_code, seen.status_code, deleted.status_code) == (204, 412, 204, 204)
    assert (got.content.decode(), got.headers["Content-Type"]) == ("slide \u2192 7", "text/plain")
    assert (gone.status_code, gone.content) == (404, b"")


def test_the_second_version_has_no_alternate_syntax(world: World) -> None:
    assert alternate(world, "POST", {"content": CONTENT}, version="2.0.0").status_code == 400
    assert alternate(world, "GET", {}, version="2.0.0", path="/xapi/activities/state").status_code == 400
    assert world.get("player", f"{PATH}?method=GET").status_code == 400


def test_a_form_without_a_key_is_nobodys(world: World) -> None:
    assert alternate(world, "POST", {"content": CONTENT, "Authorization": ""}).status_code == 401


@pytest.mark.parametrize("name", ["100 % = a+b & c;", "%41 %", "Zo\u00eb \U0001f600", "a\n\t=\r_ . ", "=3D=\n"])
def test_a_text_in_a_form_is_what_was_written_there(world: World, name: str) -> None:
    said = statement(id=ID, actor={"mbox": "mailto:ana@example.org", "name": name})

    assert alternate(world, "POST", {"content": json.dumps(said, ensure_ascii=False)}).status_code == 200
    assert read(world)["actor"]["name"] == name


def test_a_percent_sign_that_escapes_nothing_is_itself(world: World) -> None:
    body = urlencode({"Authorization": basic("player", world.keys["player"]), "X-Experience-API-Version": "1.0.3"})
    said = json.dumps(statement(id=ID, actor={"mbox": "mailto:ana@example.org", "name": "5 %, 10 %x"}))

    answer = world.http.request(
        "POST", f"{PATH}?method=POST", content=f"{body}&content={said}", headers={"Content-Type": FORM}
    )

    assert answer.status_code == 200
    assert read(world)["actor"]["name"] == "5 %, 10 %x"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"content": "a" * 1024 * 1024}, 413),
        ({"content": "[]", "statementId": "a" * 33_000}, 400),
        ({"content": "[]", **{f"x{number}": "" for number in range(50)}}, 400),
    ],
)
def test_a_form_is_small_as_it_is_read_before_anybody_is_known(world: World, form: dict[str, str], status: int) -> None:
    answer = alternate(world, "POST", {**form, "Authorization": "none"})

    assert answer.status_code == status
    assert len(answer.text) > 20
