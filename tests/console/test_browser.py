"""The pages in a real browser: each question that people come with, in at most three clicks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import open_chromium
from tests.console.server import served
from tests.console.world import PROGRAM, World, department

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
def opened(chromium: Browser, address: str, *, width: int = 1360, scheme: str = "light") -> Iterator[Page]:
    """Open a page as somebody in Berlin does, and fail on whatever the browser complains about."""
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
    assert complaints == []


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
        row = page.locator(".gap", has_text="Lena Fischer is booked for")
        expect(row.locator(".closes")).to_be_visible()
        expect(page.get_by_text("since", exact=True).locator("visible=true").first).to_be_visible()
        page.goto("/gaps?view=retracted")
        expect(page.locator(".gap .ending")).to_contain_text("a later message showed that it was never true")
        cut = page.locator(".gap .says").evaluate_all("all => all.some(each => each.scrollWidth > each.clientWidth)")
        assert not cut


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


@pytest.mark.parametrize("path", [*PATHS, "/learners/{Dora}", "/learners/{Ana}", "/unmatched/{K. Mensah}"])
def test_everybody_can_read_it_everywhere(chromium: Browser, address: str, shared_department: World, path: str) -> None:
    with opened(chromium, address) as page:
        page.goto(named(path, shared_department))
        if page.locator("details[data-row]").count():
            page.locator("details[data-row] > summary").first.press("Enter")
            expect(page.locator(".facts").first).to_be_visible()

        for scheme, width in (("light", 1360), ("dark", 1360), ("light", 375)):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 800})
            found = Axe().run(page)
            assert found.violations_count == 0, f"{scheme} {width}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width


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
