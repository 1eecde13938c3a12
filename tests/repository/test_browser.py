"""The browser that the pages are tested in."""

import pytest

from tests.browser import open_chromium


@pytest.mark.browser
def test_a_page_is_opened_and_clicked() -> None:
    page_source = "<button onclick=\"document.title = 'clicked'\">Go</button>"

    with open_chromium() as chromium:
        page = chromium.new_page()
        page.set_content(page_source)
        page.get_by_role("button").click()

        assert page.title() == "clicked"
