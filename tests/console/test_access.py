"""Who may look, and who may act."""

import pytest

from milepost.console.app import build_console
from tests.console.http import Http
from tests.console.world import World


def with_token(world: World, **options: str) -> Http:
    services = world.services
    app = build_console(services.database, services.acceptance, services.clock, token="open sesame")
    return Http(app, **options)


def test_without_a_token_this_machine_looks_freely(world: World) -> None:
    assert world.client().get("/gaps").status_code == 200
    assert world.client(peer="::1", base_url="http://[::1]:8000").get("/gaps").status_code == 200


def test_without_a_token_another_machine_sees_nothing(world: World) -> None:
    answer = world.client(peer="192.0.2.7").get("/gaps")

    assert answer.status_code == 403
    assert "Set an access token" in answer.text


def test_a_name_of_somebody_else_that_points_here_sees_nothing(world: World) -> None:
    assert world.client(base_url="http://evil.example").get("/gaps").status_code == 403


def test_with_a_token_nobody_looks_without_it(world: World) -> None:
    asked = with_token(world)

    assert asked.get("/gaps").headers["location"] == "/sign-in"
    assert asked.get("/v1/gaps").status_code == 401
    assert asked.get("/gaps.json").status_code == 401
    assert asked.get("/v1/openapi.json").status_code == 401
    assert asked.get("/sign-in").status_code == 200


def test_a_program_sends_the_token(world: World) -> None:
    asked = with_token(world, peer="192.0.2.7", base_url="https://milepost.example")

    assert asked.get("/v1/gaps", headers={"authorization": "Bearer open sesame"}).status_code == 200
    assert asked.get("/v1/gaps", headers={"authorization": "Bearer open"}).status_code == 401


def test_a_person_signs_in_once(world: World) -> None:
    asked = with_token(world, peer="192.0.2.7", base_url="https://milepost.example")

    assert asked.post("/sign-in", data={"token": "wrong"}).status_code == 403
    signed_in = asked.post("/sign-in", data={"token": "open sesame"})

    assert signed_in.headers["location"] == "/gaps"
    for word in ("HttpOnly", "SameSite=strict", "Secure"):
        assert word in signed_in.headers["set-cookie"]
    assert "open sesame" not in signed_in.headers["set-cookie"]
    assert asked.get("/gaps").status_code == 200
    asked.post("/sign-out")
    assert asked.get("/gaps").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
    ],
)
def test_a_page_of_another_site_cannot_act(world: World, headers: dict[str, str]) -> None:
    answer = world.client().post("/unmatched/x", data={"do": "guest"}, headers=headers)

    assert answer.status_code == 403
    assert "another site" in answer.text


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": "http://localhost"}, {}])
def test_our_own_page_can(world: World, headers: dict[str, str]) -> None:
    assert world.client().post("/unmatched/x", data={"do": "guest"}, headers=headers).status_code == 404
