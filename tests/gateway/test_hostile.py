"""Broken and hostile requests: each is the sender's fault, with a sentence, and costs next to nothing."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from threading import Barrier, current_thread
from time import process_time
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from milepost.bodies import IS_WHOLE, Room
from milepost.gateway.batches import MOST_TERMS
from milepost.gateway.refusing import Refused
from milepost.gateway.requests import LARGE_AT_ONCE, SMALL, read_body, work_on
from milepost.sources.xapi.decoding import MOST_VALUES
from milepost.store.submission import MOST_MESSAGES
from tests.gateway.senders import World, basic, statement

MEBIBYTE = 1024 * 1024
PATHS = ("/xapi/statements", "/v1/facts")

DEEP = b"[" * 100_000
MANY_KEYS = json.dumps({f"k{number}": 1 for number in range(200_000)}).encode()
LAST_KEY_TWICE = MANY_KEYS[:-1] + b', "k199999": 1}'

BROKEN = {
    "nothing": b"",
    "no JSON": b"{",
    "deep arrays": DEEP,
    "deep objects": b'{"a":' * 100_000,
    "invalid UTF-8": b'{"a": "\xff"}',
    "overlong UTF-8": b'{"a": "\xc0\xaf"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NUL": b'{"a": "\\u0000"}',
    "NUL outside": b"{}\x00",
    "half a surrogate pair": b'{"a": "\\ud800"}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "beyond a double": b'{"a": 1e999}',
    "beyond 64 bits": b'{"a": 9223372036854775808}',
    "a million digits": b'{"a": ' + b"9" * MEBIBYTE + b"}",
    "a million decimals": b'{"a": 0.' + b"9" * MEBIBYTE + b"}",
    "a key twice": b'{"a": 1, "a": 2}',
    "many keys": MANY_KEYS,
    "the last of many keys twice": LAST_KEY_TWICE,
    "many values": b"[" + b"{}," * MOST_VALUES + b"{}]",
    "gzip": gzip.compress(b"[]" * 1000),
    "a number": b"1",
    "null": b"null",
}


def test_a_body_that_is_whole_is_read_without_a_time_and_within_its_size() -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"12345", "more_body": False}

    def read(most: int) -> bytes:
        scope = {"type": "http", "method": "POST", "headers": [], IS_WHOLE: True}
        return asyncio.run(read_body(Request(scope, receive), most=most, seconds=-1))

    assert read(5) == b"12345"
    with pytest.raises(Refused) as refused:
        read(4)
    assert refused.value.status == 413


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_broken_body_is_refused_with_a_sentence_in_no_time(world: World, path: str, body: bytes) -> None:
    source = "player" if path.startswith("/xapi") else "office"
    began = process_time()

    answer = world.post(source, body, path=path)

    assert answer.status_code in (400, 413, 422)
    assert len(answer.text) > 20
    assert len(answer.content) < 2000
    assert process_time() - began < 5
    assert world.logged() == []


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_broken_webhook_changes_nothing(world: World, body: bytes) -> None:
    answer = world.zoom(body)

    assert answer.status_code in (204, 400, 413)
    assert world.logged() == []


@pytest.mark.parametrize(
    "timestamp",
    [
        *("2026-09-07T10:00:00", "2026-09-07", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z"),
        *("2026-02-30T10:00:00Z", "2026-09-07T25:00:00Z", "2026-09-07T10:00:60Z", "2026-09-07T10:00:00-00:00"),
        *(
            "2026-W37-1T10:00:00Z",
            "\u0662\u0660\u0662\u0666-09-07T10:00:00Z",
            "",
            "now",
            1788774000,
            None,
            True,
            [],
            {},
        ),
        *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-09-07T10:00:00." + "9" * 100_000),
    ],
    ids=lambda found: str(found)[:40],
)
def test_a_time_that_is_none_is_refused(world: World, timestamp: Any) -> None:
    answer = world.post("player", statement(timestamp=timestamp))

    assert answer.status_code == 400
    assert "timestamp" in answer.text


def test_a_time_in_the_year_one_or_far_ahead_is_taken_as_what_it_is(world: World) -> None:
    early, late = (statement(timestamp=f"{year}-06-01T00:00:00Z") for year in ("0001", "9999"))

    assert world.post("player", [early, late]).status_code == 200
    assert all(fact.occurred_at <= world.clock.now() for fact in world.facts())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x"])
def test_what_is_compressed_is_refused_and_never_unpacked(world: World, path: str, encoding: str) -> None:
    source = "player" if path.startswith("/xapi") else "office"
    bomb = gzip.compress(b" " * 50 * MEBIBYTE)

    answer = world.post(source, bomb, path=path, Content_Encoding=encoding)

    assert answer.status_code == 415
    assert "Content-Encoding" in answer.text


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "content_type",
    [
        *("", "text/plain", "application/xml", "application/json; charset=utf-16", "application/jsonp", "json"),
        *(
            "multipart/form-data",
            "application/json" + ";a=b" * 5000,
            "application/json; charset*=utf-8''utf-16",
        ),
    ],
    ids=lambda found: found[:40],
)
def test_another_content_type_is_refused(world: World, path: str, content_type: str) -> None:
    source = "player" if path.startswith("/xapi") else "office"

    answer = world.post(source, b"{}", path=path, Content_Type=content_type)

    assert answer.status_code == (400 if path.startswith("/xapi") else 415)
    assert "application/json" in answer.text


@pytest.mark.parametrize("name", ["Authorization", "X-Experience-API-Version", "Content-Type", "Content-Encoding"])
def test_a_header_that_says_two_things_is_refused(world: World, name: str) -> None:
    told = {
        "Authorization": basic("player", world.keys["player"]),
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
        "Content-Encoding": "identity",
    }

    headers = [*told.items(), (name, told[name])]
    answer = world.http.request("POST", "/xapi/statements", content=b"[]", headers=headers)

    assert answer.status_code == 400
    assert name.lower() in answer.text.lower()


@pytest.mark.parametrize(
    "authorization",
    [
        *("", "Basic", "Basic =", "Basic bm90aGluZw==", "Bearer", "Bearer  ", "Digest x", "Basic " + "A" * 100_000),
        *("Bearer mp_unknown", basic("player", "mp_unknown"), basic("", "")),
    ],
    ids=lambda found: found[:30],
)
@pytest.mark.parametrize("path", PATHS)
def test_who_has_no_key_is_not_let_in(world: World, path: str, authorization: str) -> None:
    headers = {"Authorization": authorization, "X-Experience-API-Version": "1.0.3", "Content-Type": "application/json"}

    answer = world.http.request("POST", path, content=b"[]", headers=headers)

    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers
    assert world.requests() == []


def test_the_key_of_one_source_is_none_of_another(world: World) -> None:
    headers = {"Authorization": basic("lms", world.keys["player"]), "X-Experience-API-Version": "1.0.3"}

    answer = world.http.request("POST", "/xapi/statements", json=[], headers=headers)

    assert answer.status_code == 401


def test_a_key_is_never_written_to_the_log(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.keys["stranger"] = "mp_" + "s3cret" * 6

    world.post("stranger", b"[]")
    world.post("player", b"{")

    said = "".join(capsys.readouterr())
    assert "s3cret" not in said
    assert world.keys["player"] not in said


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/webhooks/zoom/%00", 404),
        ("/webhooks/zoom/" + "x" * 5000, 404),
        ("/webhooks/zoom/..%2f..%2fetc", 404),
        ("/webhooks/zoom/player", 404),
        ("/xapi/statements/..%2f..", 404),
        ("/xapi/%73tatements?a=b", 400),
        ("/xapi/statements?" + "a=b&" * 5000, 400),
        ("/xapi/statements?statementId=%00", 400),
        ("/xapi/statements?%ff=%fe", 400),
        ("//xapi/statements", 404),
        ("/xapi/statements;x", 404),
    ],
    ids=lambda found: str(found)[:30],
)
def test_a_path_that_is_none_of_ours_is_refused(world: World, path: str, status: int) -> None:
    assert world.post("player", b"[]", path=path, X_Experience_API_Version="1.0.3").status_code == status


def people(count: int) -> list[dict[str, str]]:
    return [{"mbox": f"mailto:{number}@example.org"} for number in range(count)]


def test_a_group_as_large_as_a_town_is_not_written_while_everybody_waits(world: World) -> None:
    answer = world.post("player", statement(actor={"objectType": "Group", "member": people(MOST_MESSAGES + 1)}))

    assert answer.status_code == 413
    assert "Send it in several" in answer.text
    assert world.logged() == []


def test_neither_is_what_is_about_everything(world: World) -> None:
    other = [{"id": f"https://lms.example.org/{number}"} for number in range(MOST_TERMS)]

    answer = world.post("player", statement(context={"contextActivities": {"other": other}}))

    assert answer.status_code == 413
    assert world.get("player", "/xapi/statements").json()["statements"] == []


def test_neither_are_sheets_of_a_whole_country(world: World) -> None:
    present = [{"id": str(number)} for number in range(2000)]
    sheet = {"type": "sheet_submitted", "offering": "L", "session": "1", "channel": "room", "present": present}

    answer = world.post_facts([{**sheet, "id": str(number)} for number in range(MOST_MESSAGES // 2000 + 1)])

    assert answer.status_code == 413
    assert world.logged() == []


def test_the_time_that_a_schedule_takes_grows_with_its_meetings_alone(world: World) -> None:
    times = {"start_at": "2026-09-10T10:00:00Z", "end_at": "2026-09-10T12:00:00Z"}
    sessions = [
        {
            **{"session": str(part), **times},
            "channels": [{"name": str(n), "source": "z", "meeting": f"{part}-{n}"} for n in range(20)],
        }
        for part in range(99)
    ]
    schedules = [
        {"type": "offering_scheduled", "offering": f"L{n}", "course": "C", "sessions": sessions} for n in range(5)
    ]
    began = process_time()

    answer = world.post_facts(schedules)

    assert answer.status_code == 200
    assert process_time() - began < 2


def test_a_body_that_hardly_moves_is_given_up() -> None:
    async def receive() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def read() -> None:
        await read_body(Request({"type": "http", "method": "POST", "headers": []}, receive), most=MEBIBYTE, seconds=0.1)

    with pytest.raises(Refused) as refused:
        asyncio.run(read())

    assert refused.value.status == 408
    assert refused.value.headers == {"Connection": "close"}


def test_what_comes_of_strangers_lies_in_bounded_room_and_leaves_it_in_any_case() -> None:
    large, room = Room.SMALL + 1, Room(2 * Room.SMALL)

    async def read(*chunks: int) -> int:
        left = [*chunks]

        async def receive() -> Message:
            return {"type": "http.request", "body": b" " * left.pop(0), "more_body": bool(left)}

        request = Request({"type": "http", "method": "POST", "headers": []}, receive)
        return len(await read_body(request, most=MEBIBYTE, room=room))

    room.take(Room.SMALL)
    with pytest.raises(Refused) as refused:
        asyncio.run(read(10, large))
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "10")
    assert asyncio.run(read(10, Room.SMALL - 10)) == Room.SMALL
    room.give_back(Room.SMALL)

    for _ in range(3):
        assert asyncio.run(read(10, large)) == large + 10
        with pytest.raises(Refused):
            asyncio.run(read(large, MEBIBYTE))


@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_is_too_large_ends_the_connection(world: World, path: str) -> None:
    source = "player" if path.startswith("/xapi") else "office"

    answer = world.post(source, b" " * (8 * MEBIBYTE + 1), path=path)

    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


def test_only_a_few_large_bodies_are_worked_on_together() -> None:
    together = Barrier(LARGE_AT_ONCE)
    threads: set[str] = set()

    def work(_: bytes) -> None:
        threads.add(current_thread().name)
        together.wait(10)

    async def several() -> None:
        await asyncio.gather(*(work_on(b" " * (SMALL + 1), work) for _ in range(4 * LARGE_AT_ONCE)))

    asyncio.run(several())

    assert len(threads) == LARGE_AT_ONCE


# --- whatever comes --------------------------------------------------------------------------------------------------

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["\ud800", "\0"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def bent(draw: st.DrawFn) -> Any:
    """Return a statement of which a part, at any depth, was replaced, renamed, doubled or taken away."""
    whole = statement(id=str(uuid4()), result={"score": {"scaled": 0.5}, "duration": "PT1H"}, context={"platform": "x"})
    places = list(_places(whole))
    holder, key = draw(st.sampled_from(places))
    change = draw(st.sampled_from(["replace", "remove", "rename"]))
    found = holder.pop(key)
    if change == "replace":
        holder[key] = draw(values)
    if change == "rename":
        holder[draw(st.text(max_size=12))] = found
    return draw(st.sampled_from([whole, [whole], [statement(), whole], [whole, whole]]))


def _places(value: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    for key, inner in value.items():
        yield value, key
        if isinstance(inner, dict):
            yield from _places(inner)


IN_PROCESS = settings(
    max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@IN_PROCESS
@given(found=values | bent())
def test_no_json_whatever_is_a_fault_of_ours(world: World, found: Any) -> None:
    body = json.dumps(found).encode()

    answers = [
        world.post("player", body),
        world.post("lms", body),
        world.post("office", body, path="/v1/facts"),
        world.zoom({"event": "meeting.participant_joined", "payload": found}),
    ]

    assert all(answer.status_code < 500 for answer in answers)
    assert all(answer.text for answer in answers if answer.status_code >= 400)


@IN_PROCESS
@given(body=st.binary(max_size=200), path=st.sampled_from((*PATHS, "/webhooks/zoom/zoom-emea")))
def test_no_octets_whatever_are_a_fault_of_ours(world: World, body: bytes, path: str) -> None:
    source = "office" if path == "/v1/facts" else "player"

    assert world.post(source, body, path=path).status_code < 500


header = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)


@IN_PROCESS
@given(
    name=st.sampled_from(
        ["Authorization", "Content-Type", "Content-Encoding", "Content-Length", "X-Experience-API-Version", "Accept"]
    ),
    said=header,
)
def test_no_header_whatever_is_a_fault_of_ours(world: World, name: str, said: str) -> None:
    headers = {
        "Authorization": basic("player", world.keys["player"]),
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
        name: said.encode("latin-1"),
    }

    assert world.http.request("POST", "/xapi/statements", content=b"[]", headers=headers).status_code < 500


@IN_PROCESS
@given(method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS"]), rest=st.text(max_size=40))
def test_no_address_whatever_is_a_fault_of_ours(world: World, method: str, rest: str) -> None:
    documents = (
        "/xapi/activities/state?",
        "/xapi/activities/profile?activityId=urn:a&profileId=",
        "/xapi/agents?agent=",
    )
    for path in (*documents, "/xapi/statements?", "/xapi/", "/webhooks/zoom/", "/v1/facts?"):
        address = path + quote(rest, errors="replace")
        code = world.send(method, "player", b"[]", path=address).status_code
        assert code < 500 or code == 501
