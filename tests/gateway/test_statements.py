from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog

from milepost.store import sources
from milepost_schemas.facts import ActivityReported
from milepost_schemas.messages import FactRevoked
from tests.gateway.senders import World, basic, statement

ID = "5d3f6a52-9b0d-4b56-8f3a-0d1d3b8a1c01"
OTHER = "5d3f6a52-9b0d-4b56-8f3a-0d1d3b8a1c02"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
PATH = "/xapi/statements"


def void_of(target: str, **more: Any) -> dict[str, Any]:
    return {**statement(VOIDED), "object": {"objectType": "StatementRef", "id": target}, **more}


def test_one_statement_answers_200_with_the_array_of_its_id(world: World) -> None:
    answer = world.post("player", statement(id=ID))

    assert (answer.status_code, answer.json()) == (200, [ID])


def test_a_batch_answers_with_its_ids_in_order_and_an_empty_one_with_none(world: World) -> None:
    both = world.post("player", [statement(id=OTHER), statement(id=ID)])

    assert both.json() == [OTHER, ID]
    assert world.post("player", []).json() == []


def test_the_other_spelling_of_the_path_and_version_1_0_0_are_served_too(world: World) -> None:
    answer = world.post("player", statement(id=ID), path="/xAPI/statements", X_Experience_API_Version="1.0.0")

    assert answer.status_code == 200


