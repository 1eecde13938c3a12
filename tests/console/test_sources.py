"""The page of the systems that report: how each is heard, and what became of what it sent."""

from typing import Any

from milepost_schemas.instants import HOUR, MINUTE
from milepost_schemas.submissions import RawMessage, Refusal, Submission
from tests.console.world import World

MORNING = "2026-09-07T06:00:00Z"


def send(world: World, source: str, *, refused: str | None = None) -> None:
    """Have a request come from a source, which is refused for a reason or accepted."""
    raw = RawMessage(route="/xapi/statements", content_type="application/json", body=b"[]")
    with world.services.acceptance.receiving() as received_at:
        said: dict[str, Any] = {"tenant": "default", "source": source, "received_at": received_at, "raw": raw}
        if refused is None:
            world.services.acceptance.submit(Submission(**said)).result(timeout=60)
        else:
            world.services.acceptance.refuse(Refusal(**said, reason=refused)).result(timeout=60)


def test_each_source_says_how_it_is_heard(world: World) -> None:
    world.at(MORNING)
    world.source("lms", "moodle", rhythm=240)
    world.source("zoom", "zoom")
    world.source("quiet", "xapi", rhythm=60)
    world.at("2026-09-07T07:00:00Z")
    world.silent("quiet")
    send(world, "zoom")
    world.at("2026-09-07T09:00:00Z")

    lms, quiet, zoom = world.client().get("/v1/sources").json()["sources"]

    assert [lms["state"], quiet["state"], zoom["state"]] == ["heard", "silent", "heard"]
    assert quiet["last_heard_at"] == "2026-09-07T07:00:00.000Z"
    page = world.client().get("/sources").text
    assert page.count("Silent") == 1
    assert "<td>always</td>" in page
    assert "up to 4 h" in page


def test_what_was_refused_says_why_and_is_counted(world: World) -> None:
    world.at(MORNING)
    world.source("lms", "moodle", rhythm=240)
    for reason in (None, "the body is no JSON", None, "actor: neither mbox nor account", None):
        send(world, "lms", refused=reason)
    world.at("2026-09-07T06:10:00Z")

    [line] = world.client().get("/v1/sources").json()["sources"]
    found = world.client().get("/v1/sources/lms").json()

    assert (line["requests"], line["refused"]) == (5, 2)
    assert line["last_refused"]["reason"] == "actor: neither mbox nor account"
    assert [each["outcome"] for each in found["requests"]] == ["accepted", "refused", "accepted", "refused", "accepted"]
    assert "actor: neither mbox nor account" in world.client().get("/sources").text
    page = world.client().get("/sources/lms").text
    assert page.count('<b class="over">refused</b>') == 2
    assert "the body is no JSON" in page


def test_only_the_latest_requests_are_looked_at(world: World) -> None:
    world.at(MORNING)
    world.source("lms", "moodle")
    send(world, "lms", refused="long ago")
    for _ in range(100):
        send(world, "lms")

    [line] = world.client().get("/v1/sources").json()["sources"]

    assert (line["requests"], line["refused"]) == (100, 0)


def test_a_source_that_sent_nothing_teaches_what_to_do(world: World) -> None:
    assert "milepost source add" in world.client().get("/sources").text
    world.source("lms", "moodle", rhythm=HOUR // MINUTE)

    page = world.client().get("/sources/lms").text

    assert "Not heard yet" in page
    assert "Nothing came from it yet" in page


def test_a_source_that_is_not_there_is_not_found(world: World) -> None:
    answer = world.client().get("/v1/sources/nobody")

    assert answer.status_code == 404
    assert "milepost source add" in answer.json()["detail"]


def test_every_page_leads_to_the_sources(world: World) -> None:
    world.at(MORNING)
    world.source("lms", "moodle")
    world.at("2026-09-07T06:10:00Z")

    assert 'class="heard" href="/sources"' in world.client().get("/gaps").text
