"""What people do on the pages: facts like all others, by the source `console`."""

from typing import Any

import pytest

from milepost.store import log
from milepost_schemas.facts import AttendanceMarked, RosterClosed, SeatExcused
from milepost_schemas.messages import AboutActor, IdentityDecided
from milepost_schemas.topics import decode
from tests.console.http import Http
from tests.console.world import HYBRID, World

HERE = "/sessions/P-1/s1"


@pytest.fixture
def afternoon(world: World) -> World:
    """Ana, Ben and Cid were booked, and Ben was seen; so was a guest whom nobody knows. The sheet is not in."""
    world.publish()
    world.at("2026-08-31T07:00:00Z")
    world.enrolled("Ana Ruiz", "Ben Okafor", "Cid Moreau")
    world.scheduled("P-1", "2026-09-07T08:00:00Z", channels=HYBRID)
    world.seat("P-1", "Ana Ruiz", "Ben Okafor", "Cid Moreau")
    world.done("theory", "Ana Ruiz", "Cid Moreau")
    world.done("entry-quiz", "Ana Ruiz", "Cid Moreau", score=0.9)
    world.at("2026-09-07T08:00:00Z")
    world.opened()
    world.joined("Ben Okafor")
    world.joined("Ana R.", mail=False)
    world.at("2026-09-07T10:00:00Z")
    world.left("Ben Okafor")
    world.left("Ana R.", mail=False)
    world.ended()
    world.at("2026-09-07T14:00:00Z")
    return world


def outcomes(asked: Http) -> dict[str, str]:
    people = asked.get(f"/v1{HERE}").json()["participants"]
    return {each["name"]: each["outcome"]["outcome"] for each in people if each["outcome"] is not None}


def identifiers(asked: Http) -> dict[str, str]:
    people = asked.get(f"/v1{HERE}").json()["participants"]
    return {each["name"]: each["row"]["identifiers"][0] for each in people}


def last_said(world: World, number: int) -> list[Any]:
    with world.services.database.reading() as connection:
        entries = log.read(connection, log.end(connection) - number, limit=number)
    return [decode(entry.body.encode()) for entry in entries]


def test_a_roster_is_closed_by_hand_with_a_reason_for_each(afternoon: World) -> None:
    asked = afternoon.client()
    who = identifiers(asked)
    form = {
        f"choice:{who['Ana Ruiz']}": "present",
        f"reason:{who['Ana Ruiz']}": "sat in the first row",
        f"choice:{who['Ben Okafor']}": "",
        f"choice:{who['Cid Moreau']}": "excused",
        f"reason:{who['Cid Moreau']}": "sick note",
        "do": "close",
    }

    answer = asked.post(f"{HERE}/roster", data=form)

    assert answer.headers["location"] == HERE
    assert outcomes(asked) == {"Ana Ruiz": "attended", "Ben Okafor": "attended", "Cid Moreau": "excused"}
    page = asked.get(HERE).text
    assert "The roster is closed" in page
    assert "a person: <b>present</b> “sat in the first row”" in page
    assert "excused: “sick note”" in page


def test_what_is_said_by_hand_is_a_fact_of_the_console(afternoon: World) -> None:
    asked = afternoon.client()
    who = identifiers(asked)
    judged = [
        {"identifier": who["Ana Ruiz"], "choice": "absent", "reason": "was on the phone"},
        {"identifier": who["Cid Moreau"], "choice": "excused", "reason": "sick note"},
    ]

    asked.post(f"/v1{HERE}/roster", json={"judgments": judged, "closed": True})

    marked, excused, closed = last_said(afternoon, 3)
    assert isinstance(marked, AboutActor)
    assert isinstance(marked.fact, AttendanceMarked)
    assert (marked.fact.source, marked.fact.rank, marked.fact.reason) == ("console", 30, "was on the phone")
    assert isinstance(excused.fact, SeatExcused)
    assert isinstance(closed, RosterClosed)
    assert closed.received_at == afternoon.now