@pytest.mark.parametrize("path", [PATH, "/xapi/about", "/xapi/activities/state", "/xapi/nothing"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH", "HEAD"])
def test_every_response_says_its_version(world: World, path: str, method: str) -> None:
    answer = world.http.request(method, path)

    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert answer.status_code < 500  # 501, for what is not served, comes after the version


def test_every_response_of_the_resource_says_up_to_when_it_is_consistent(world: World) -> None:
    refused = world.http.request("GET", PATH)
    taken = world.post("player", statement())

    assert refused.headers["X-Experience-API-Consistent-Through"] == "2026-09-07T10:00:00.000Z"
    assert taken.headers["X-Experience-API-Consistent-Through"] == "2026-09-07T10:00:00.000Z"


def test_consistent_through_stops_before_what_is_under_way(world: World) -> None:
    with world.services.acceptance.receiving():
        answer = world.http.request("GET", PATH)

    assert answer.headers["X-Experience-API-Consistent-Through"] == "2026-09-07T09:59:59.990Z"


def test_nothing_is_known_of_a_moment_when_something_has_been_under_way_for_long(world: World) -> None:
    with world.services.acceptance.receiving():
        world.clock.set(world.clock.now() + 600_000)
        answer = world.http.request("GET", PATH)

    assert answer.headers["X-Experience-API-Consistent-Through"] == "2026-09-07T10:08:00.000Z"


def test_about_needs_neither_key_nor_version(world: World) -> None:
    answer = world.http.request("GET", "/xapi/about")

    assert answer.json()["version"][-2:] == ["1.0.3", "2.0.0"]
    assert world.http.request("HEAD", "/xapi/about").status_code == 200
    assert world.http.request("DELETE", "/xapi/about").headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("version", ["0.9", "1.1.0", "2.1.0", ""])
def test_another_version_is_refused_with_a_sentence(world: World, version: str) -> None:
    answer = world.post("player", statement(), X_Experience_API_Version=version)

    assert answer.status_code == 400
    assert "1.0.x and 2.0.x" in answer.text


def test_the_same_again_is_fine_and_another_meaning_under_its_id_is_not(world: World) -> None:
    world.post("player", statement(id=ID))

    again = world.post("player", statement(id=ID.upper(), timestamp="2026-09-07T11:00:00+02:00"))
    other = world.post("player", [statement(id=OTHER), statement("http://adlnet.gov/expapi/verbs/failed", id=ID)])

    assert again.status_code == 200
    assert other.status_code == 409
    assert ID in other.text
    assert len(world.facts()) == 1


def test_one_bad_statement_refuses_its_whole_batch_and_names_the_place(world: World) -> None:
    bad = {**statement(id=OTHER), "verb": {"id": "completed"}}

    answer = world.post("player", [statement(id=ID), bad])

    assert answer.status_code == 400
    assert "statements[1].verb.id" in answer.text
    assert world.logged() == []
    assert [outcome for outcome, _ in world.requests()] == ["refused"]


def test_an_id_twice_in_a_batch_is_refused(world: World) -> None:
    assert world.post("player", [statement(id=ID), statement(id=ID)]).status_code == 400


def test_a_statement_without_id_that_comes_again_is_the_same_statement(world: World) -> None:
    first = world.post("lms", [statement(), statement()])
    again = world.post("lms", statement())

    assert first.json() == [*again.json(), *again.json()]
    assert len(world.facts()) == 1


def test_statements_that_say_neither_id_nor_time_are_told_apart_by_nothing_and_all_kept(world: World) -> None:
    timeless = statement()
    del timeless["timestamp"]

    assert len(set(world.post("lms", [timeless, timeless]).json())) == 2


def test_two_sources_that_send_the_same_content_say_two_things(world: World) -> None:
    assert world.post("lms", statement()).json() != world.post("player", statement()).json()


def test_put_answers_204_and_needs_an_id_that_is_the_body_s(world: World) -> None:
    put = f"{PATH}?statementId={ID}"

    assert world.send("PUT", "player", statement(), path=put).status_code == 204
    assert world.send("PUT", "player", statement(id=ID), path=put).status_code == 204
    assert world.send("PUT", "player", statement(id=OTHER), path=put).status_code == 400
    assert world.send("PUT", "player", [statement()], path=put).status_code == 400
    assert world.send("PUT", "player", [], path=put).status_code == 400
    assert world.send("PUT", "player", statement(), path=PATH).status_code == 400
    assert world.send("PUT", "player", statement(), path=f"{PATH}?statementId=7").status_code == 400
    assert world.send("PUT", "player", statement(VOIDED + "x"), path=put).status_code == 409


def test_get_gives_back_what_was_sent_with_what_the_receiver_adds(world: World) -> None:
    world.post("player", statement(id=ID, version="1.0.1", stored="2020-01-01T00:00:00Z"))

    found = world.get("player", f"{PATH}?statementId={ID.upper()}").json()

    assert found["actor"] == statement()["actor"]
    assert (found["stored"], found["version"]) == ("2026-09-07T10:00:00.000Z", "1.0.1")
    assert found["authority"]["account"]["name"] == "player"
    assert world.send("HEAD", "player", b"", path=f"{PATH}?statementId={ID}").status_code == 200


def test_a_source_reads_back_only_what_it_sent(world: World) -> None:
    world.post("player", statement(id=ID))

    assert world.get("lms", f"{PATH}?statementId={ID}").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (f"statementId={OTHER}", 404),
        (f"statementId={ID}&voidedStatementId={OTHER}", 400),
        (f"statementId={ID}&limit=1", 400),
        (f"statementid={ID}", 400),
        (f"statementId={ID}&statementId={ID}", 400),
        ("statementId=abc", 400),
        ("unknown=1", 400),
        (f"statementId={ID}&format=exact&attachments=false", 200),
        (f"statementId={ID}&format=canonical", 200),
        (f"statementId={ID}&attachments=true", 200),
        (f"statementId={ID}&attachments=yes", 400),
    ],
)
def test_get_takes_one_id_and_refuses_the_rest_with_a_sentence(world: World, query: str, status: int) -> None:
    world.post("player", statement(id=ID))

    answer = world.get("player", f"{PATH}?{query}")

    assert answer.status_code == status
    assert answer.text


