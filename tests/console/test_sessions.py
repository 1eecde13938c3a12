"""Sessions and their rosters: who is prepared, who was there, and what is waited for."""

import re

import pytest
from sqlalchemy import update

from milepost.store.tables import shown
from tests.console.world import World, department, running_session

THERE = ("attended", "partial")


def test_a_session_says_what_it_waits_for(shared_department: World) -> None:
    page = shared_department.client().get("/sessions/P-0914/s1").text

    assert "we wait for the room sheet" in page
    assert page.count('class="outcome unknown"') == 3
    assert "K. Mensah" in page
    assert "Nobody that we know" in page


def test_before_a_session_its_page_says_who_is_prepared(shared_department: World) -> None:
    page = shared_department.client().get("/sessions/P-0917/s1").text

    assert "4 of 5 prepared" in page
    assert "Reopen" not in page
    assert "close the roster" not in page


def test_sessions_are_listed_in_their_own_zone(shared_department: World) -> None:
    asked = shared_department.client()

    assert "Mon 21 Sep 09:00 New York" in asked.get("/sessions").text
    assert "open: we wait for sheet" in asked.get("/sessions?when=past").text


def test_the_page_of_a_session_says_its_zone_once(shared_department: World) -> None:
    page = shared_department.client().get("/sessions/P-0921/s1").text
    head = re.sub(r"<[^>]+>", "", page[page.index('<p class="sub">') : page.index('<p class="verdict')])

    assert "Mon 21 Sep 09:00\N{EN DASH}11:00 New York time" in head
    assert head.count("New York") == 1


def test_while_somebody_is_nobody_yet_a_session_does_not_say_that_others_were_absent(world: World) -> None:
    world.source("zoom", "zoom")
    world.publish()
    world.enrolled("Ana Ruiz", "Ben Okafor")
    world.scheduled("P-1", "2026-09-07T08:00:00Z")
    world.seat("P-1", "Ana Ruiz", "Ben Okafor")
    world.at("2026-09-07T08:00:00Z")
    world.opened()
    world.joined("Ana Ruiz")
    world.joined("Benny", mail=False)
    world.at("2026-09-07T10:00:00Z")
    world.left("Ana Ruiz")
    world.left("Benny", mail=False)
    world.ended()
    world.at("2026-09-08T08:00:00Z")
    asked = world.client()

    page = asked.get("/sessions/P-1/s1").text
    assert "The roster is closed" not in page
    assert "<b>Everything is in.</b> 1 participant is nobody yet: nobody is called absent until" in page
    assert 'class="outcome unknown"' in page
    assert "Save and close the roster" in page

    stranger = asked.get("/v1/unmatched").json()["participants"][0]["identity"]["identifier"]
    asked.post(f"/unmatched/{stranger}", data={"do": "guest"})
    page = asked.get("/sessions/P-1/s1").text
    assert "<b>Everything is in.</b></p>" in page
    assert 'class="outcome absent"' in page
    assert "not seen: the meeting ended" in page
    page = asked.get(f"/learners/{world.learner('Ben')}").text
    assert re.search(r'<td class="c missed.*not seen: the meeting ended', page)


def test_while_a_session_runs_who_joined_and_did_not_leave_is_said_to_be_still_there(world: World) -> None:
    running_session(world)
    asked = world.client()

    shown = present(asked.get("/sessions/P-1/s1").text)
    assert shown == {
        "Ana Ruiz": (0.0, 50.0, "10:00\N{EN DASH}now, still there"),
        "Ben Okafor": (0.0, 25.0, "10:00\N{EN DASH}10:30"),
        "Cid Moreau": (8.3, 41.7, "10:10\N{EN DASH}now, still there"),
        "Benny": (25.0, 25.0, "10:30\N{EN DASH}now, still there"),
    }
    assert asked.get("/v1/sessions?when=upcoming").json()["sessions"][0]["came"] == 4

    world.at("2026-09-07T10:00:00Z")
    world.ended()
    world.at("2026-09-08T08:00:00Z")
    over = present(asked.get("/sessions/P-1/s1").text)
    assert over["Ana Ruiz"] == (0.0, 100.0, "10:00\N{EN DASH}end estimated")
    assert not [said for _, _, said in over.values() if "still there" in said]