def test_closing_makes_who_was_not_seen_absent_and_reopening_takes_it_back(afternoon: World) -> None:
    asked = afternoon.client()
    assert outcomes(asked)["Ana Ruiz"] == "unknown"

    asked.post(f"{HERE}/roster", data={"do": "close"})
    assert outcomes(asked)["Ana Ruiz"] == "absent"

    asked.post(f"{HERE}/roster", data={"do": "reopen"})
    assert outcomes(asked)["Ana Ruiz"] == "unknown"
    assert "The roster is open" in asked.get(HERE).text


def test_an_excuse_can_be_taken_back(afternoon: World) -> None:
    asked = afternoon.client()
    cid = identifiers(asked)["Cid Moreau"]
    asked.post(f"{HERE}/roster", data={f"choice:{cid}": "excused", "do": "close"})
    assert outcomes(asked)["Cid Moreau"] == "excused"

    asked.post(f"{HERE}/roster", data={f"choice:{cid}": "expected", "do": "save"})

    assert outcomes(asked)["Cid Moreau"] == "absent"


def test_a_form_that_says_nothing_does_nothing(afternoon: World) -> None:
    asked = afternoon.client()
    before = asked.get("/v1/trust").json()["stamp"]

    assert asked.post(f"{HERE}/roster", data={"do": "save"}).status_code == 303

    assert asked.get("/v1/trust").json()["stamp"] == before


def test_a_roster_of_thousands_is_saved_as_a_small_one(afternoon: World) -> None:
    asked = afternoon.client()
    form = {f"{field}:{number}": "" for field in ("choice", "reason") for number in range(2000)}

    assert asked.post(f"{HERE}/roster", data={**form, "do": "save"}).status_code == 303


def test_nobody_is_judged_who_is_not_on_the_roster(afternoon: World) -> None:
    asked = afternoon.client()

    answer = asked.post(f"/v1{HERE}/roster", json={"judgments": [{"identifier": "x", "choice": "absent"}]})

    assert answer.status_code == 422
    assert "not on this roster" in answer.json()["detail"]
    assert asked.post(f"{HERE}/roster", data={"choice:x": "asleep"}).status_code == 422


def test_a_stranger_is_linked_to_a_learner_and_unlinked_again(afternoon: World) -> None:
    asked = afternoon.client()
    stranger = asked.get("/v1/unmatched").json()["participants"][0]["identity"]
    page = asked.get(f"/unmatched/{stranger['identifier']}").text
    assert page.index("Ana Ruiz") < page.index("Cid Moreau")

    form = {"do": "link", "learner": afternoon.learner("Ana Ruiz")}
    answer = asked.post(f"/unmatched/{stranger['identifier']}", data=form)

    assert answer.headers["location"] == "/unmatched"
    assert outcomes(asked)["Ana Ruiz"] == "attended"
    assert asked.get("/v1/unmatched").json()["participants"] == []
    assert "Decided by hand" in asked.get("/unmatched").text

    asked.post(f"/unmatched/{stranger['identifier']}", data={"do": "undo"})

    assert outcomes(asked)["Ana Ruiz"] == "unknown"
    assert len(asked.get("/v1/unmatched").json()["participants"]) == 1
    assert "Decided by hand" not in asked.get("/unmatched").text


def test_a_stranger_is_marked_as_a_guest_and_nobody_again(afternoon: World) -> None:
    asked = afternoon.client()
    stranger = asked.get("/v1/unmatched").json()["participants"][0]["identity"]["identifier"]

    asked.post(f"/v1/unmatched/{stranger}", json={"do": "guest"})

    said = last_said(afternoon, 1)[0]
    assert isinstance(said, IdentityDecided)
    assert said.source == "console"
    assert asked.get("/v1/unmatched").json()["participants"] == []
    asked.post(f"/v1/unmatched/{stranger}", json={"do": "undo"})
    assert len(asked.get("/v1/unmatched").json()["participants"]) == 1


def test_a_link_names_a_learner_whom_we_know(afternoon: World) -> None:
    asked = afternoon.client()
    stranger = asked.get("/v1/unmatched").json()["participants"][0]["identity"]["identifier"]

    assert asked.post(f"/v1/unmatched/{stranger}", json={"do": "link"}).status_code == 422
    assert asked.post(f"/v1/unmatched/{stranger}", json={"do": "link", "learner": "x"}).status_code == 422
