"""The inbox: worst first, each a sentence, with what shows it and what became of it."""

import re

import pytest

from tests.console.world import World


def test_gaps_come_worst_first_and_each_is_a_sentence(shared_department: World) -> None:
    answer = shared_department.client().get("/v1/gaps").json()

    order = ["critical", "high", "warning", "info"]
    severities = [order.index(each["gap"]["severity"]) for each in answer["gaps"]]
    assert severities == sorted(severities)
    assert "Noor Haddad was enrolled Wed 2 Sep 14:00 and has begun nothing since." in [
        each["sentence"] for each in answer["gaps"]
    ]
    assert answer["total"] == answer["views"]["open"] == len(answer["gaps"])


@pytest.mark.parametrize(
    ("query", "gaps"),
    [
        ({"cohort": "spring", "gap": "partial_attendance"}, {"partial_attendance"}),
        ({"q": "goran"}, {"never_started"}),
        ({"severity": "info"}, set()),
        ({"q": "lms"}, {"source_silent"}),
        ({"program": "no-such"}, set()),
        ({"view": "mitigated"}, {"elearning_done_ilt_missed"}),
    ],
)
def test_gaps_are_filtered_by_the_address(shared_department: World, query: dict[str, str], gaps: set[str]) -> None:
    answer = shared_department.client().get("/v1/gaps", params=query).json()

    assert {each["gap"]["gap"] for each in answer["gaps"]} == gaps


def test_a_gap_shows_what_was_said_by_whom_and_when(shared_department: World) -> None:
    asked = shared_department.client()
    partial = asked.get("/v1/gaps", params={"gap": "partial_attendance"}).json()["gaps"][0]["gap"]["gap_id"]

    full = asked.get(f"/v1/gaps/{partial}").json()
    page = asked.get(f"/gaps/{partial}").text

    assert {"zoom"} <= {each["source"] for each in full["evidence"]}
    assert "came into the meeting" in page
    assert full["history"][0]["type"] == "milepost.gap.opened.v1"
    assert all(word in page for word in ("Happened", "Recorded", "Received", "What closes it", "History"))


def test_what_was_closed_names_the_message_that_did_it(shared_department: World) -> None:
    page = shared_department.client().get("/gaps?view=closed").text

    assert "Emre Yilmaz" in page
    assert re.search(r"Closed: <b>completed</b> and <b>passed</b>", page)


def test_what_was_retracted_says_that_it_was_never_true(shared_department: World) -> None:
    page = shared_department.client().get("/gaps?view=retracted").text

    assert "Ben Okafor" in page
    assert "it was never true" in page


def test_an_opened_gap_stays_when_it_is_asked_to(shared_department: World) -> None:
    asked = shared_department.client()
    ended = asked.get("/v1/gaps?view=closed").json()["gaps"][0]["gap"]["gap_id"]

    assert f'id="{ended}" data-row open' in asked.get(f"/gaps?open={ended}").text
    assert f'id="{ended}"' not in asked.get("/gaps").text


def test_without_gaps_the_inbox_says_what_comes_next(world: World) -> None:
    world.publish()
    world.at("2026-08-31T07:00:00Z")
    world.enrolled("Ana Ruiz", "Ben Okafor")
    world.at("2026-08-31T08:00:00Z")

    assert "The next deadline is" in world.client().get("/gaps").text
    assert "2 learners" in world.client().get("/gaps").text


def test_a_gap_that_is_a_part_of_another_one_stands_right_below_it(world: World) -> None:
    world.publish()
    world.enrolled("Ana Ruiz", "Ben Okafor")
    world.scheduled("P-1", "2026-09-07T08:00:00Z")
    world.seat("P-1", "Ana Ruiz", "Ben Okafor")
    world.at("2026-09-02T08:00:00Z")
    world.done("theory", "Ana Ruiz", "Ben Okafor")
    world.done("entry-quiz", "Ana Ruiz", "Ben Okafor", score=0.9)
    world.at("2026-09-07T11:00:00Z")
    world.marked("P-1", "present", "Ana Ruiz", "Ben Okafor")
    world.done("posttest", "Ana Ruiz", "Ben Okafor", score=0.9)
    world.closed("P-1")
    world.at("2026-09-20T08:00:00Z")

    page = world.client().get("/gaps").text
    rows = re.findall(r'<li class="gap ([^"]*)".*?<span class="says">(.*?)</span>\n', page, re.DOTALL)
    said = [(re.sub("<[^>]*>", "", says), "below" in classes) for classes, says in rows]
    recall = [(says.split()[0], "not begun" in says, is_below) for says, is_below in said if "Recall" in says]

    assert recall == [(who, is_whole, not is_whole) for who in ("Ben", "Ana") for is_whole in (True, False, False)]
