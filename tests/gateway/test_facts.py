from typing import Any

import jsonschema
import pytest
from sqlalchemy import select, update

from milepost.gateway.description import describe
from milepost.store.tables.accepted import identifiers, raw_messages
from milepost_schemas.facts import LearnerEnrolled, OfferingScheduled, SeatChanged
from milepost_schemas.messages import AboutActor, IdentityDecided, MeetingScheduled
from tests.gateway.senders import World, basic
from tests.sources.test_office import ANA, EXAMPLES, item


def error(answer: Any) -> Any:
    return answer.json()["error"]


def test_one_fact_is_on_the_disk_when_it_is_answered(world: World) -> None:
    answer = world.post_facts(item("learner_enrolled", id="e-1"))

    assert answer.status_code == 200
    assert answer.json()["accepted"] == 1
    (fact,) = world.facts()
    assert isinstance(fact, LearnerEnrolled)
    assert answer.json()["facts"] == [fact.fact_id]
    assert answer.json()["position"] > 0


def test_every_type_is_taken_in_one_request(world: World) -> None:
    assert world.post_facts([item(kind) for kind in EXAMPLES]).status_code == 200


def test_the_same_id_again_is_fine_and_is_logged_once(world: World) -> None:
    world.post_facts(item("learner_enrolled", id="e-1"))
    world.clock.set(world.clock.now() + 1000)

    assert world.post_facts(item("learner_enrolled", id="e-1")).status_code == 200

    assert len(world.facts()) == 1


def test_the_same_id_with_another_meaning_refuses_the_whole_request(world: World) -> None:
    world.post_facts(item("seat_changed", id="s-1"))

    answer = world.post_facts([item("import_began"), item("seat_changed", id="s-1", state="canceled")])

    assert answer.status_code == 409
    assert [(each["index"], each["path"]) for each in error(answer)["problems"]] == [(1, "id")]
    assert len(world.logged()) == 1


def test_one_bad_fact_refuses_the_whole_request_and_names_the_place(world: World) -> None:
    answer = world.post_facts([item("learner_enrolled"), item("seat_changed", state="bookd")])

    assert answer.status_code == 422
    (problem,) = error(answer)["problems"]
    assert (problem["index"], problem["path"], problem["found"]) == (1, "state", '"bookd"')
    assert problem["possible"] == ["requested", "waitlisted", "booked", "canceled"]
    assert world.logged() == []


def test_a_schedule_goes_to_the_offering_and_to_each_of_its_meetings(world: World) -> None:
    world.post_facts(item("offering_scheduled"))

    schedule, meeting = world.logged()
    assert isinstance(schedule, OfferingScheduled)
    assert isinstance(meeting, MeetingScheduled)
    assert (meeting.meeting_source, meeting.meeting) == ("zoom-emea", "81234567890")
    assert meeting.fact_id == f"{schedule.fact_id}#zoom-emea/81234567890"
    assert [use.session for use in meeting.uses] == ["1"]


def test_an_office_knows_names_better_than_a_meeting(world: World) -> None:
    world.post_facts(item("person_described"))
    world.zoom(
        {
            "event": "meeting.participant_joined",
            "payload": {
                "account_id": "a",
                "object": {"id": 1, "participant": {"user_name": "iPhone", "email": "ana@example.net", "user_id": "1"}},
            },
        }
    )

    assert list(world.people().values()) == ["Ana Alvarez"]


# --- several identifiers of one person -------------------------------------------------------------------------------

KNOWN = {**ANA, "identities": [{"id": "4711"}, {"account": {"home_page": "https://lms.example.net", "name": "41"}}]}


def links(world: World) -> list[IdentityDecided]:
    return [message for message in world.logged() if isinstance(message, IdentityDecided)]


def learner_of(world: World) -> str:
    (first, *_) = [message for message in world.logged() if isinstance(message, AboutActor)]
    return first.candidate_learner


def test_other_identifiers_are_linked_to_the_learner_of_the_person(world: World) -> None:
    assert world.post_facts(item("learner_enrolled", person=KNOWN)).status_code == 200

    assert {link.learner for link in links(world)} == {learner_of(world)}
    assert len({link.actor for link in links(world)}) == 2
    assert len(world.people()) == 3


def test_declaring_the_same_again_changes_nothing(world: World) -> None:
    world.post_facts(item("learner_enrolled", person=KNOWN))
    world.clock.set(world.clock.now() + 86_400_000)
    world.post_facts(item("person_described", person=KNOWN))

    assert len(links(world)) == 2


def test_a_person_of_whom_nothing_was_reported_has_no_learner_to_link_to(world: World) -> None:
    answer = world.post_facts([item("import_began"), item("person_described", person=KNOWN)])

    assert answer.status_code == 409
    assert error(answer)["problems"][0]["index"] == 1
    assert world.logged() == []


def test_an_identifier_that_is_linked_to_somebody_else_is_refused(world: World) -> None:
    world.post_facts([item("learner_enrolled", person=KNOWN), item("learner_enrolled", person={"id": "4711"})])
    with world.services.database.writing() as connection:  # as the tracker does once it has read the link
        connection.execute(update(identifiers).values(learner=learner_of(world)))

    answer = world.post_facts(
        item("learner_enrolled", person={"mail": "ben@example.net", "identities": [{"id": "4711"}]})
    )

    assert answer.status_code == 409
    assert "linked to somebody else" in error(answer)["problems"][0]["message"]
    assert world.post_facts(item("person_described", person=KNOWN)).status_code == 200


