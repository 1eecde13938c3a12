"""Accounts that did what a program asks for, and whose learner is on none."""

from typing import Any

from tests.console.world import World

MORNING = "2026-09-07T08:00:00Z"


def begun(world: World) -> None:
    """Ana and Ben are enrolled; Ana does her theory, and so does the account of a Ben who is on no program."""
    world.source("lms", "moodle")
    world.source("office", "office")
    world.publish()
    world.at("2026-09-07T06:00:00Z")
    world.enrolled("Ana Ruiz", "Ben Okafor")
    world.done("theory", "Ana Ruiz")
    world.done("theory", "Ben Okafor", mail=False)
    world.at(MORNING)


def loose(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.client().get("/v1/unmatched").json()["accounts"]
    return found


def decide(world: World, identifier: str, **said: str) -> None:
    assert world.client().post(f"/v1/unmatched/{identifier}", json=said).status_code == 200


def is_done(world: World, name: str) -> bool:
    found = world.client().get(f"/v1/learners/{world.learner(name)}").json()
    return any(step["state"] == "done" for step in found["journeys"][0]["steps"])


def test_an_account_whose_work_counts_for_nobody_is_shown_and_linked(world: World) -> None:
    begun(world)

    [account] = loose(world)
    identifier = account["identity"]["identifier"]
    page = world.client().get("/unmatched").text
    asked = world.client().get(f"/unmatched/{identifier}").text
    assert not is_done(world, "Ben Okafor")
    decide(world, identifier, do="link", learner="l-ben.okafor@example.org")

    assert (account["identity"]["label"], account["source"], account["facts"]) == ("Ben Okafor", "lms", 1)
    assert "Accounts on no program" in page
    assert "is called alike" in asked
    assert is_done(world, "Ben Okafor")
    assert loose(world) == []


def test_after_the_link_is_taken_back_the_account_is_there_again(world: World) -> None:
    begun(world)
    [account] = loose(world)
    identifier = account["identity"]["identifier"]

    decide(world, identifier, do="link", learner="l-ben.okafor@example.org")
    decide(world, identifier, do="undo")

    assert [each["identity"]["identifier"] for each in loose(world)] == [identifier]


def test_a_guest_is_nobody_whom_a_program_waits_for(world: World) -> None:
    begun(world)
    [account] = loose(world)

    decide(world, account["identity"]["identifier"], do="guest")

    assert loose(world) == []


def test_who_did_only_what_no_program_knows_is_not_among_them(world: World) -> None:
    begun(world)
    world.done("https://lms.example.com/mod/quiz/view.php?id=9", "Kim Lund")
    world.at("2026-09-07T08:10:00Z")

    assert [each["identity"]["label"] for each in loose(world)] == ["Ben Okafor"]
