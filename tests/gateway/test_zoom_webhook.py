import hmac
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import Connection

from milepost.store import sources
from milepost_schemas.facts import MeetingStarted, ParticipantJoined
from milepost_schemas.instants import HOUR, MINUTE
from tests.gateway.senders import SECRET, World, declared, zoom_message

ANA = {
    "user_id": "1",
    "participant_uuid": "stay-1",
    "user_name": "Ana A.",
    "email": "ana@example.net",
    "join_time": "2026-09-07T09:30:00Z",
}


def joined(**more: Any) -> dict[str, Any]:
    return zoom_message("meeting.participant_joined", participant={**ANA, **more})


def test_who_came_is_in_the_log_before_zoom_is_answered(world: World) -> None:
    assert world.zoom(joined()).status_code == 204

    (fact,) = world.facts()
    assert isinstance(fact, ParticipantJoined)
    assert (fact.source, fact.meeting) == ("zoom-emea", "81234567890")
    assert list(world.people().values()) == ["Ana A."]


def test_a_declared_room_device_is_nobody_and_any_other_device_a_stranger(world: World) -> None:
    with world.services.database.writing() as connection:
        sources.set_devices(connection, "default", "zoom-emea", ["Room 4.12"])

    world.zoom(joined(user_name="room 4.12", email=""))
    world.zoom(joined(user_name="Room 5.01", email=""))

    assert list(world.people().values()) == ["Room 5.01"]
    told, _ = world.requests()
    assert "declared as a room device" in (told[1] or "")


def test_that_the_room_opened_is_no_person_s_fact(world: World) -> None:
    world.zoom(zoom_message("meeting.started"))

    (message,) = world.logged()
    assert isinstance(message, MeetingStarted)


def test_a_retry_is_the_same_fact(world: World) -> None:
    world.zoom(joined())
    world.clock.set(world.clock.now() + 30 * MINUTE)
    world.zoom(joined())

    first, again = world.facts()
    assert first.fact_id == again.fact_id


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-zm-request-timestamp": "1788775200"},
        {"x-zm-request-timestamp": "1788775200", "x-zm-signature": "v0=" + "0" * 64},
    ],
    ids=["none", "unsigned", "wrong"],
)
def test_what_is_not_signed_is_refused(world: World, headers: dict[str, str]) -> None:
    answer = world.http.request("POST", "/webhooks/zoom/zoom-emea", content=json.dumps(joined()), headers=headers)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "bad_signature"
    assert world.logged() == []


def test_another_secret_signs_nothing(world: World) -> None:
    assert world.zoom(joined(), secret="other").status_code == 401


@pytest.mark.parametrize(("age", "status"), [(85 * MINUTE, 204), (3 * HOUR, 401), (-MINUTE, 204), (-HOUR, 401)])
def test_a_signature_counts_as_long_as_zoom_tries_again(world: World, age: int, status: int) -> None:
    assert world.zoom(joined(), sent_at=world.clock.now() - age).status_code == status


def test_a_timestamp_that_is_none_is_refused(world: World) -> None:
    body = json.dumps(joined()).encode()
    signed = "v0=" + hmac.new(SECRET.encode(), b"v0:soon:" + body, sha256).hexdigest()
    headers = {"x-zm-request-timestamp": "soon", "x-zm-signature": signed}

    answer = world.http.request("POST", "/webhooks/zoom/zoom-emea", content=body, headers=headers)

    assert answer.status_code == 401


