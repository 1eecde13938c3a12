"""State and profiles: what content has put down is there when it comes again, for whose it is, in its last state."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha1
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from milepost.gateway import build_gateway, documents
from milepost.sources.xapi.documents import Content
from milepost.store import documents as kept
from milepost.store import sources
from milepost.store.documents import Address, Place
from milepost_schemas.instants import SECOND, to_text
from tests.gateway.listening import listening
from tests.gateway.senders import Http, World, basic, declared, statement
from tests.store.builders import make_tenant

ACTIVITY = "https://content.example.net/lockout/1"
ANA = json.dumps({"mbox": "mailto:ana@example.net", "name": "Ana Alvarez"})
BEN = json.dumps({"account": {"homePage": "https://lms.example.net", "name": "42"}})
REGISTRATION = "5d3f6a52-9b0d-4b56-8f3a-0d1d3b8a1c01"

ABOUT_ANA = {"activity": ACTIVITY, "agent": "mailto:ana@example.net"}

STATE = ("activities/state", {"activityId": ACTIVITY, "agent": ANA}, "stateId")
ACTIVITY_PROFILE = ("activities/profile", {"activityId": ACTIVITY}, "profileId")
AGENT_PROFILE = ("agents/profile", {"agent": ANA}, "profileId")

VERSIONS = ("1.0.3", "2.0.0")
each_resource = pytest.mark.parametrize("kind", [STATE, ACTIVITY_PROFILE, AGENT_PROFILE], ids=lambda kind: kind[0])
each_profile = pytest.mark.parametrize("kind", [ACTIVITY_PROFILE, AGENT_PROFILE], ids=lambda kind: kind[0])
each_version = pytest.mark.parametrize("version", VERSIONS)


class Shelf:
    """Documents of one resource about one thing, as one source sees them in one version."""

    def __init__(self, world: World, kind: Any = STATE, *, version: str = "1.0.3", source: str = "player") -> None:
        self._world = world
        self.path, self._about, self._named_by = kind
        self._version = version
        self._source = source

    def ask(self, method: str, name: str | None = None, body: bytes = b"", **more: Any) -> httpx.Response:
        """Ask about a document; `more` are parameters in small letters, and headers in capitals."""
        parameters = {**self._about, **({} if name is None else {self._named_by: name})}
        parameters |= {key: value for key, value in more.items() if key[0].islower()}
        headers = {key: value for key, value in more.items() if key[0].isupper()}
        path = f"/xapi/{self.path}?{urlencode({key: value for key, value in parameters.items() if value is not None})}"
        version = {"X-Experience-API-Version": self._version}
        return self._world.send(method, self._source, body, path=path, **version, **headers)

    def put(self, name: str, body: bytes = b'{"page":7}', **more: Any) -> httpx.Response:
        return self.ask("PUT", name, body, **more)

    def post(self, name: str, body: bytes = b'{"page":7}', **more: Any) -> httpx.Response:
        return self.ask("POST", name, body, **more)

    def get(self, name: str | None = None, **more: Any) -> httpx.Response:
        return self.ask("GET", name, **more)

    def delete(self, name: str | None = None, **more: Any) -> httpx.Response:
        return self.ask("DELETE", name, **more)


def statuses(*answers: httpx.Response) -> list[int]:
    return [answer.status_code for answer in answers]


# --- what is kept is given back --------------------------------------------------------------------------------------


@each_version
@each_resource
def test_what_was_put_is_given_back_to_the_octet_with_its_type_tag_and_time(
    world: World, kind: Any, version: str
) -> None:
    shelf = Shelf(world, kind, version=version)
    body = b"\x00\xff 2~slide 7"

    put = shelf.put("bookmark", body, Content_Type="application/x-player; v=1")
    got, head = shelf.get("bookmark"), shelf.ask("HEAD", "bookmark")

    assert statuses(put, got, head) == [204, 200, 200]
    assert got.content == body
    assert got.headers["Content-Type"] == "application/x-player; v=1"
    assert got.headers["ETag"] == f'"{sha1(body, usedforsecurity=False).hexdigest()}"'
    assert got.headers["Last-Modified"] == "Mon, 07 Sep 2026 10:00:00 GMT"
    assert {each.headers["X-Experience-API-Version"] for each in (put, got, head)} == {version}
    assert dict(head.headers) == dict(got.headers)


@each_resource
def test_what_was_never_put_is_not_found_without_a_word(world: World, kind: Any) -> None:
    found = Shelf(world, kind).get("bookmark")

    assert (found.status_code, found.content) == (404, b"")
    assert found.headers["X-Experience-API-Version"] == "1.0.3"


@each_version
@each_resource
def test_the_names_of_all_are_listed_and_since_leaves_out_what_did_not_change(
    world: World, kind: Any, version: str
) -> None:
    shelf = Shelf(world, kind, version=version)
    empty = shelf.get()
    shelf.put("first")
    since = to_text(world.clock.now())
    world.clock.set(world.clock.now() + SECOND)
    shelf.put("second")

    whole, later = shelf.get(), shelf.get(since=since)

    assert (empty.json(), whole.json(), later.json()) == ([], ["first", "second"], ["second"])
    assert whole.headers["Last-Modified"] == "Mon, 07 Sep 2026 10:00:01 GMT"


@each_resource
def test_what_was_deleted_is_gone_and_to_delete_it_again_changes_nothing(world: World, kind: Any) -> None:
    shelf = Shelf(world, kind)
    shelf.put("bookmark")
    shelf.put("other")

    assert statuses(shelf.delete("bookmark"), shelf.get("bookmark"), shelf.delete("bookmark")) == [204, 404, 204]
    assert shelf.get().json() == ["other"]


def test_state_is_apart_by_registration_and_all_of_it_can_be_deleted_at_once(world: World) -> None:
    shelf = Shelf(world)
    shelf.put("bookmark", b"1")
    shelf.put("bookmark", b"2", registration=REGISTRATION)
    shelf.put("answers", b"3", registration=REGISTRATION)

    assert shelf.get("bookmark").content == b"1"
    assert shelf.get("bookmark", registration=REGISTRATION.upper()).content == b"2"
    assert shelf.get().json() == ["answers", "bookmark"]
    assert shelf.delete(registration=REGISTRATION).status_code == 204
    assert (shelf.get().json(), shelf.get("bookmark").content) == (["bookmark"], b"1")
    assert shelf.delete().status_code == 204
    assert shelf.get().json() == []


@each_profile
def test_profiles_are_deleted_one_by_one(world: World, kind: Any) -> None:
    shelf = Shelf(world, kind)
    shelf.put("a")

    assert shelf.delete().status_code == 400
    assert shelf.get().json() == ["a"]


def test_an_agent_is_the_same_under_another_name_and_no_other(world: World) -> None:
    Shelf(world, AGENT_PROFILE).put("settings")

    def found(agent: dict[str, Any]) -> int:
        return Shelf(world, ("agents/profile", {"agent": json.dumps(agent)}, "profileId")).get("settings").status_code

    assert found({"mbox": "mailto:ana@EXAMPLE.net", "objectType": "Agent"}) == 200
    assert found({"mbox": "mailto:Ana@example.net"}) == 404
    assert found(json.loads(BEN)) == 404


def test_a_document_says_nothing_about_learning(world: World) -> None:
    shelf = Shelf(world)
    shelf.put("bookmark")
    shelf.delete("bookmark")

    assert (world.logged(), world.people(), world.requests()) == ([], {}, [])


# --- who changes one has seen it -------------------------------------------------------------------------------------


@each_version
@each_profile
def test_a_profile_that_is_there_is_not_replaced_unseen(world: World, kind: Any, version: str) -> None:
    shelf = Shelf(world, kind, version=version)
    shelf.put("settings")

    refused = shelf.put("settings", b"other")

    assert refused.status_code == 409
    assert "If-Match" in refused.text
    assert shelf.get("settings").json() == {"page": 7}


def test_state_is_replaced_unseen_in_the_first_version_and_not_in_the_second(world: World) -> None:
    first, second = Shelf(world), Shelf(world, version="2.0.0")
    first.put("bookmark")

    assert statuses(first.put("bookmark", b"8"), second.put("bookmark", b"9")) == [204, 409]
    assert first.get("bookmark").content == b"8"


@each_version
@each_resource
def test_with_the_tag_of_an_earlier_state_nothing_changes_and_with_its_own_it_does(
    world: World, kind: Any, version: str
) -> None:
    shelf = Shelf(world, kind, version=version)
    shelf.put("settings", If_None_Match="*")
    earlier = shelf.get("settings").headers["ETag"]

    assert shelf.post("settings", b'{"page":8}', If_Match=earlier).status_code == 204
    refused = [
        shelf.put("settings", If_Match=earlier),
        shelf.post("settings", If_Match=earlier),
        shelf.delete("settings", If_Match=earlier),
        shelf.put("settings", If_None_Match="*"),
        shelf.put("another", If_Match=earlier),
        shelf.get("settings", If_Match=earlier),
    ]
    assert statuses(*refused) == [412] * 6
    now = shelf.get("settings")
    assert now.json() == {"page": 8}
    assert shelf.put("settings", b'{"page":9}', If_Match=now.headers["ETag"]).status_code == 204
    assert shelf.delete("settings", If_Match=shelf.get("settings").headers["ETag"]).status_code == 204


def test_state_is_not_deleted_at_once_by_who_asks_for_a_state_of_one_document(world: World) -> None:
    shelf = Shelf(world)
    shelf.put("bookmark")

    assert shelf.delete(If_Match=shelf.get("bookmark").headers["ETag"]).status_code == 412
    assert shelf.get().json() == ["bookmark"]


def test_who_has_a_document_already_is_told_so(world: World) -> None:
    shelf = Shelf(world)
    shelf.put("bookmark")
    tag = shelf.get("bookmark").headers["ETag"]

    again = shelf.get("bookmark", If_None_Match=tag)

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("kind", [STATE, AGENT_PROFILE], ids=lambda kind: kind[0])
def test_of_several_at_the_same_time_exactly_one_is_first(either_world: World, kind: Any) -> None:
    shelf = Shelf(either_world, kind)
    with ThreadPoolExecutor(8) as threads:
        created = list(threads.map(lambda n: shelf.put("a", b"%d" % n, If_None_Match="*"), range(8)))
        first = shelf.get("a")
        changed = list(threads.map(lambda n: shelf.put("a", b"1%d" % n, If_Match=first.headers["ETag"]), range(8)))
        posted = list(threads.map(lambda n: shelf.post("b", b'{"%d":1}' % n), range(8)))

    assert sorted(statuses(*created)) == sorted(statuses(*changed)) == [204] + [412] * 7
    assert first.content == b"%d" % statuses(*created).index(204)
    assert shelf.get("a").content == b"1%d" % statuses(*changed).index(204)
    assert statuses(*posted) == [204] * 8
    assert shelf.get("b").json() == {str(n): 1 for n in range(8)}


# --- what is posted is merged ----------------------------------------------------------------------------------------


@each_version
@each_resource
def test_what_is_posted_is_merged_and_what_is_new_is_kept_as_it_came(world: World, kind: Any, version: str) -> None:
    shelf = Shelf(world, kind, version=version)

    answers = [shelf.post("settings", b'{"a":{"x":1},"b":2}'), shelf.post("settings", b'{"a":{"y":1}}')]
    answers += [shelf.post("list", b"[1]"), shelf.post("text", b"{", Content_Type="text/plain")]

    assert statuses(*answers) == [204] * 4
    assert shelf.get("settings").json() == {"a": {"y": 1}, "b": 2}
    assert (shelf.get("list").content, shelf.get("text").content) == (b"[1]", b"{")


@each_resource
@pytest.mark.parametrize(
    ("kept", "posted"),
    [
        ((b'{"a":1}', "application/json"), (b"[1]", "application/json")),
        ((b'{"a":1}', "application/json"), (b'{"a":2', "application/json")),
        ((b'{"a":1}', "application/json"), (b'{"a":1,"a":2}', "application/json")),
        ((b'{"a":1}', "application/json"), (b'{"a":2}', "text/plain")),
        ((b'{"a":1}', "text/plain"), (b'{"a":2}', "application/json")),
        ((b'{"a":1', "application/json"), (b'{"a":2}', "application/json")),
    ],
)
def test_what_is_no_object_is_not_merged_and_nothing_changes(
    world: World, kind: Any, kept: tuple[bytes, str], posted: tuple[bytes, str]
) -> None:
    shelf = Shelf(world, kind)
    shelf.put("settings", kept[0], Content_Type=kept[1])

    assert shelf.post("settings", posted[0], Content_Type=posted[1]).status_code == 400
    assert (shelf.get("settings").content, shelf.get("settings").headers["Content-Type"]) == kept


def test_what_is_posted_as_json_must_be_json(world: World) -> None:
    shelf = Shelf(world)

    assert statuses(shelf.post("a", b"{page:7}"), shelf.post("a", b"[" * 100 + b"]" * 100)) == [400, 400]
    assert shelf.get().json() == []


# --- who may ask, and for what ---------------------------------------------------------------------------------------


@each_resource
def test_documents_of_another_source_are_nobodys_business(world: World, kind: Any) -> None:
    shelf, of_moodle = Shelf(world, kind), Shelf(world, kind, source="lms")
    shelf.put("bookmark")

    assert (of_moodle.get("bookmark").status_code, of_moodle.get().json()) == (404, [])
    assert statuses(of_moodle.put("bookmark", b"mine"), of_moodle.delete("bookmark")) == [204, 204]
    assert shelf.get("bookmark").json() == {"page": 7}


@each_resource
def test_a_source_of_the_same_name_of_another_tenant_is_another(world: World, kind: Any) -> None:
    now = world.clock.now()
    with world.services.database.writing() as connection:
        make_tenant(connection, "acme", at=now)
        stranger = replace(declared("player", "xapi", now), tenant="acme")
        key = basic("player", sources.add(connection, world.services.vault, stranger))
    shelf = Shelf(world, kind)
    shelf.put("bookmark")

    assert shelf.get("bookmark", Authorization=key).status_code == 404
    assert shelf.get(Authorization=key).json() == []
    assert shelf.delete("bookmark", Authorization=key).status_code == 204
    assert shelf.get("bookmark").status_code == 200


@each_resource
def test_without_a_key_or_a_version_nobody_is_answered(world: World, kind: Any) -> None:
    shelf = Shelf(world, kind)
    shelf.put("bookmark")

    assert shelf.get("bookmark", Authorization=basic("player", "wrong")).status_code == 401
    assert shelf.put("bookmark", Authorization=basic("player", "wrong")).status_code == 401
    assert shelf.get("bookmark", X_Experience_API_Version="0.9").status_code == 400
    assert world.http.request("GET", f"/xapi/{kind[0]}").status_code == 401


def test_only_who_speaks_xapi_keeps_documents(world: World) -> None:
    shelf = Shelf(world, source="office")

    assert statuses(shelf.put("a"), shelf.post("a"), shelf.delete("a"), shelf.get("a")) == [403, 403, 403, 404]


@each_resource
def test_what_is_asked_otherwise_is_refused_in_words(world: World, kind: Any) -> None:
    shelf = Shelf(world, kind)

    answer = shelf.ask("PATCH", "a")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, PUT, POST, DELETE"


@each_resource
@pytest.mark.parametrize(
    ("method", "name", "more"),
    [
        ("PUT", None, {}),
        ("POST", None, {}),
        ("PUT", "", {}),
        ("GET", "", {}),
        ("PUT", "a" * 256, {}),
        ("PUT", "a\x00", {}),
        ("PUT", "a", {"since": "2026-09-07T10:00:00Z"}),
        ("PUT", "a", {"more": "1"}),
        ("GET", "a", {"stateID": "a"}),
        ("GET", None, {"since": "yesterday"}),
        ("PUT", "a", {"Content_Type": "text"}),
        ("PUT", "a", {"Content_Type": "text/plain; a=" + "a" * 200}),
        ("PUT", "a", {"registration": "7"}),
    ],
)
def test_a_request_that_means_nothing_is_refused(
    world: World, kind: Any, method: str, name: str | None, more: dict[str, str]
) -> None:
    shelf = Shelf(world, kind)

    answer = shelf.ask(method, name, b"x", **more)

    assert answer.status_code == 400
    assert answer.text
    assert shelf.get().json() == []


@pytest.mark.parametrize("method", ["PUT", "POST", "GET", "DELETE"])
@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (STATE, {"activityId": None}),
        (STATE, {"activityId": "lockout"}),
        (STATE, {"agent": None}),
        (STATE, {"agent": "ana"}),
        (STATE, {"agent": "{}"}),
        (STATE, {"agent": json.dumps({"mbox": "ana@example.net"})}),
        (STATE, {"agent": json.dumps({"objectType": "Group", "mbox": "mailto:team@example.net"})}),
        (STATE, {"agent": json.dumps({"account": {"homePage": "https://lms.example.net", "name": "4\x00"}})}),
        (AGENT_PROFILE, {"agent": "[" * 20_000}),
        (AGENT_PROFILE, {"agent": None}),
        (AGENT_PROFILE, {"activityId": ACTIVITY}),
        (ACTIVITY_PROFILE, {"activityId": None}),
        (ACTIVITY_PROFILE, {"agent": ANA}),
    ],
)
def test_what_it_is_about_is_said_as_xapi_says_it(world: World, method: str, kind: Any, wrong: dict[str, str]) -> None:
    assert Shelf(world, kind).ask(method, "a", b"x", **wrong).status_code == 400


def test_a_name_a_text_and_an_activity_may_be_in_any_language(world: World) -> None:
    shelf = Shelf(world, ("activities/profile", {"activityId": "https://content.example.net/überblick"}, "profileId"))

    assert shelf.put("Fortschritt: 進捗", "weiter ✓".encode(), Content_Type="text/plain").status_code == 204
    assert shelf.get().json() == ["Fortschritt: 進捗"]
    assert shelf.get("Fortschritt: 進捗").text == "weiter ✓"


# --- what is bounded -------------------------------------------------------------------------------------------------


def test_a_document_has_a_mebibyte_at_most_also_when_it_was_merged(world: World) -> None:
    shelf = Shelf(world)
    half = json.dumps({"a": "x" * 600_000}).encode()

    assert shelf.put("large", b"x" * documents.MOST_BYTES).status_code == 204
    assert shelf.put("larger", b"x" * (documents.MOST_BYTES + 1)).status_code == 413
    assert statuses(shelf.post("halves", half), shelf.post("halves", half.replace(b'"a"', b'"b"'))) == [204, 413]
    assert shelf.get("halves").content == half
    assert shelf.get().json() == ["halves", "large"]


def test_so_many_lie_in_one_place_and_no_more(world: World) -> None:
    shelf, place = Shelf(world), Place(tenant="default", source="player", resource="activities/state", **ABOUT_ANA)
    with world.services.database.writing_at(place.digest) as connection:
        for number in range(documents.MOST_IN_A_PLACE - 1):
            registration = REGISTRATION if number % 2 else None
            kept.keep(connection, Address(place, registration, f"{number:03}"), Content("text/plain", b""), at=0)

    assert statuses(shelf.put("last"), shelf.put("more"), shelf.post("more")) == [204, 413, 413]
    assert statuses(shelf.put("last"), shelf.post("last"), shelf.put("000")) == [204] * 3
    assert Shelf(world, ("activities/state", {"activityId": ACTIVITY, "agent": BEN}, "stateId")).put("more").is_success
    shelf.delete("000")
    assert shelf.put("more").status_code == 204


def test_a_source_changes_no_more_than_its_share(world: World) -> None:
    settings = world.services.settings.model_copy(update={"statements_a_minute": 2})
    world.http = Http(build_gateway(replace(world.services, settings=settings)))
    shelf = Shelf(world)

    answers = [shelf.put("a"), shelf.delete("a"), shelf.post("a")]

    assert statuses(*answers) == [204, 204, 429]
    assert answers[-1].headers["Retry-After"]


def test_what_is_compressed_is_not_taken(world: World) -> None:
    assert Shelf(world).put("a", Content_Encoding="gzip").status_code == 415


def test_while_the_store_is_away_content_is_not_told_that_it_has_no_bookmark(world: World) -> None:
    shelf = Shelf(world)
    shelf.put("a")
    with world.services.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE documents RENAME TO elsewhere")

    answers = [shelf.get("a"), shelf.get(), shelf.put("a"), shelf.post("a"), shelf.delete("a")]

    assert statuses(*answers) == [503] * 5
    assert {answer.headers["Retry-After"] for answer in answers} == {"10"}


def test_while_documents_wait_for_the_database_everything_else_is_answered(world: World) -> None:
    headers = {"Authorization": basic("player", world.keys["player"]), "X-Experience-API-Version": "1.0.3"}
    about = {"activityId": ACTIVITY, "agent": ANA}

    async def ask(address: str) -> tuple[list[httpx.Response], httpx.Response]:
        async with httpx.AsyncClient(headers=headers, timeout=60, limits=httpx.Limits(max_connections=None)) as client:

            async def put(name: str) -> httpx.Response:
                return await client.put(f"{address}/activities/state", params={**about, "stateId": name}, content=b"7")

            with world.services.database.writing():
                puts = [asyncio.create_task(put(f"{number:03}")) for number in range(documents.MOST_UNDER_WAY + 10)]
                await asyncio.wait(puts, return_when=asyncio.FIRST_COMPLETED)
                meanwhile = await client.get(f"{address}/statements", timeout=20)
            return await asyncio.gather(*puts), meanwhile

    with listening(world) as address:
        answers, meanwhile = asyncio.run(ask(address))

    assert meanwhile.status_code == 200
    assert sorted(statuses(*answers)) == [204] * documents.MOST_UNDER_WAY + [503] * 10
    assert len(Shelf(world).get().json()) == documents.MOST_UNDER_WAY


# --- what a browser makes of it --------------------------------------------------------------------------------------


def test_what_somebody_put_runs_nowhere_and_is_remembered_by_no_browser(world: World) -> None:
    shelf = Shelf(world)
    shelf.put("page", b"<script>alert(1)</script>", Content_Type="text/html")

    got = shelf.get("page")

    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Cache-Control"] == shelf.get().headers["Cache-Control"] == "no-store"


# --- agents and activities -------------------------------------------------------------------------------------------


@each_version
def test_a_person_is_who_the_agent_says_whether_or_not_anybody_knows_them(world: World, version: str) -> None:
    def person(agent: str | None) -> httpx.Response:
        query = urlencode({} if agent is None else {"agent": agent})
        return world.send("GET", "player", b"", path=f"/xapi/agents?{query}", X_Experience_API_Version=version)

    assert person(ANA).json() == {"objectType": "Person", "name": ["Ana Alvarez"], "mbox": ["mailto:ana@example.net"]}
    assert statuses(person(None), person("{}"), person("[]")) == [400, 400, 400]
    assert person(ANA).headers["X-Experience-API-Version"] == version
    assert world.send("PUT", "player", b"", path=f"/xapi/agents?{urlencode({'agent': ANA})}").status_code == 405


def test_an_activity_is_all_that_the_source_itself_has_said_of_it(world: World) -> None:
    def said(language: str, name: str, at: str, source: str = "player") -> None:
        about = {"id": ACTIVITY, "definition": {"name": {language: name}, "type": f"http://a.example/{language}"}}
        assert world.post(source, statement(object=about, timestamp=at)).is_success
        world.clock.set(world.clock.now() + SECOND)

    def activity(query: str) -> httpx.Response:
        return world.get("player", f"/xapi/activities/?{query}")

    said("en", "Lockout", "2026-09-07T09:00:00Z")
    said("fr", "Consignation", "2026-09-07T09:00:01Z")
    said("es", "Bloqueo", "2026-09-07T09:00:02Z", source="lms")

    assert activity(urlencode({"activityId": ACTIVITY})).json() == {
        "objectType": "Activity",
        "id": ACTIVITY,
        "definition": {"name": {"en": "Lockout", "fr": "Consignation"}, "type": "http://a.example/fr"},
    }
    assert activity("activityId=urn:unknown").json() == {"objectType": "Activity", "id": "urn:unknown"}
    assert statuses(activity(""), activity("activityId=true"), activity("activityId=urn:a&x=1")) == [400] * 3


@pytest.mark.parametrize("path", ["/xapi/nothing", "/xapi/", "/xapi/activities/more", "/xapi/statements/more"])
def test_what_xapi_does_not_have_is_not_found(world: World, path: str) -> None:
    answer = world.get("player", path)

    assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (404, "1.0.3")