def present(page: str) -> dict[str, tuple[float, float, str]]:
    """Return of everybody who is shown as present where their bar begins, how long it is, and what stands below it."""
    found = re.findall(r'<tr id="in-.*?</tr>', page, re.DOTALL)
    shown = {}
    for row in found:
        cell = row[row.index('<td class="presence">') :].partition("</td>")[0]
        bar = re.search(r'x="([\d.]+)" width="([\d.]+)"', cell)
        if bar:
            name = re.sub("<[^>]+>", "", row.partition("</th>")[0])
            shown[name] = (float(bar[1]), float(bar[2]), re.sub("<[^>]+>", "", cell))
    return shown


def test_the_list_of_sessions_counts_everybody_who_was_there(shared_department: World) -> None:
    asked = shared_department.client()
    listed = {each["offering"]: each for each in asked.get("/v1/sessions?when=past").json()["sessions"]}

    roster = asked.get("/v1/sessions/P-0907/s1").json()["participants"]
    there = {each["name"] for each in roster if each["outcome"] and each["outcome"]["outcome"] in THERE}
    assert there == {"Ana Ruiz", "Ben Okafor", "Cid Moreau", "Emre Yilmaz"}
    assert listed["P-0907"]["came"] == 4
    assert listed["P-0914"]["came"] == 4  # one of them is nobody yet


def test_the_list_of_sessions_counts_no_gap_that_the_inbox_calls_historical(world: World) -> None:
    department(world)
    asked = world.client()

    def counted() -> int:
        return sum(each["open_gaps"] for each in asked.get("/v1/sessions?when=past").json()["sessions"])

    assert counted() > 0
    with world.services.database.writing() as connection:
        connection.execute(update(shown.gaps).values(historical=True))
    assert counted() == 0


def test_sessions_of_no_cohort_have_no_column_for_one_and_an_overbooked_one_says_so(world: World) -> None:
    world.publish()
    world.enrolled("Ana Ruiz", "Ben Okafor")
    world.scheduled("P-1", "2026-09-07T08:00:00Z", capacity=1)
    world.seat("P-1", "Ana Ruiz", "Ben Okafor")
    world.at("2026-08-29T07:00:00Z")
    asked = world.client()

    assert ">Cohort<" not in asked.get("/sessions").text
    assert "overbooked" in asked.get("/sessions").text
    assert "of 1 places" in asked.get("/sessions/P-1/s1").text
    assert "overbooked" in asked.get("/sessions/P-1/s1").text
    world.scheduled("P-2", "2026-09-08T08:00:00Z", capacity=2, cohort="spring")
    world.at("2026-08-29T08:00:00Z")
    assert ">Cohort<" in asked.get("/sessions").text


@pytest.mark.parametrize(
    ("moment", "strong"),
    [
        ("2026-09-07T07:00:00Z", "Save"),
        ("2026-09-07T09:00:00Z", "Save"),
        ("2026-09-07T11:00:00Z", "Save and close the roster"),
    ],
)
def test_the_roster_is_closed_with_one_press_only_once_the_session_is_over(
    world: World, moment: str, strong: str
) -> None:
    world.publish()
    world.enrolled("Ana Ruiz")
    world.scheduled("P-1", "2026-09-07T08:00:00Z")
    world.seat("P-1", "Ana Ruiz")
    world.at(moment)

    page = world.client().get("/sessions/P-1/s1").text

    assert re.findall(r'<button name="do" [^>]*class="strong">([^<]*)<', page) == [strong]
