"""What holds of every page, and of the same as JSON."""

import re

import pytest

from tests.console.world import PROGRAM, World

ADDRESSES = ("/gaps", f"/programs/{PROGRAM}", "/learners", "/sessions", "/unmatched", "/sessions/P-0914/s1")


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_page_and_its_data_have_one_address(shared_department: World, path: str) -> None:
    asked = shared_department.client()

    assert asked.get(path).headers["content-type"].startswith("text/html")
    assert asked.get(f"{path}.json").json() == asked.get(f"/v1{path}").json()
    assert f'href="/v1{path}"' in asked.get(path).text


@pytest.mark.parametrize("path", [*ADDRESSES, "/gaps?view=closed", "/gaps?view=retracted", "/programs", "/lists"])
def test_a_page_has_no_code_of_its_own_and_nothing_from_elsewhere(shared_department: World, path: str) -> None:
    page = shared_department.client().get(path, follow_redirects=True)

    assert "<style" not in page.text
    assert " style=" not in page.text
    assert not re.search(r"<script(?! src=\"/static/)", page.text)
    assert not re.search(r"(src|href)=\"https?:", page.text)
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_first_view_is_below_a_hundred_kilobytes(shared_department: World) -> None:
    asked = shared_department.client()
    sent = 0

    for path in ("/gaps", "/static/milepost.css", "/static/milepost.js", "/static/htmx.min.js", "/static/icon.svg"):
        sent += int(asked.get(path, headers={"accept-encoding": "gzip"}).headers["content-length"])

    assert sent < 100_000


def test_times_are_in_the_zone_of_the_reader(shared_department: World) -> None:
    page = shared_department.client().get("/gaps", headers={"cookie": "zone=Asia%2FTokyo"}).text

    assert "Times are those of Tokyo" in page
    assert "Wed 2 Sep 21:00" in page


@pytest.mark.parametrize(
    "path", ["/gaps/none", "/learners/none", "/sessions/none/s1", "/programs/none", "/unmatched/none"]
)
def test_what_is_not_there_is_said_in_words(shared_department: World, path: str) -> None:
    asked = shared_department.client()

    assert asked.get(path).status_code == 404
    assert "<b>There is" in asked.get(path).text or "<b>No such" in asked.get(path).text
    if "unmatched" not in path:
        assert asked.get(f"/v1{path}").json()["detail"]


def test_an_address_that_makes_no_sense_is_refused_in_words(shared_department: World) -> None:
    asked = shared_department.client()

    assert asked.get("/gaps?page=0").status_code == 422
    assert "page: " in asked.get("/gaps?page=0").text


@pytest.mark.parametrize(
    "path",
    ["/gaps?page=", "/learners?page=", "/sessions?page=", "/programs/lockout-tagout?page=", "/audit?before="],
)
@pytest.mark.parametrize("number", [2**63, 10**30])
def test_a_number_that_no_database_can_count_to_is_refused_in_words(
    shared_department: World, path: str, number: int
) -> None:
    assert shared_department.client().get(f"{path}{number}").status_code == 422
    assert shared_department.client().get(f"/v1{path}{number}").status_code == 422


def test_empty_pages_teach(world: World) -> None:
    asked = world.client()

    assert "milepost program publish" in asked.get("/gaps").text
    assert "milepost program check" in asked.get("/programs").text
    assert "POST /v1/facts" in asked.get("/sessions").text
    assert "first enrollment" in asked.get("/learners").text
    assert "Everybody in every session is somebody" in asked.get("/unmatched").text


def test_the_api_describes_itself(world: World) -> None:
    described = world.client().get("/v1/openapi.json").json()

    assert {"/v1/gaps", "/v1/programs/{program}", "/v1/learners/{learner}", "/v1/unmatched"} <= set(described["paths"])
    assert all(path.startswith("/v1/") for path in described["paths"])


def test_every_moment_of_an_answer_is_a_text(shared_department: World) -> None:
    gaps = shared_department.client().get("/v1/gaps").json()["gaps"]

    moments = [value for each in gaps for key, value in each["gap"]["values"].items() if key.endswith("_at")]

    assert moments
    assert all(isinstance(value, str) and value.endswith("Z") for value in moments)


def test_an_answer_as_data_ends_its_line(shared_department: World) -> None:
    asked = shared_department.client()

    elsewhere = shared_department.client(peer="192.0.2.7")

    for answer in (*map(asked.get, ("/v1/gaps", "/v1/gaps/none", "/v1/openapi.json")), elsewhere.get("/v1/gaps")):
        assert answer.content.endswith(b"}\n"), answer.url
    assert not asked.get("/gaps").content.endswith(b"}\n")


def test_an_address_that_is_none_and_a_method_that_is_none_are_refused_in_words(shared_department: World) -> None:
    asked = shared_department.client()

    assert asked.get("/no/such").text.count("There is nothing at this address.") == 1
    assert asked.get("/v1/no/such").json() == {"detail": "There is nothing at this address."}
    refused = asked.request("PUT", "/v1/unmatched/somebody")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert refused.json() == {"detail": "This address is asked by POST alone."}
    assert asked.request("PUT", "/unmatched/somebody").headers["allow"] == "GET, HEAD, POST"
