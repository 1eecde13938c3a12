"""Senders with the habits of real ones: one halves its batch on 400, one never sends anything twice."""

from typing import Any

import pytest

from tests.gateway.senders import World, moodle_statement

VERB = "http://adlnet.gov/expapi/verbs/completed"


def module(number: int) -> dict[str, Any]:
    return moodle_statement(VERB, f"https://lms.example.net/mod/page/view.php?id={number}")


class HalvingSender:
    """Moodle's log store: 200 is success, 400 makes it send both halves, anything else loses the whole batch."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.loaded: list[dict[str, Any]] = []
        self.failed: list[dict[str, Any]] = []

    def load(self, batch: list[dict[str, Any]]) -> None:
        status = self._world.post("lms", batch).status_code
        if status == 200:
            self.loaded += batch
        elif status == 400 and len(batch) > 1:
            half = len(batch) // 2
            self.load(batch[:half])
            self.load(batch[half:])
        else:
            self.failed += batch


@pytest.mark.parametrize("bad", [0, 4, 9])
def test_a_sender_that_halves_its_batch_finds_the_bad_one_and_loses_no_other(world: World, bad: int) -> None:
    batch = [module(number) for number in range(10)]
    batch[bad]["actor"] = {"name": "Nobody in particular"}
    sender = HalvingSender(world)

    sender.load(batch)

    assert sender.failed == [batch[bad]]
    assert len(sender.loaded) == len(world.facts()) == 9


def test_what_such_a_sender_sends_again_after_a_crash_is_known(world: World) -> None:
    batch = [module(number) for number in range(10)]
    HalvingSender(world).load(batch)

    sender = HalvingSender(world)
    sender.load(batch)

    assert sender.failed == []
    assert len(world.facts()) == 10


def test_a_sender_that_never_retries_loses_nothing_whatever_the_order(world: World) -> None:
    void = {
        "id": "5d3f6a52-9b0d-4b56-8f3a-0d1d3b8a1c02",
        "actor": module(1)["actor"],
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": "5d3f6a52-9b0d-4b56-8f3a-0d1d3b8a1c01"},
    }
    sent = [void, {**module(1), "id": "5d3f6a52-9b0d-4b56-8f3a-0d1d3b8a1c01"}, module(2)]

    answers = [world.post("lms", each, path="/xAPI/statements", X_Experience_API_Version="1.0.0") for each in sent]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    kept = world.get("lms", "/xAPI/statements?ascending=true").json()["statements"]
    assert [each["object"]["id"][-1] for each in kept if each["verb"]["id"] == VERB] == ["2"]


def test_a_sender_that_ends_its_address_with_a_slash_is_heard(world: World) -> None:
    answer = world.post("player", module(1), path="/xapi/statements/")
    page = world.get("player", "/xAPI/statements/?limit=1")

    assert answer.status_code == 200
    assert [each["id"] for each in page.json()["statements"]] == answer.json()
    assert world.http.request("GET", "/xapi/about/").status_code == 200
