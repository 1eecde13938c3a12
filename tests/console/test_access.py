"""Who may look, and who may act."""

from time import process_time

import pytest
from sqlalchemy import select
from starlette.requests import Request

from milepost.console.origins import sender_of
from milepost.store import accounts, signing_in
from milepost.store.signing_in import IDLES, LASTS, TRIES_FROM_AN_ADDRESS, TRIES_OF_A_NAME, WINDOW
from milepost.store.tables import used
from milepost_schemas.instants import MINUTE
from tests.console.accounts import PASSWORD, Door
from tests.console.http import Http
from tests.console.world import World


@pytest.fixture
def door(world: World) -> Door:
    made = Door(world)
    made.account("ana")
    return made


def is_in(asked: Http) -> bool:
    return asked.get("/gaps").status_code == 200


# --- this machine, without accounts -----------------------------------------------------------------------------------


def test_without_accounts_this_machine_looks_freely(world: World) -> None:
    assert is_in(world.client())
    assert is_in(world.client(peer="::1", base_url="http://[::1]:8000"))


def test_without_accounts_another_machine_sees_nothing(world: World) -> None:
    asked = world.client(peer="192.0.2.7")

    assert asked.get("/gaps").headers["location"] == "/sign-in"
    assert asked.get("/v1/gaps").status_code == 401
    assert "There is no account yet" in asked.get("/sign-in").text


def test_a_name_of_somebody_else_that_points_here_sees_nothing(world: World) -> None:
    assert not is_in(world.client(base_url="http://evil.example"))


def test_where_others_can_reach_it_even_this_machine_needs_an_account(world: World) -> None:
    assert not is_in(Http(Door(world).app))


def test_with_the_first_account_this_machine_signs_in_too(world: World) -> None:
    Door(world).account("ana")

    assert not is_in(world.client())


# --- signing in -------------------------------------------------------------------------------------------------------


def test_nobody_looks_without_an_account(door: Door) -> None:
    asked = door.browser()

    assert asked.get("/gaps?view=closed").headers["location"] == "/sign-in?next=%2Fgaps%3Fview%3Dclosed"
    assert asked.get("/v1/gaps").status_code == 401
    assert asked.get("/gaps.json").status_code == 401
    assert asked.get("/v1/openapi.json").status_code == 401
    assert asked.get("/no-such-page").status_code == 303
    assert asked.get("/sign-in").status_code == 200


def test_a_person_signs_in_and_lands_where_they_wanted_to_go(door: Door) -> None:
    asked = door.browser()

    form = {"name": " Ana ", "password": PASSWORD, "next": "/gaps?view=closed"}
    signed_in = asked.post("/sign-in", data=form)

    assert signed_in.headers["location"] == "/gaps?view=closed"
    cookie = signed_in.headers["set-cookie"]
    for word in ("__Host-milepost=", "HttpOnly", "SameSite=strict", "Secure", "Path=/"):
        assert word in cookie
    assert is_in(asked)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "gaps", "/a\nb"])
def test_signing_in_leads_nowhere_else(door: Door, elsewhere: str) -> None:
    form = {"name": "ana", "password": PASSWORD, "next": elsewhere}

    assert door.browser().post("/sign-in", data=form).headers["location"] == "/gaps"


@pytest.mark.parametrize("path", ["/v1/learners?q=%00", "/v1/gaps/%00", "/sign-in?next=/%00"])
def test_no_database_is_asked_for_a_nul(door: Door, path: str) -> None:
    assert door.browser().get(path).status_code == 400


def test_nobody_signs_in_as_a_nul(door: Door) -> None:
    assert door.browser().post("/sign-in", data={"name": "a\x00", "password": "b"}).status_code == 422


def test_nothing_tells_whether_an_account_exists(door: Door) -> None:
    door.account("gone")
    with door.world.services.database.writing() as connection:
        accounts.disable(connection, "gone", at=0)
    forms = [("ana", "wrong"), ("nobody-of-that-name", "wrong"), ("gone", PASSWORD)]

    answers = [door.browser().post("/sign-in", data={"name": name, "password": said}) for name, said in forms]

    assert {answer.status_code for answer in answers} == {403}
    texts = {answer.text.replace(f'value="{name}"', "") for answer, (name, _) in zip(answers, forms, strict=True)}
    assert len(texts) == 1
    assert "set-cookie" not in answers[2].headers


