"""Content that runs in a browser, on a site of its own."""

from dataclasses import replace

import httpx
import pytest
from pydantic import ValidationError

from milepost.gateway.app import build_gateway
from milepost.settings import Settings
from tests.gateway.senders import Http, World, statement

CONTENT = "https://content.example.net"
ASKS = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,x-experience-api-version",
}


def open_to(world: World, origins: str | None) -> None:
    settings = world.services.settings.model_copy(update={"xapi_origins": origins})
    world.http = Http(build_gateway(replace(world.services, settings=settings)))


def may_i(world: World, origin: str, path: str = "/xapi/statements") -> httpx.Response:
    """Ask as a browser does before it lets a page send."""
    return world.http.request("OPTIONS", path, headers={"Origin": origin, **ASKS})


def allowed(answer: httpx.Response) -> str | None:
    told: str | None = answer.headers.get("Access-Control-Allow-Origin")
    return told


@pytest.mark.parametrize(
    ("origins", "told"),
    [(CONTENT, CONTENT), (f"https://lms.example.net,{CONTENT}", CONTENT), ("*", "*")],
)
def test_a_page_of_a_named_site_may_send_and_read_the_answer(world: World, origins: str, told: str) -> None:
    open_to(world, origins)

    before = may_i(world, CONTENT)
    sent = world.post("player", statement(), Origin=CONTENT)
    refused = world.post("player", {}, Origin=CONTENT)
    no_document = world.http.request("GET", "/xapi/activities/state", headers={"Origin": CONTENT})

    assert (before.status_code, sent.status_code, refused.status_code) == (200, 200, 400)
    assert {allowed(each) for each in (before, sent, refused, no_document)} == {told}
    exposed = sent.headers["Access-Control-Expose-Headers"]
    assert {"X-Experience-API-Consistent-Through", "ETag"} <= set(exposed.split(", "))
    assert "Access-Control-Allow-Credentials" not in sent.headers


def test_no_page_of_another_site_may(world: World) -> None:
    open_to(world, CONTENT)

    assert allowed(may_i(world, "https://elsewhere.example.net")) is None
    assert allowed(world.post("player", statement(), Origin="https://elsewhere.example.net")) is None


def test_facts_and_webhooks_are_not_sent_by_pages(world: World) -> None:
    open_to(world, "*")

    for path in ("/v1/facts", "/webhooks/zoom/zoom-emea"):
        assert allowed(may_i(world, CONTENT, path)) is None


@pytest.mark.parametrize("origins", [None, ""])
def test_where_no_site_is_named_no_page_may(world: World, origins: str | None) -> None:
    open_to(world, origins)

    assert may_i(world, CONTENT).status_code == 405
    assert allowed(world.post("player", statement(), Origin=CONTENT)) is None


@pytest.mark.parametrize("origins", ["content.example.net", CONTENT + "/", f"{CONTENT}, {CONTENT}"])
def test_what_is_no_origin_is_not_taken_for_one(origins: str) -> None:
    with pytest.raises(ValidationError, match="xapi_origins"):
        Settings(xapi_origins=origins)
