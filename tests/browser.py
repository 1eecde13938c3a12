"""A real Chromium for the tests that look at pages.

`make test` installs Debian's where it may. A test that needs it carries `@pytest.mark.browser` and opens it itself:

    with open_chromium() as chromium:
        page = chromium.new_page(viewport={"width": 375, "height": 800})
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_PLACES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")

_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def chromium_path() -> str | None:
    """Return where this machine has a Chromium; `MILEPOST_CHROMIUM` names one in an unusual place."""
    named = os.environ.get("MILEPOST_CHROMIUM")
    places = (named,) if named else _PLACES
    return next((found for place in places if (found := shutil.which(place))), None)


@contextmanager
def open_chromium() -> "Iterator[Browser]":
    """Start a headless Chromium and close it at the end; its sandbox is off for root, for whom it does not start."""
    from playwright.sync_api import sync_playwright  # slow to load: not for those who only ask for the path

    arguments = [*_QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        try:
            yield chromium
        finally:
            chromium.close()