def test_the_database_holds_neither_password_nor_what_the_browser_holds(door: Door) -> None:
    asked = door.signed_in("ana")
    held = asked.cookies["__Host-milepost"]

    with door.world.services.database.reading() as connection:
        rows = [str(row) for table in (used.accounts, used.sign_ins) for row in connection.execute(select(table))]

    assert any("$argon2id$" in row for row in rows)
    assert not any(PASSWORD in row or held in row for row in rows)


def test_a_name_is_tried_so_often_and_then_it_has_to_wait(door: Door) -> None:
    with door.world.services.database.writing() as connection:
        for number in range(TRIES_OF_A_NAME):
            signing_in.try_once(connection, " Ana", f"192.0.2.{number}", now=door.machine.now())

    refused = door.browser(peer="192.0.2.99").post("/sign-in", data={"name": "ana", "password": PASSWORD})

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "15 minutes" in refused.text
    door.machine.set(door.machine.now() + WINDOW)
    assert is_in(door.signed_in("ana"))


@pytest.mark.parametrize("peer", ["192.0.2.7", "2001:db8::{number}"])
def test_an_address_tries_so_many_names_and_then_it_has_to_wait(door: Door, peer: str) -> None:
    with door.world.services.database.writing() as connection:
        for number in range(TRIES_FROM_AN_ADDRESS - 1):
            sender = sender_of(Request({"type": "http", "client": (peer.format(number=number), 4000)}))
            signing_in.try_once(connection, f"x{number}", sender, now=door.machine.now())
    asked = door.browser(peer=peer.format(number=99))

    last, refused = (asked.post("/sign-in", data={"name": "ana", "password": "wrong"}) for _ in range(2))

    assert (last.status_code, refused.status_code) == (403, 429)
    assert is_in(door.signed_in("ana", peer="198.51.100.1"))


# --- the end of it ----------------------------------------------------------------------------------------------------


def test_signing_in_again_changes_what_the_browser_holds(door: Door) -> None:
    asked = door.signed_in("ana")
    first = asked.cookies["__Host-milepost"]

    asked.post("/sign-in", data={"name": "ana", "password": PASSWORD})

    assert asked.cookies["__Host-milepost"] != first
    assert not is_in(door.browser(headers={"cookie": f"__Host-milepost={first}"}))


def test_signing_out_ends_it_on_the_server(door: Door) -> None:
    asked = door.signed_in("ana")
    held = asked.cookies["__Host-milepost"]

    asked.post("/sign-out")

    assert not is_in(door.browser(headers={"cookie": f"__Host-milepost={held}"}))


def test_a_new_password_ends_every_sign_in_but_the_one_that_set_it(door: Door) -> None:
    here, elsewhere = door.signed_in("ana"), door.signed_in("ana")

    refused = here.post("/account/password", data={"password": "wrong", "new": "x" * 20})
    short = here.post("/account/password", data={"password": PASSWORD, "new": "short"})
    done = here.post("/account/password", data={"password": PASSWORD, "new": "an altogether other one"})

    assert (refused.status_code, short.status_code) == (403, 422)
    assert "at least 12 characters" in short.text
    assert "signed out everywhere else" in here.get(done.headers["location"]).text
    assert not is_in(elsewhere)


def test_disabling_an_account_ends_its_sign_ins_and_its_key(door: Door) -> None:
    asked, script = door.signed_in("ana"), door.script("ana")
    assert is_in(asked)
    assert is_in(script)

    with door.world.services.database.writing() as connection:
        accounts.disable(connection, "ana", at=0)

    assert not is_in(asked)
    assert script.get("/v1/gaps").status_code == 401


