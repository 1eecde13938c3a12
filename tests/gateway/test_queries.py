"""GET of statements by filters, page by page: a source finds what it sent itself, the newest first."""

import json
from email import message_from_bytes
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest

from tests.gateway.senders import World, statement

PATH = "/xapi/statements"
VERB = "http://adlnet.gov/expapi/verbs/"
ANA = {"mbox": "mailto:ana@example.net"}
BEN = {"account": {"homePage": "https://lms.example.net", "name": "ben"}}
LESSON = "https://content.example.net/lockout/1"
COURSE = "https://content.example.net/lockout"
REGISTRATION = "6e1a6a5c-0000-5000-8000-00000000000A"


def name(number: int) -> str:
    return str(UUID(int=number))


def ask(world: World, *, of: str = "player", **parameters: Any) -> Any:
    told = {key: value if isinstance(value, str) else json.dumps(value) for key, value in parameters.items()}
    answer = world.get(of, f"{PATH}?{urlencode(told)}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def found(world: World, **parameters: Any) -> list[int]:
    return [UUID(each["id"]).int for each in ask(world, **parameters)["statements"]]


def send(world: World, *sent: dict[str, Any], source: str = "player") -> None:
    """Send statements one second after the other; the first has the id 1."""
    for number, each in enumerate(sent, 1):
        assert world.post(source, statement(**{"id": name(number), **each})).status_code == 200
        world.clock.set(world.clock.now() + 1000)


@pytest.fixture
def told(world: World) -> World:
    sub_statement = {
        "objectType": "SubStatement",
        "actor": ANA,
        "verb": {"id": VERB + "passed"},
        "object": {"id": COURSE},
    }
    send(
        world,
        {},
        {"actor": BEN, "verb": VERB + "passed"},
        {"actor": {"objectType": "Group", "member": [BEN, ANA]}, "object": {"id": COURSE}},
        {"context": {"registration": REGISTRATION, "contextActivities": {"parent": {"id": COURSE}}}},
        {"actor": BEN, "object": {"id": COURSE}, "context": {"instructor": ANA}},
        {"actor": BEN, "object": {"objectType": "Agent", **ANA}},
        {"actor": BEN, "object": sub_statement},
    )
    return world


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, [7, 6, 5, 4, 3, 2, 1]),
        ({"ascending": True}, [1, 2, 3, 4, 5, 6, 7]),
        ({"agent": ANA}, [6, 4, 3, 1]),
        ({"agent": {"mbox": "mailto:ana@EXAMPLE.net", "name": "Anybody"}}, [6, 4, 3, 1]),
        ({"agent": {"mbox": "mailto:Ana@example.net"}}, []),
        ({"agent": BEN}, [7, 6, 5, 3, 2]),
        ({"agent": ANA, "related_agents": True}, [7, 6, 5, 4, 3, 1]),
        ({"verb": VERB + "passed"}, [2]),
        ({"activity": COURSE}, [5, 3]),
        ({"activity": COURSE, "related_activities": True}, [7, 5, 4, 3]),
        ({"registration": REGISTRATION.lower()}, [4]),
        ({"agent": ANA, "activity": COURSE}, [3]),
        ({"agent": BEN, "activity": COURSE, "verb": VERB + "completed"}, [5, 3]),
        ({"agent": BEN, "registration": REGISTRATION}, []),
        ({"since": "2026-09-07T10:00:04Z"}, [7, 6]),
        ({"until": "2026-09-07T10:00:01+00:00"}, [2, 1]),
        ({"since": "2026-09-07T10:00:01Z", "until": "2026-09-07T12:00:03+02:00", "agent": ANA}, [4, 3]),
    ],
)
def test_filters_find_what_they_say(told: World, parameters: dict[str, Any], expected: list[int]) -> None:
    assert found(told, **parameters) == expected


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("filters", [{}, {"agent": BEN}, {"activity": COURSE, "related_activities": True}])
def test_pages_follow_each_other_without_a_gap_though_more_comes_meanwhile(
    told: World, ascending: bool, filters: dict[str, Any]
) -> None:
    whole = found(told, ascending=ascending, **filters)

    page = ask(told, ascending=ascending, limit=2, **filters)
    read = [UUID(each["id"]).int for each in page["statements"]]
    while page["more"]:
        assert page["more"].startswith("/xapi/statements?")
        if not ascending:
            assert told.post("player", statement()).status_code == 200
        page = told.get("player", page["more"]).json()
        read += [UUID(each["id"]).int for each in page["statements"]]

    assert read == whole


def test_statements_of_one_batch_are_all_found_over_pages(world: World) -> None:
    world.post("player", [statement(id=name(number)) for number in range(1, 8)])

    first = ask(world, limit=4)
    rest = world.get("player", first["more"]).json()

    assert sorted(UUID(each["id"]).int for each in first["statements"] + rest["statements"]) == list(range(1, 8))
    assert rest["more"] == ""


