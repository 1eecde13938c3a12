"""The pages in a real browser: each question that people come with, in at most three clicks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import open_chromium
from tests.console.accounts import PASSWORD, Door
from tests.console.server import served
from tests.console.world import PROGRAM, World, department, ids_of, running_session

pytestmark = pytest.mark.browser

PATHS = (
    "/gaps",
    "/gaps?view=closed",
    "/gaps?q=nobody+at+all",
    f"/programs/{PROGRAM}",
    "/learners",
    "/sessions",
    "/sessions/P-0907/s1",
    "/sessions/P-0914/s1",
    "/sessions/P-0917/s1",
    "/unmatched",
    "/sources",
    "/sources/lms",
    "/audit",
    "/account",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(shared_department: World) -> Iterator[str]:
    with served(shared_department.app) as address:
        yield address


@contextmanager
def opened(
    chromium: Browser, address: str, *, width: int = 1360, scheme: str = "light", complains: tuple[str, ...] = ()
) -> Iterator[Page]:
    """Open a page as somebody in Berlin does, and fail on whatever the browser complains about that is not expected."""
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        timezone_id="Europe/Berlin",
        base_url=address,
        reduced_motion="reduce",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [said for said in complaints if not any(each in said for each in complains)] == []


def test_what_needs_me_today_worst_first(chromium: Browser, address: str) -> None:
    with opened(chromium, address) as page:
        page.goto("/")

        first = page.locator(".gap").first
        expect(first).to_contain_text("Noor Haddad was enrolled Wed 2 Sep 14:00 and has begun nothing since.")
        expect(page.locator(".group h2").first).to_contain_text("Critical")


def test_why_does_it_say_that_and_what_would_close_it(chromium: Browser, address: str) -> None:
    with opened(chromium, address) as page:
        page.goto("/")

        row = page.locator(".gap", has_text="Emre Yilmaz was in")
        row.locator("summary .since").click()

        expect(row.locator(".evidence")).to_contain_text("came into the meeting")
        expect(row.locator(".evidence")).to_contain_text("Closes when attendance is corrected")
        expect(row.locator(".facts")).to_contain_text("Received")
        expect(row.locator(".history")).to_contain_text("Opened")


def test_how_is_the_spring_cohort_doing_and_where_do_they_fall_off(chromium: Browser, address: str) -> None:
    with opened(chromium, address) as page:
        page.goto("/")

        page.get_by_role("link", name="Programs").click()
        page.get_by_role("link", name=re.compile("spring")).click()

        expect(page).to_have_url(f"{address}/programs/{PROGRAM}?cohort=spring")
        expect(page.locator(".grid tbody tr th.who a")).to_have_count(7)
        expect(page.locator(".falloff")).to_contain_text("6/7")


def test_what_is_with_ana(chromium: Browser, address: str) -> None:
    with opened(chromium, address) as page:
        page.goto("/")

        page.get_by_label("Find a learner by name or mail").fill("ana ruiz")
        page.keyboard.press("Enter")
        page.get_by_role("main").get_by_role("link", name="Ana Ruiz").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("Ana Ruiz")
        expect(page.locator(".timeline")).to_contain_text("Moved on to Reinforcement")
        expect(page.get_by_role("main")).to_contain_text("No gap is open.")


def test_who_was_in_the_room_and_who_says_so(chromium: Browser, address: str) -> None:
    with opened(chromium, address) as page:
        page.goto("/")

        page.get_by_role("link", name="Sessions").click()
        page.get_by_role("link", name=re.compile("Past")).click()
        page.locator("tr", has_text="7 Sep").get_by_role("link").click()

        expect(page.locator("tr", has_text="Cid Moreau")).to_contain_text("office: present")
        expect(page.locator("tr", has_text="Ana Ruiz")).to_contain_text(re.compile("09:58.12:02"))
        expect(page.locator("tr", has_text="Dora Lindqvist")).to_contain_text("absent")


def test_who_comes_and_who_is_prepared(chromium: Browser, address: str) -> None:
    with opened(chromium, address) as page:
        page.goto("/")

        page.get_by_role("link", name="Sessions").click()
        page.locator("tr", has_text="tomorrow").get_by_role("link").click()

        expect(page.locator(".verdict")).to_contain_text("5 learners booked of 10 places, 4 of 5 prepared")
        expect(page.locator("tr", has_text="Noor Haddad")).to_contain_text("0 of 2")


@pytest.mark.parametrize("path", PATHS[:6])
def test_can_i_trust_this(chromium: Browser, address: str, path: str) -> None:
    with opened(chromium, address) as page:
        page.goto(path)

        expect(page.locator(".trust")).to_contain_text("As of 09:41:05")
        expect(page.locator(".trust")).to_contain_text("lms silent since 05:12, conclusions about absence")


def test_a_roster_is_closed_by_hand(chromium: Browser, world: World) -> None:
    department(world)
    with served(world.app) as address, opened(chromium, address) as page:
        page.goto("/sessions/P-0914/s1")

        page.get_by_label("Kofi Mensah was").select_option("present")
        page.get_by_label("Reason for Kofi Mensah").fill("it was his own laptop")
        page.get_by_role("button", name="Save and close the roster").click()

        expect(page.locator(".verdict")).to_contain_text("The roster is closed")
        expect(page.locator("tr", has_text="Kofi Mensah")).to_contain_text("a person: present “it was his own laptop”")
        expect(page.locator("tr", has_text="Lena Fischer")).to_contain_text("absent")
        page.get_by_role("button", name="Reopen the roster").click()
        expect(page.locator(".verdict")).to_contain_text("The roster is open")


def test_a_stranger_is_linked_and_it_is_undone(chromium: Browser, world: World) -> None:
    department(world)
    with served(world.app) as address, opened(chromium, address) as page:
        page.goto("/unmatched")

        page.get_by_role("link", name="Link to a learner").click()
        page.get_by_role("button", name="Link to Kofi Mensah").click()
        expect(page.locator("section", has_text="Decided by hand")).to_contain_text("is Kofi Mensah")

        page.get_by_role("button", name="Undo what was decided about K. Mensah").click()
        expect(page.get_by_role("link", name="Link to a learner")).to_be_visible()


def test_a_list_is_taken_in_once_it_is_mended(chromium: Browser, world: World) -> None:
    department(world)
    seats = "mail,offering,state\nrosa.bianchi@example.org,P-0921,{}\n"
    with served(world.app) as address, opened(chromium, address, complains=("status of 422",)) as page:
        page.goto("/gaps")
        page.get_by_role("link", name="Lists").click()

        for state in ("cancelled", "canceled"):
            page.get_by_label("The list says").select_option("Who has a seat")
            sent = seats.format(state).encode()
            page.get_by_label("File").set_input_files({"name": "seats.csv", "mimeType": "text/csv", "buffer": sent})
            page.get_by_role("button", name="Take it in").click()
            if state == "cancelled":
                expect(page.get_by_role("alert")).to_contain_text("line 2, state")
                require_readable(page)

        expect(page.get_by_role("status")).to_contain_text("1 fact is taken in")
        require_readable(page)


def test_a_coordinator_signs_in_and_out_again(chromium: Browser, world: World) -> None:
    door = Door(world)
    door.account("carla")
    with served(door.app) as address, opened(chromium, address, complains=("403",)) as page:
        page.goto("/gaps?view=closed")
        expect(page).to_have_url(f"{address}/sign-in?next=%2Fgaps%3Fview%3Dclosed")
        assert Axe().run(page).violations_count == 0

        page.get_by_label("Name").fill("Carla")
        page.get_by_label("Password").fill("a slip of the hand")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
        expect(page.get_by_label("Name")).to_have_value("Carla")
        expect(page.get_by_label("Password")).to_be_focused()
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")

        expect(page).to_have_url(f"{address}/gaps?view=closed")
        page.get_by_role("link", name="carla").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("carla")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Password")).to_be_visible()
        page.goto("/gaps")
        expect(page.get_by_label("Password")).to_be_visible()


def test_a_gap_is_acknowledged_and_snoozed_with_the_keyboard_alone(chromium: Browser, world: World) -> None:
    department(world)
    with served(world.app) as address, opened(chromium, address) as page:
        page.goto("/gaps")
        row = page.locator(".gap", has_text="Noor Haddad was enrolled")

        page.keyboard.press("j")
        page.keyboard.press("a")
        expect(row.locator(".stands")).to_contain_text("Acknowledged")
        expect(row.locator("summary .seen")).to_be_visible()
        assert page.evaluate("document.activeElement.closest('.gap').innerText").startswith("Critical")

        page.keyboard.press("n")
        page.keyboard.type("called her")
        page.keyboard.press("Enter")
        expect(row.locator(".notes")).to_contain_text("called her")
        expect(row.locator("summary")).to_be_focused()

        page.keyboard.press("s")
        expect(row.get_by_label("Snooze until")).to_be_focused()
        page.keyboard.press("Enter")
        expect(row.locator(".stands")).to_contain_text("Snoozed until tomorrow")
        expect(page.get_by_role("link", name="Snoozed 1")).to_be_visible()

        page.get_by_role("link", name="Snoozed 1").click()
        expect(page.locator(".gap")).to_have_count(1)


def test_of_two_coordinators_the_second_is_told_so_on_the_row(chromium: Browser, world: World) -> None:
    department(world)
    with served(world.app) as address, opened(chromium, address, complains=("409",)) as page:
        page.goto("/gaps")
        row = page.locator(".gap", has_text="Noor Haddad was enrolled")
        row.locator("summary .since").click()
        expect(row.get_by_label("Who looks after it")).to_be_visible()
        gap = row.locator("details").get_attribute("id")

        world.client().post(f"/gaps/{gap}/handling", data={"do": "assign", "to": "Cem", "version": "0"})
        row.get_by_label("Who looks after it").fill("Carla")
        row.get_by_role("button", name="Assign").click()

        expect(row.get_by_role("alert")).to_contain_text("given to Cem")
        expect(row.locator(".stands")).to_contain_text("Cem looks after it")


def test_without_a_script_a_gap_is_acknowledged_too(chromium: Browser, world: World) -> None:
    department(world)
    with served(world.app) as address:
        context = chromium.new_context(base_url=address, java_script_enabled=False)
        page = context.new_page()
        page.goto("/gaps")

        page.locator(".gap summary .since").first.click()
        page.get_by_role("link", name="Evidence and history").first.click()
        page.get_by_role("button", name="Acknowledge").click()

        expect(page.locator(".stands")).to_contain_text("Acknowledged")
        context.close()


def test_pages_change_by_themselves_and_disturb_nobody(chromium: Browser, world: World) -> None:
    department(world)
    with served(world.app) as address, opened(chromium, address) as page:
        page.goto("/gaps")
        row = page.locator(".gap", has_text="Emre Yilmaz was in")
        row.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(row.locator(".facts")).to_contain_text("zoom")
        before = row.bounding_box()

        world.marked("P-0907", "present", "Emre Yilmaz")
        world.enrolled("Uma Patel", cohort="spring", at="2026-08-30T07:00:00Z")
        world.at("2026-09-16T08:30:00Z")

        expect(page.locator(".trust")).to_contain_text("10:30:00", timeout=10_000)
        expect(row).to_contain_text("Retracted", timeout=10_000)
        expect(row.locator(".facts")).to_contain_text("zoom")
        after = row.bounding_box()
        assert before is not None
        assert after is not None
        assert abs(before["y"] - after["y"]) < 2
        assert page.evaluate("document.activeElement.closest('.gap').innerText").startswith("High\nEmre Yilmaz")


def test_filters_stand_in_the_address_and_back_works(chromium: Browser, address: str) -> None:
    with opened(chromium, address) as page:
        page.goto("/gaps")

        page.get_by_label("Filter by cohort").select_option("spring")
        expect(page).to_have_url(f"{address}/gaps?cohort=spring")
        page.get_by_label("Search gaps").press_sequentially("goran")
        expect(page).to_have_url(f"{address}/gaps?q=goran&cohort=spring")
        expect(page.locator(".gap")).to_have_count(1)
        expect(page.get_by_label("Search gaps")).to_be_focused()

        page.go_back()
        page.go_back()
        expect(page).to_have_url(f"{address}/gaps")
        expect(page.locator(".gap").first).to_contain_text("Noor Haddad")


def test_the_keyboard_is_enough(chromium: Browser, address: str) -> None:
    with opened(chromium, address) as page:
        page.goto("/gaps")

        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        expect(page.locator(".gap").first.locator(".facts")).to_be_visible()
        page.keyboard.press("/")
        expect(page.get_by_label("Search gaps")).to_be_focused()
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        page.goto("/gaps")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


def test_on_unmatched_the_keys_lead_to_whatever_is_there_also_where_that_is_nobody(
    chromium: Browser, world: World
) -> None:
    department(world)
    world.client().post(f"/v1/unmatched/{ids_of(world)['identifier']}", json={"do": "guest"})
    with served(world.app) as address, opened(chromium, address) as page:
        page.goto("/unmatched")

        page.keyboard.press("j")
        expect(page.get_by_role("button", name="Copy")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Copied")).to_be_focused()
        page.keyboard.press("j")
        expect(page.get_by_role("button", name="Undo what was decided about K. Mensah")).to_be_focused()


def test_where_a_browser_lets_nobody_copy_nothing_is_there_that_would_not_do_it(
    chromium: Browser, address: str
) -> None:
    with opened(chromium, address) as page:
        page.add_init_script("delete Navigator.prototype.clipboard")  # as over http from another machine
        page.goto("/unmatched")

        expect(page.get_by_label("Lines for https://lms.example.com/mod/page/view.php?id=220")).to_be_visible()
        expect(page.get_by_role("button", name="Copy")).to_be_hidden()


def test_escape_leads_from_a_field_of_a_gap_back_to_its_row(chromium: Browser, address: str) -> None:
    with opened(chromium, address) as page:
        page.goto("/gaps")
        page.keyboard.press("j")
        page.keyboard.press("j")

        page.keyboard.press("n")
        expect(page.locator(".gap").nth(1).get_by_label("Note")).to_be_focused()
        page.keyboard.press("Escape")

        expect(page.locator(".gap summary").nth(1)).to_be_focused()


def test_the_first_page_of_a_reader_turns_to_their_zone_by_itself(chromium: Browser, address: str) -> None:
    context = chromium.new_context(timezone_id="America/New_York", base_url=address)
    page = context.new_page()

    page.goto("/gaps")

    expect(page.locator(".foot")).to_contain_text("Times are those of New York")
    expect(page.locator(".gap").first).to_contain_text("Wed 2 Sep 08:00")
    context.close()


def test_a_number_beside_a_name_from_right_to_left_stays_beside_it(chromium: Browser, world: World) -> None:
    department(world)
    world.enrolled("Maryam", cohort="الصيانة 2026", at="2026-08-30T07:00:00Z")
    world.at("2026-09-16T08:30:00Z")
    with served(world.app) as address, opened(chromium, address) as page:
        page.goto(f"/programs/{PROGRAM}")

        tab = page.locator(".tabs a", has_text="2026")
        outer, number = tab.bounding_box(), tab.locator(".number").bounding_box()

    assert outer is not None
    assert number is not None
    assert outer["x"] + outer["width"] - number["x"] - number["width"] < 15


def test_the_grid_keeps_its_header_and_its_names_in_view(chromium: Browser, address: str) -> None:
    with opened(chromium, address, width=700) as page:
        page.set_viewport_size({"width": 800, "height": 500})
        page.goto(f"/programs/{PROGRAM}")
        frame = page.locator(".grid-frame")

        frame.evaluate("(element) => element.scrollTo(300, 200)")

        shown, name = frame.bounding_box(), page.locator(".grid tbody tr").last.locator("th").bounding_box()
        header = page.locator(".grid thead .band").first.bounding_box()
        assert shown is not None
        assert name is not None
        assert header is not None
        assert abs(name["x"] - shown["x"]) < 3
        assert abs(header["y"] - shown["y"]) < 3


@pytest.mark.parametrize("width", [375, 1360])
def test_a_row_of_the_inbox_is_cut_nowhere(chromium: Browser, address: str, width: int) -> None:
    with opened(chromium, address, width=width) as page:
        page.goto("/gaps")
        row = page.locator(".gap", has_text="Lena Fischer was booked for")
        expect(row.locator(".closes")).to_be_visible()
        expect(page.get_by_text("since", exact=True).locator("visible=true").first).to_be_visible()
        page.goto("/gaps?view=retracted")
        expect(page.locator(".gap .ending")).to_contain_text("a later message showed that it was never true")
        cut = page.locator(".gap .says").evaluate_all("all => all.some(each => each.scrollWidth > each.clientWidth)")
        assert not cut


@pytest.mark.parametrize("width", [375, 1360])
def test_the_page_of_a_gap_begins_with_a_sentence_that_flows(
    chromium: Browser, address: str, shared_department: World, width: int
) -> None:
    found = shared_department.client().get("/v1/gaps", params={"q": "Lena Fischer"}).json()
    with opened(chromium, address, width=width) as page:
        page.goto(f"/gaps/{found['gaps'][0]['gap']['gap_id']}")

        parts = page.locator("h1.sentence :is(.who, .session, .step)")
        expect(parts.first).to_have_text("Lena Fischer")
        sides = parts.evaluate_all("all => all.map(each => getComputedStyle(each).display)")
        assert set(sides) == {"inline"}
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [375, 1360])
def test_the_totals_of_the_grid_stand_over_the_cells_that_they_count(
    chromium: Browser, address: str, width: int
) -> None:
    with opened(chromium, address, width=width) as page:
        page.goto(f"/programs/{PROGRAM}")

        def places(row: str) -> list[int]:
            found = page.locator(f"{row} > td:not(.stage)").evaluate_all(
                "cells => cells.map(cell => Math.round(cell.getBoundingClientRect().x))"
            )
            return [int(x) for x in found]

        assert places(".falloff tr") == places(".grid tbody:not(.falloff) tr:first-child")


@pytest.mark.parametrize("path", [*PATHS, "/lists", "/learners/{Dora}", "/learners/{Ana}", "/unmatched/{K. Mensah}"])
def test_everybody_can_read_it_everywhere(chromium: Browser, address: str, shared_department: World, path: str) -> None:
    with opened(chromium, address) as page:
        page.goto(named(path, shared_department))
        if page.locator("details[data-row]").count():
            page.locator("details[data-row] > summary").first.press("Enter")
            expect(page.locator(".facts").first).to_be_visible()

        require_readable(page)


def test_everybody_can_read_what_people_did_and_what_is_refused(chromium: Browser, world: World) -> None:
    department(world)
    gap = ids_of(world)["gap_id"]
    door = Door(world)
    door.account("carla")
    door.account("vera", "viewer")
    carla = door.signed_in("carla")
    for command in ({"do": "acknowledge", "version": "0"}, {"do": "assign", "to": "carla", "version": "1"}):
        carla.post(f"/gaps/{gap}/handling", data=command)
    carla.post(f"/gaps/{gap}/handling", data={"do": "note", "text": "called her twice, no answer so far"})
    with served(door.app) as address:
        for name, paths in (
            ("carla", (f"/gaps/{gap}", "/gaps?assigned=me", "/audit", "/account", "/learners/nobody")),
            ("vera", (f"/gaps/{gap}", "/sessions/P-0914/s1", "/account", "/audit")),
        ):
            with opened(chromium, address, complains=("404", "403")) as page:
                page.goto("/sign-in")
                require_readable(page)
                page.get_by_label("Name").fill(name)
                page.get_by_label("Password").fill(PASSWORD)
                page.keyboard.press("Enter")
                page.wait_for_url("**/gaps")
                for path in paths:
                    page.goto(path)
                    require_readable(page)


def test_who_is_still_in_the_room_is_readable_by_everybody(chromium: Browser, world: World) -> None:
    running_session(world)

    with served(world.app) as address, opened(chromium, address) as page:
        page.goto("/sessions/P-1/s1")

        expect(page.locator("tr", has_text="Ana Ruiz").locator(".presence")).to_contain_text("now, still there")
        expect(page.locator("tr", has_text="Ben Okafor").locator(".presence")).not_to_contain_text("still there")
        require_readable(page)


CUT = """() => [...document.querySelectorAll("body *")]
    .filter((each) => !each.children.length && !each.closest(".sr, .skip, thead, i") && each.offsetParent)
    .filter((each) => each.clientWidth > 1 && each.scrollWidth > each.clientWidth + 1)
    .filter((each) => getComputedStyle(each).overflowX !== "visible")
    .map((each) => each.outerHTML.slice(0, 200))"""
"""What has a text that is not seen to its end."""


def require_readable(page: Page) -> None:
    """Require that everybody can read a page, in light, in dark, and on a small screen, where nothing is cut."""
    for scheme, width in (("light", 1360), ("dark", 1360), ("light", 375)):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(page)
        assert found.violations_count == 0, f"{page.url} {scheme} {width}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == [], page.url


def named(path: str, world: World) -> str:
    """Return an address with the person that it names in braces."""
    found = re.search(r"{(.*)}", path)
    if found is None:
        return path
    if path.startswith("/learners"):
        return path.replace(found.group(0), world.learner(found.group(1)))
    strangers = world.client().get("/v1/unmatched").json()["participants"]
    who = {each["identity"]["label"]: each["identity"]["identifier"] for each in strangers}
    return path.replace(found.group(0), who[found.group(1)])