def test_who_does_nothing_is_signed_out_though_a_page_stays_open(door: Door) -> None:
    asked = door.signed_in("ana")

    for _ in range(IDLES // (10 * MINUTE) - 1):
        door.machine.set(door.machine.now() + 10 * MINUTE)
        assert asked.get("/live", headers={"milepost-by-itself": "yes"}).status_code == 200
    door.machine.set(door.machine.now() + 10 * MINUTE)

    assert not is_in(asked)


def test_who_does_something_stays_in_but_no_longer_than_a_day_of_work(door: Door) -> None:
    asked = door.signed_in("ana")

    for _ in range(LASTS // (60 * MINUTE) - 1):
        door.machine.set(door.machine.now() + 60 * MINUTE)
        assert is_in(asked)
    door.machine.set(door.machine.now() + 60 * MINUTE)

    assert not is_in(asked)


def test_an_open_page_whose_sign_in_has_ended_goes_to_the_form(door: Door) -> None:
    headers = {"hx-request": "true", "hx-current-url": "https://milepost.example/gaps?view=closed"}

    answer = door.browser().get("/live", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in?next=%2Fgaps%3Fview%3Dclosed"


def test_an_open_page_whose_address_is_none_goes_to_the_form_too(door: Door) -> None:
    answer = door.browser().get("/live", headers={"hx-request": "true", "hx-current-url": "http://["})

    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in")


def test_a_cookie_that_is_quoted_all_over_is_read_in_no_time(door: Door) -> None:
    began = process_time()

    answer = door.browser().get("/gaps", headers={"cookie": 'a="' + "\\0" * 14_000 + '"; zone="' + "\\0" * 1000 + '"'})

    assert answer.status_code == 303
    assert process_time() - began < 0.5


# --- roles and scripts ------------------------------------------------------------------------------------------------


def test_a_script_sends_its_key_and_needs_no_more(door: Door) -> None:
    asked = door.script("ana")

    assert asked.get("/v1/gaps").status_code == 200
    assert asked.post("/v1/unmatched/x", json={"do": "guest"}).status_code == 404
    assert Http(door.app, headers={"authorization": "Bearer mpa_wrong"}).get("/v1/gaps").status_code == 401


def test_a_new_key_ends_the_one_before(door: Door) -> None:
    first, second = door.script("ana"), door.script("ana")

    assert first.get("/v1/gaps").status_code == 401
    assert second.get("/v1/gaps").status_code == 200


def test_a_viewer_sees_nothing_to_act_with(door: Door) -> None:
    door.account("vera", "viewer")
    asked = door.signed_in("vera")

    answer = asked.post("/unmatched/x", data={"do": "guest"})

    assert answer.status_code == 403
    assert "a coordinator may" in answer.text
    assert asked.get("/audit").status_code == 403


# --- pages of other sites ---------------------------------------------------------------------------------------------

STRANGE = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost:9999"},
    {"origin": "http://["},
]


def test_a_page_of_another_site_cannot_act(world: World) -> None:
    for headers in STRANGE:
        answer = world.client().post("/unmatched/x", data={"do": "guest"}, headers=headers)

        assert answer.status_code == 403, headers
        assert "another site" in answer.text


def test_what_a_browser_holds_is_no_use_to_another_site(door: Door) -> None:
    held = door.signed_in("ana").cookies["__Host-milepost"]

    for headers in (*STRANGE, {}):
        asked = door.browser(headers={"cookie": f"__Host-milepost={held}", **headers})
        for path in ("/unmatched/x", "/sign-out", "/sign-in", "/account/password"):
            assert asked.post(path, data={"do": "guest"}).status_code == 403, (headers, path)


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": "http://localhost"}, {}])
def test_our_own_page_can(world: World, headers: dict[str, str]) -> None:
    assert world.client().post("/unmatched/x", data={"do": "guest"}, headers=headers).status_code == 404


def test_every_answer_keeps_itself_to_itself(door: Door) -> None:
    door.account("vera", "viewer")
    asked = door.signed_in("vera")

    answers = [asked.get("/gaps"), asked.get("/v1/gaps"), asked.get("/audit"), door.browser().get("/sign-in")]
    answers += [door.browser().get("/gaps"), door.browser().get("/v1/gaps"), asked.get("/no/such/page")]

    for answer in answers:
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("address", "sent"),
    [("https://milepost.example", True), ("http://localhost", True), ("http://milepost.example", False)],
)
def test_who_opened_a_page_is_kept_apart_from_it_only_where_a_browser_does_so(
    door: Door, address: str, sent: bool
) -> None:
    answer = door.browser(base_url=address).get("/sign-in")

    assert ("cross-origin-opener-policy" in answer.headers) == sent
