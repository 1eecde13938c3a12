"""Templates to pages: whole pages always, of which a live page takes what has changed."""

from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from milepost.console import words
from milepost.console.cells import cell
from milepost.console.moments import count, duration, percent, place_of
from milepost.console.sentences import links, unlinked
from milepost.console.visit import Visit
from milepost.store.readings.titles import readable
from milepost.store.readings.unmatched import count_unmatched

HERE = Path(__file__).parent


def build_templates() -> Environment:
    """Return the templates with the words and filters that all of them use."""
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals |= {"words": words, "count": count, "cell": cell}
    templates.filters |= {
        "duration": duration,
        "links": links,
        "unlinked": unlinked,
        "percent": percent,
        "place": place_of,
        "readable": readable,
    }
    return templates


class Pages:
    """Renders pages."""

    def __init__(self) -> None:
        """Load the templates once."""
        self._templates = build_templates()

    def page(self, request: Request, visit: Visit, template: str, **shown: Any) -> HTMLResponse:
        """Return a page."""
        return HTMLResponse(self.text(request, visit, template, **shown))

    def plain(self, template: str, **shown: Any) -> str:
        """Return the text of a page that shows nothing of anybody."""
        return self._templates.get_template(template).render(**shown)

    def text(self, request: Request, visit: Visit, template: str, **shown: Any) -> str:
        """Return the text of a page."""
        return self._templates.get_template(template).render(
            moments=visit.moments,
            trust=visit.trust,
            who=visit.who,
            demo=visit.desk.pace.is_demo,
            speed=visit.desk.pace.speed() if visit.desk.pace.is_demo else "",
            address=address(request),
            link=partial(link, request),
            here=request.url.path,
            count_unmatched=partial(count_unmatched, visit.connection, visit.tenant),
            data_address=data_address(request),
            **shown,
        )


def address(request: Request) -> str:
    """Return the path and query of a request, without what only keeps rows open."""
    kept = [(key, value) for key, value in request.query_params.multi_items() if key not in ("open", "stamp")]
    return request.url.path + (f"?{urlencode(kept)}" if kept else "")


def data_address(request: Request) -> str:
    """Return where the same data is as JSON."""
    path, _, query = address(request).partition("?")
    return f"/v1{path}" + (f"?{query}" if query else "")


def exported(request: Request, visit: Visit) -> None:
    """Have written down that a list is given out as data; of the address, all but what was searched for."""
    path, _, query = address(request).partition("?")
    asked = urlencode([(key, value) for key, value in parse_qsl(query) if key != "q"])
    visit.saw("exported", path.removeprefix("/v1").removesuffix(".json") + (f"?{asked}" if asked else ""))


def link(request: Request, **changed: Any) -> str:
    """Return the address of this page with some of its query changed; what is empty is left out."""
    query = {key: value for key, value in request.query_params.items() if key not in ("open", "stamp")}
    if "page" not in changed:
        query.pop("page", None)
    query |= {key: str(value) for key, value in changed.items()}
    query = {key: value for key, value in query.items() if value}
    return request.url.path + (f"?{urlencode(query)}" if query else "")
