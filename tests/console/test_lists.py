"""Lists that a coordinator takes in by hand."""

import re
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from milepost.sources.office import LISTED
from milepost.store.submission import MOST_MESSAGES
from milepost.store.tables.accepted import raw_messages
from milepost.store.tables.kept import facts
from tests.console.accounts import Door
from tests.console.http import Http
from tests.console.world import PROGRAM, World

ENROLLED = f"""\
E-Mail;Name;Program;Cohort;Zone
ana.ruiz@example.org;Ana Ruiz;{PROGRAM};AUG;
ben@example.org;Ben;{PROGRAM};;
"""


@pytest.fixture
def office(world: World) -> World:
    world.publish()
    world.source("office", "office")
    world.source("lms", "moodle")
    return world


def send(asked: Http, text: str | bytes, kind: str = "learner_enrolled", source: str = "office") -> httpx.Response:
    body = text if isinstance(text, bytes) else text.encode()
    files = {"file": ("list.csv", body, "text/csv")}
    return asked.post("/lists", data={"type": kind, "source": source}, files=files)


def learners(asked: Http) -> list[str]:
    return sorted(each["name"] for each in asked.get("/v1/learners").json()["learners"])


def test_a_list_that_is_taken_in_is_on_the_pages_at_once(office: World) -> None:
    asked = office.client()

    answer = send(asked, ENROLLED)

    assert answer.status_code == 200
    assert "2 facts are taken in" in answer.text
    assert learners(asked) == ["Ana Ruiz", "Ben"]


def test_it_is_the_office_that_says_it_and_who_took_it_in_is_in_the_audit_log(office: World) -> None:
    door = Door(office)
    door.account("carla")
    asked = door.signed_in("carla")

    send(asked, ENROLLED)

    [line] = [each for each in asked.get("/v1/audit").json()["lines"] if each["what"] == "took_list"]
    assert (line["account"], line["subject"]) == ("carla", "office")
    assert line["details"] == {"list": "learner_enrolled", "facts": "2"}
    [request] = asked.get("/v1/sources/office").json()["requests"]
    assert request["route"] == "/lists"
    with office.services.database.reading() as connection:
        said = select(facts.c.source).where(facts.c.type == "milepost.learner.enrolled.v1")
        assert connection.execute(said).scalars().all() == ["office", "office"]


def test_of_a_list_with_anything_wrong_nothing_is_taken_in_and_everything_wrong_is_named(office: World) -> None:
    asked = office.client()

    answer = send(asked, ENROLLED + "cid,Cid;x\nnobody;;\n")

    assert answer.status_code == 422
    assert "Nothing was taken in" in answer.text
    assert re.findall(r'<th scope="row">(line \d+[^<]*)</th>', answer.text) == [
        *("line 4, person", "line 4, program"),
        *("line 5, person", "line 5, program"),
    ]
    assert learners(asked) == []


def test_an_id_that_has_another_meaning_already_is_refused(office: World) -> None:
    asked = office.client()
    first = "id,mail,offering,state\ns-1,ana.ruiz@example.org,P-1,{}\n"
    send(asked, first.format("booked"), "seat_changed")

    again, otherwise = (send(asked, first.format(state), "seat_changed") for state in ("booked", "canceled"))

    assert again.status_code == 200
    assert otherwise.status_code == 422
    assert "is there already, and says something else" in otherwise.text


def test_a_list_from_which_too_much_follows_is_refused(office: World) -> None:
    rows = "".join(f"P-{n},1,room,{n}-{m}@example.org\n" for n in range(10) for m in range(2000))
    asked = office.client()

    answer = send(asked, "offering,session,channel,mail\n" + rows, "sheet_submitted")

    assert len(rows.splitlines()) == MOST_MESSAGES
    assert answer.status_code == 422
    with office.services.database.reading() as connection:
        assert connection.execute(select(raw_messages.c.route).where(raw_messages.c.route == "/lists")).all() == []


@pytest.mark.parametrize("said", [{"kind": "import_began"}, {"source": "lms"}, {"source": "nobody"}])
def test_a_list_is_of_a_type_that_has_lists_and_in_the_name_of_an_office(office: World, said: dict[str, Any]) -> None:
    answer = send(office.client(), ENROLLED, **said)

    assert answer.status_code == 422
    assert learners(office.client()) == []


def test_a_viewer_takes_nothing_in(office: World) -> None:
    door = Door(office)
    door.account("vera", "viewer")
    asked = door.signed_in("vera")

    assert send(asked, ENROLLED).status_code == 403
    assert '<form class="take"' not in asked.get("/lists").text


def test_the_page_says_what_columns_there_are_and_without_an_office_how_to_add_one(world: World) -> None:
    page = world.client().get("/lists").text

    assert "<td><code>offering</code>, <code>state</code></td>" in page
    assert len(re.findall(r'<th scope="row">[^<]*</th><td>', page)) == len(LISTED)
    assert "milepost source add office --kind office" in page