def test_a_page_has_at_most_a_hundred_statements_and_at_most_eight_mebibytes(world: World) -> None:
    large: dict[str, Any] = {"result": {"response": "x" * 3_000_000}}
    world.post("player", [statement(id=name(number)) for number in range(1, 103)])

    assert len(ask(world)["statements"]) == len(ask(world, limit=0)["statements"]) == 100
    assert len(ask(world, limit=1000)["statements"]) == 100

    for number in range(201, 205):
        world.clock.set(world.clock.now() + 1000)
        assert world.post("player", statement(id=name(number), **large)).status_code == 200
    page = ask(world, limit=4)
    assert len(page["statements"]) == 2
    assert len(world.get("player", page["more"]).json()["statements"]) == 4


def test_a_source_finds_only_what_it_sent_itself(told: World) -> None:
    told.post("lms", statement(id=name(70)))

    assert found(told, of="lms") == [70]
    assert found(told, of="lms", agent=BEN) == []
    assert 70 not in found(told)


def test_a_page_of_one_source_does_not_lead_another_to_its_statements(told: World) -> None:
    more = ask(told, limit=1)["more"]

    assert told.get("lms", more).json() == {"statements": [], "more": ""}


def test_facts_that_are_no_statements_are_not_found(world: World) -> None:
    world.post("player", [{"type": "import_began", "id": "one"}], path="/v1/facts")

    assert found(world) == []


def test_what_was_voided_is_not_found_and_its_void_is(told: World) -> None:
    void = {"id": name(90), "object": {"objectType": "StatementRef", "id": name(1)}}
    told.post("player", statement(VERB + "voided", **void))

    assert found(told, limit=2) == [90, 7]
    assert 1 not in found(told)
    assert 1 not in found(told, agent=ANA)


def test_the_format_ids_leaves_what_identifies(world: World) -> None:
    team = {"objectType": "Group", "member": [{**ANA, "name": "Ana"}], "name": "A team"}
    activity = {"objectType": "Activity", "id": LESSON, "definition": {"name": {"en": "One"}}}
    send(world, {"context": {"team": team, "contextActivities": {"parent": activity}}, "object": activity})

    (given,) = ask(world, format="ids")["statements"]

    assert given["actor"] == ANA
    assert given["verb"] == {"id": VERB + "completed"}
    assert given["object"] == {"id": LESSON}
    assert given["context"]["team"] == {"objectType": "Group", "member": [ANA]}
    assert given["context"]["contextActivities"] == {"parent": [{"id": LESSON}]}


def test_who_asks_for_files_gets_an_answer_in_parts_without_any(told: World) -> None:
    answer = told.get("player", f"{PATH}?attachments=true&limit=1")

    whole = message_from_bytes(b"Content-Type: " + answer.headers["Content-Type"].encode() + b"\n\n" + answer.content)
    assert whole.get_content_type() == "multipart/mixed"
    (only,) = [part for part in whole.walk() if not part.is_multipart()]
    assert only.get_content_type() == "application/json"
    page = json.loads(str(only.get_payload()))
    assert len(page["statements"]) == 1
    assert "attachments=true" in page["more"]


def test_the_format_canonical_gives_one_language(world: World) -> None:
    send(world, {"object": {"id": LESSON, "definition": {"name": {"en": "One", "de": "Eins"}}}})

    answer = world.send("GET", "player", b"", path=f"{PATH}?format=canonical", Accept_Language="de-AT,en;q=0.5")

    (given,) = answer.json()["statements"]
    assert given["object"]["definition"]["name"] == {"de": "Eins"}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("agent=ana", 400),
        ("agent=" + quote('{"name": "Ana"}'), 400),
        ("agent=" + quote('{"objectType": "Group", "member": []}'), 400),
        ("agent=%00", 400),
        ("agent=%ED%A0%80", 400),
        ("verb=passed", 400),
        ("activity=lockout", 400),
        ("registration=1", 400),
        ("since=yesterday", 400),
        ("until=2026-09-07", 400),
        ("limit=-1", 400),
        ("limit=many", 400),
        ("limit=" + "9" * 40, 400),
        ("ascending=yes", 400),
        ("related_agents=1", 400),
        ("format=short", 400),
        ("after=1", 400),
        ("after=999999999999999999.00000000-0000-0000-0000-000000000001", 200),
        ("Verb=http://adlnet.gov/expapi/verbs/passed", 400),
        ("format=canonical", 200),
        ("attachments=yes", 400),
        ("limit=0&attachments=false&format=exact&ascending=false", 200),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_with_a_sentence(world: World, query: str, status: int) -> None:
    answer = world.get("player", f"{PATH}?{query}")

    assert answer.status_code == status
    assert answer.text


def test_no_hit_is_an_empty_page(world: World) -> None:
    assert ask(world, verb=VERB + "passed") == {"statements": [], "more": ""}


def test_consistent_through_is_that_of_the_moment_before_reading(world: World) -> None:
    answer = world.get("player", PATH)

    assert answer.headers["X-Experience-API-Consistent-Through"] == "2026-09-07T10:00:00.000Z"