def test_an_identifier_beside_itself_links_nothing(world: World) -> None:
    world.post_facts(item("learner_enrolled", person={**ANA, "identities": [{"mail": "ana@EXAMPLE.net"}]}))

    assert links(world) == []


# --- who may ---------------------------------------------------------------------------------------------------------


def test_facts_come_from_an_office_and_every_source_may_say_that_it_imports(world: World) -> None:
    assert world.post_facts(item("learner_enrolled"), source="lms").status_code == 403
    assert world.post_facts([item("import_began")], source="lms").status_code == 200
    assert world.logged()[-1].source == "lms"  # type: ignore[union-attr]


def test_without_a_key_nothing_is_taken(world: World) -> None:
    answer = world.post("office", item("import_began"), path="/v1/facts", Authorization=basic("office", "wrong"))

    assert (answer.status_code, error(answer)["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"\xff", {}, 400),
        (b"7", {}, 422),
        (b"{}", {"Content_Type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"Content_Encoding": "gzip"}, 415),
        (b" " * (4 * 1024 * 1024 + 1), {}, 413),
    ],
    ids=["empty", "cut", "deep", "encoding", "number", "form", "gzip", "large"],
)
def test_what_is_no_fact_is_refused_with_a_sentence(
    world: World, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = world.post("office", body, path="/v1/facts", **headers)

    assert answer.status_code == status
    assert error(answer)["message"]


def test_a_query_parameter_is_not_known_here(world: World) -> None:
    assert world.post("office", item("import_began"), path="/v1/facts?dry=1").status_code == 400


def test_while_the_store_cannot_write_the_office_is_asked_to_come_again(world: World) -> None:
    world.services.acceptance.close()

    answer = world.post_facts(item("import_began"))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


def test_while_the_store_cannot_be_read_the_office_is_asked_to_come_again(world: World) -> None:
    with world.services.database.writing() as connection:
        connection.exec_driver_sql("drop table identifiers")

    assert world.post_facts(item("learner_enrolled", person=KNOWN)).status_code == 503


# --- lists -----------------------------------------------------------------------------------------------------------

BOOKED = (
    "id;E-Mail;Name;Offering;State\ns-1;ana@example.net;Ana Alvarez;L-17;booked\ns-2;ben@example.net;;L-17;{state}\n"
)


def post_list(world: World, text: str, query: str, content_type: str = "text/csv") -> Any:
    return world.post("office", text.encode(), path=f"/v1/facts{query}", Content_Type=content_type)


@pytest.mark.parametrize("content_type", ["text/csv", "text/csv; charset=UTF-8; header=present"])
def test_a_list_is_taken_like_the_same_in_json_and_again_it_changes_nothing(world: World, content_type: str) -> None:
    answers = [
        post_list(world, BOOKED.format(state="booked"), "?type=seat_changed", content_type),
        post_list(world, BOOKED.format(state="booked"), "?type=seat_changed", content_type),
        world.post_facts({"type": "seat_changed", "id": "s-1", "person": ANA, "offering": "L-17", "state": "booked"}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].json()["facts"] == answers[1].json()["facts"]
    assert answers[2].json()["facts"] == answers[0].json()["facts"][:1]
    assert [type(fact) for fact in world.facts()] == [SeatChanged, SeatChanged]
    with world.services.database.reading() as connection:
        kept = connection.execute(select(raw_messages.c.content_type)).scalars().all()
    assert kept == ["text/csv", "text/csv", "application/json"]


def test_one_wrong_cell_refuses_the_whole_list_and_names_its_line_and_column(world: World) -> None:
    answer = post_list(world, BOOKED.format(state="bookd"), "?type=seat_changed")

    assert answer.status_code == 422
    (problem,) = error(answer)["problems"]
    assert (problem["path"], problem["found"]) == ("line 3, state", '"bookd"')
    assert "The first, at index 1, line 3, state: must be" in error(answer)["message"]
    assert world.logged() == []


@pytest.mark.parametrize(
    "query", ["", "?type=import_began", "?type=seat", "?type=seat_changed&dry=1", "?type=a&type=b"]
)
def test_a_list_says_in_the_query_what_it_holds_and_nothing_else(world: World, query: str) -> None:
    answer = post_list(world, BOOKED.format(state="booked"), query)

    assert (answer.status_code, error(answer)["code"]) == (400, "bad_request")


def test_json_names_the_type_of_each_fact_itself(world: World) -> None:
    answer = world.post("office", item("import_began"), path="/v1/facts?type=seat_changed")

    assert answer.status_code == 400


def test_lists_come_from_an_office(world: World) -> None:
    answer = world.post("lms", b"mail,program\n", path="/v1/facts?type=learner_enrolled", Content_Type="text/csv")
    person = b"mail,program\nana@example.net,lockout\n"
    refused = world.post("lms", person, path="/v1/facts?type=learner_enrolled", Content_Type="text/csv")

    assert answer.json()["accepted"] == 0
    assert refused.status_code == 403


# --- the description -------------------------------------------------------------------------------------------------


def test_the_description_agrees_with_what_is_taken(world: World) -> None:
    found = world.http.request("GET", "/v1/facts/openapi.json").json()
    fact = {"$ref": "#/components/schemas/Fact", "components": found["components"]}

    assert found == describe()
    for kind in EXAMPLES:
        jsonschema.validate(item(kind, id="1", occurred_at="2026-09-07T10:00:00Z"), fact)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(item("learner_enrolled", programme="x"), fact)
