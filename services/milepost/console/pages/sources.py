"""Sources: which systems report, how they are heard, and what became of what they sent last."""

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import HTMLResponse

from milepost.console import answers
from milepost.console.refusals import OF_A_THING
from milepost.console.rendering import Pages, exported
from milepost.console.visit import Desk, Visit
from milepost.store.readings.sources import LATEST, SourceLine, find_source_line, read_source_lines


def build(desk: Desk, pages: Pages) -> APIRouter:
    """Return the routes of the sources."""
    router = APIRouter()

    @router.get("/sources", include_in_schema=False)
    def sources_page(request: Request) -> HTMLResponse:
        with desk.visit(request) as visit:
            return pages.page(request, visit, "sources.html", lines=_lines(visit), latest=LATEST)

    @router.get("/sources.json", include_in_schema=False)
    @router.get("/v1/sources", tags=["sources"], summary="The systems that report, and how they are heard")
    def sources_json(request: Request) -> answers.Sources:
        with desk.visit(request) as visit:
            exported(request, visit)
            return answers.Sources(sources=tuple(_answer(line) for line in _lines(visit)))

    @router.get("/sources/{source}.json", include_in_schema=False)
    @router.get(
        "/v1/sources/{source}",
        tags=["sources"],
        summary="What became of the latest requests of a source",
        responses=OF_A_THING,
    )
    def source_json(request: Request, source: str) -> answers.SourceInFull:
        with desk.visit(request) as visit:
            line = _get(visit, source)
            exported(request, visit)
            return answers.SourceInFull(source=_answer(line), requests=line.requests)

    @router.get("/sources/{source}", include_in_schema=False)
    def source_page(request: Request, source: str) -> HTMLResponse:
        with desk.visit(request) as visit:
            return pages.page(request, visit, "source.html", line=_get(visit, source))

    return router


def _lines(visit: Visit) -> tuple[SourceLine, ...]:
    return read_source_lines(visit.connection, visit.tenant, visit.trust.sources)


def _get(visit: Visit, source: str) -> SourceLine:
    found = find_source_line(visit.connection, visit.tenant, source, visit.trust.sources)
    if found is None:
        raise HTTPException(404, "There is no such source. `milepost source add` adds one.")
    return found


def _answer(line: SourceLine) -> answers.Source:
    state = line.state
    return answers.Source(
        source=line.source,
        kind=line.kind,
        state=line.hearing,
        rhythm=line.rhythm,
        last_heard_at=None if state is None else state.last_heard_at,
        until=None if state is None else state.until,
        requests=len(line.requests),
        refused=len(line.refused),
        last_refused=line.last_refused,
    )