@pytest.mark.parametrize("void_first", [True, False])
def test_a_void_and_its_target_are_paired_in_either_order(world: World, void_first: bool) -> None:
    sent = [statement(id=ID), void_of(ID, id=OTHER)]

    for each in reversed(sent) if void_first else sent:
        assert world.post("player", each).status_code == 200

    (fact,) = world.facts()
    (revoked,) = [message for message in world.logged() if isinstance(message, FactRevoked)]
    assert revoked.target == fact.fact_id
    assert world.get("player", f"{PATH}?statementId={ID}").status_code == 404
    assert world.get("player", f"{PATH}?voidedStatementId={ID}").status_code == 200


def test_a_void_by_another_source_changes_nothing(world: World) -> None:
    world.post("player", statement(id=ID))

    assert world.post("lms", void_of(ID)).status_code == 200

    assert not any(isinstance(message, FactRevoked) for message in world.logged())
    assert world.get("player", f"{PATH}?statementId={ID}").status_code == 200


def test_a_fact_carries_no_name_and_the_table_of_people_does(world: World) -> None:
    world.post("player", statement(id=ID))

    (message,) = world.logged()
    assert "ana" not in repr(message).lower()
    assert list(world.people().values()) == ["Ana Alvarez"]


def test_a_statement_from_the_future_is_taken_and_capped(world: World) -> None:
    world.post("player", statement(id=ID, timestamp="2027-01-01T00:00:00Z"))

    (fact,) = world.facts()
    assert isinstance(fact, ActivityReported)
    assert fact.occurred_at == world.clock.now()


def test_what_gives_no_fact_is_kept_with_a_reason(world: World) -> None:
    world.post("player", [statement("https://verbs.example.net/juggled"), statement()])

    ((outcome, note),) = world.requests()
    assert outcome == "accepted"
    assert str(note).startswith("https://verbs.example.net/juggled: the verb says nothing")
    assert len(world.facts()) == 1


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic " + "QQ==",
        "Basic /////w==",
        basic("player", "wrong"),
        "Bearer wrong",
        "Bearer ",
        "Digest x",
        "Basic " + "A" * 2000,
    ],
)
def test_without_a_key_that_is_known_nothing_is_told(world: World, authorization: str) -> None:
    answer = world.post("player", statement(), Authorization=authorization)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert world.logged() == []


def test_a_key_works_as_bearer_and_with_its_beginning_as_user_but_not_with_another_name(world: World) -> None:
    key = world.keys["player"]

    assert world.post("player", statement(), Authorization=f"Bearer {key}").status_code == 200
    assert world.post("player", statement(), Authorization=basic(key[:10], key)).status_code == 200
    assert world.post("player", statement(), Authorization=basic("lms", key)).status_code == 401


def test_two_keys_work_until_one_is_revoked(world: World) -> None:
    services, old = world.services, world.keys["player"]
    with services.database.writing() as connection:
        new = sources.rotate(connection, services.vault, "default", "player", at=1)

    assert world.post("player", statement()).status_code == 200
    assert world.post("player", statement(), Authorization=f"Bearer {new}").status_code == 200

    with services.database.writing() as connection:
        sources.revoke(connection, "default", "player", old[:10], at=2)
    assert world.post("player", statement()).status_code == 401
    assert world.post("player", statement(), Authorization=f"Bearer {new}").status_code == 200


def test_authority_comes_from_the_key_never_from_the_body(world: World) -> None:
    world.post("player", statement(id=ID, authority={"mbox": "mailto:admin@example.net"}))

    found = world.get("player", f"{PATH}?statementId={ID}").json()
    assert found["authority"]["account"] == {"homePage": "urn:milepost:default", "name": "player"}


def test_statements_come_from_sources_of_their_kinds(world: World) -> None:
    assert world.post("office", statement()).status_code == 403