def test_the_challenge_is_answered_with_the_digest_of_its_token(world: World) -> None:
    answer = world.zoom({"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}, "event_ts": 1})

    assert answer.status_code == 200
    assert answer.json() == {
        "plainToken": "abc",
        "encryptedToken": hmac.new(SECRET.encode(), b"abc", sha256).hexdigest(),
    }
    assert world.logged() == []


def test_a_source_that_is_not_there_or_has_no_secret_takes_nothing(world: World) -> None:
    with world.services.database.writing() as connection:
        connection.exec_driver_sql("update sources set secret = null where name = 'zoom-emea'")

    assert world.zoom(joined()).status_code == 401
    assert world.http.request("POST", "/webhooks/zoom/nobody", content=b"{}").status_code == 404
    assert world.http.request("POST", "/webhooks/zoom/lms", content=b"{}").status_code == 404
    assert world.http.request("GET", "/webhooks/zoom/zoom-emea").status_code == 405


def test_a_secret_under_another_server_key_is_said_to_be_unreadable(world: World) -> None:
    with world.services.database.writing() as connection:
        connection.exec_driver_sql("update sources set secret = x'00' where name = 'zoom-emea'")

    assert "another server key" in world.zoom(joined()).json()["error"]["message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 100_000], ids=["cut", "array", "bytes", "deep"])
def test_what_is_signed_and_no_message_is_refused_and_kept_for_a_look(world: World, body: bytes) -> None:
    assert world.zoom(body).status_code == 400
    assert [outcome for outcome, _ in world.requests()] == ["refused"]


def test_a_name_that_cannot_be_written_does_no_harm(world: World) -> None:
    assert (
        world.zoom(
            b'{"event":"meeting.participant_joined","payload":{"account_id":"a","object":{"id":1,"uuid":"u",'
            b'"participant":{"user_id":"1","user_name":"A\\ud800\\u0000na"}}}}'
        ).status_code
        == 204
    )

    assert list(world.people().values()) == ["A?na"]


def test_too_much_is_refused(world: World) -> None:
    assert world.zoom(b" " * (1024 * 1024 + 1)).status_code == 413


def test_what_gives_no_fact_is_kept_with_its_reason(world: World) -> None:
    host = joined(id="host-1")

    assert world.zoom(host).status_code == 204

    assert world.requests() == [
        ("accepted", "meeting.participant_joined: the host of a meeting is nobody's attendance"),
    ]
    assert world.logged() == []


def test_while_the_store_cannot_write_zoom_is_asked_to_come_again(world: World) -> None:
    world.services.acceptance.close()

    assert world.zoom(joined()).status_code == 503


def test_while_the_store_cannot_be_read_zoom_is_asked_to_come_again(world: World) -> None:
    with world.services.database.writing() as connection:
        connection.exec_driver_sql("drop table source_keys")
        connection.exec_driver_sql("drop table sources")

    assert world.zoom(joined()).status_code == 503


def test_two_zoom_sources_are_told_apart(world: World) -> None:
    world.add(declared("zoom-us", "zoom", world.clock.now()))

    assert world.zoom(joined()).status_code == 204
    assert world.facts()[0].source == "zoom-emea"


def test_while_a_secret_changes_what_either_signs_is_kept_and_then_the_former_ends(world: World) -> None:
    def rotate(change: Callable[[Connection], None]) -> None:
        with world.services.database.writing() as connection:
            change(connection)

    rotate(lambda connection: sources.set_secret(connection, world.services.vault, "default", "zoom-emea", "next"))
    both = [world.zoom(joined(), secret=SECRET), world.zoom(joined(), secret="next")]
    rotate(lambda connection: sources.end_former_secret(connection, "default", "zoom-emea"))
    one = [world.zoom(joined(), secret=SECRET), world.zoom(joined(), secret="next")]

    assert [answer.status_code for answer in (*both, *one)] == [204, 204, 401, 204]


def test_zoom_is_proved_the_secret_that_it_asks_with(world: World) -> None:
    with world.services.database.writing() as connection:
        sources.set_secret(connection, world.services.vault, "default", "zoom-emea", "next")
    asked = {"event": "endpoint.url_validation", "payload": {"plainToken": "token"}}

    for secret in (SECRET, "next"):
        expected = hmac.new(secret.encode(), b"token", sha256).hexdigest()
        assert world.zoom(asked, secret=secret).json()["encryptedToken"] == expected