# --- what is no statement --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"a":' * 500 + b"1" + b"}" * 500, {}, 400),
        (b"7", {}, 400),
        (b'"text"', {}, 400),
        (b"{}", {"Content_Type": "text/plain"}, 400),
        (b"{}", {"Content_Type": "multipart/mixed; boundary=x"}, 501),
        (b"{}", {"Content_Type": "application/json; charset=latin-1"}, 400),
        (b"{}", {"Content_Type": "application/json; charset"}, 400),
        (b"{}", {"Content_Encoding": "gzip"}, 415),
        (b" " * (8 * 1024 * 1024 + 1), {}, 413),
    ],
)
def test_what_is_no_statement_is_refused_with_a_sentence_and_never_by_an_error_of_ours(
    world: World, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = world.post("player", body, **headers)

    assert answer.status_code == status
    assert answer.text.strip()


def test_a_body_that_does_not_say_its_length_is_cut_off_at_the_limit(world: World) -> None:
    headers = {"Authorization": basic("player", world.keys["player"]), "X-Experience-API-Version": "1.0.3"}

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" " * 65536

    answer = world.http.request("POST", PATH, content=endless(), headers=headers)

    assert answer.status_code == 413


def test_more_than_a_thousand_statements_are_too_many(world: World) -> None:
    assert world.post("player", [statement()] * 1001).status_code == 413


def test_an_attachment_must_lie_somewhere_else(world: World) -> None:
    attachment = {
        "usageType": "https://example.net/certificate",
        "display": {"en": "Certificate"},
        "contentType": "application/pdf",
        "length": 3,
        "sha2": "a" * 64,
    }
    elsewhere = {**attachment, "fileUrl": "https://files.example.net/1"}

    assert world.post("player", statement(attachments=[attachment])).status_code == 400
    assert world.post("player", statement(attachments=[elsewhere])).status_code == 200


def test_alternate_request_syntax_is_refused(world: World) -> None:
    assert world.post("player", statement(), path=f"{PATH}?method=PUT").status_code == 400


def test_a_method_that_is_not_served_says_which_are(world: World) -> None:
    answer = world.http.request("DELETE", PATH)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, PUT, POST"


def test_a_store_that_cannot_write_answers_503_and_when_to_come_again(world: World) -> None:
    world.services.acceptance.close()

    answer = world.post("player", statement())

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


def test_a_broken_database_answers_503(world: World) -> None:
    with world.services.database.writing() as connection:
        connection.exec_driver_sql("drop table log")

    assert world.post("player", statement()).status_code == 503


def test_a_database_that_cannot_even_be_read_answers_503(world: World) -> None:
    world.post("player", statement(id=ID))
    with world.services.database.writing() as connection:
        connection.exec_driver_sql("drop table statements")
    assert world.get("player", f"{PATH}?statementId={ID}").status_code == 503

    with world.services.database.writing() as connection:
        connection.exec_driver_sql("drop table source_keys")
    assert world.post("player", statement()).status_code == 503


def test_why_nothing_could_be_kept_stands_in_the_log_with_the_place(world: World) -> None:
    with world.services.database.writing() as connection:
        connection.exec_driver_sql("drop table source_keys")

    with structlog.testing.capture_logs() as logged:
        world.post("player", statement())

    (line,) = logged
    assert (line["reason"], line["error"]) == ("store_unavailable", "OperationalError < OperationalError")
    assert "store/sources.py" in line["where"]


def test_accepted_and_refused_are_counted(world: World) -> None:
    world.post("player", statement())
    world.post("player", b"{")

    written = world.services.metrics.written().decode()
    assert (
        'milepost_messages_accepted_total{route="/xapi/statements"} 2.0' in written
    )  # the fact, and that it was heard
    assert 'milepost_requests_refused_total{reason="bad_content",route="/xapi/statements"} 1.0' in written


def test_the_log_of_the_process_names_no_person(world: World) -> None:
    with structlog.testing.capture_logs() as logged:
        world.post("player", {**statement(), "verb": {"id": "ana@example.net"}})
        world.post_facts({"type": "learner_enrolled", "person": {"mail": "Ana"}, "program": 7})
        world.zoom(b"ana@example.net")

    assert len(logged) == 3
    assert "ana" not in repr(logged).lower()
