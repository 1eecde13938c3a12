"""Gaps: what needs somebody today, worst first; why, and what would close it."""

from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse

from milepost.console import answers
from milepost.console.gap_views import GapView, answer_fact, answer_gap, view_gaps
from milepost.console.paging import Paging
from milepost.console.rendering import Pages
from milepost.console.sentences import wording
from milepost.console.visit import Desk, Visit
from milepost.store.readings.gaps import GapQuery, GapsFound, View, find_gaps, get_gap
from milepost.store.readings.horizon import next_deadline
from milepost.store.readings.people import names
from milepost_schemas.words import Severity

Text = Annotated[str, Query(max_length=200)]


def asked(
    view: View = "open",
    program: Text = "",
    cohort: Text = "",
    gap: Text = "",
    severity: Severity | str = "",
    q: Text = "",
    page: Annotated[int, Query(ge=1)] = 1,
    open: Annotated[list[str] | None, Query(max_length=50)] = None,
) -> GapQuery:
    """Return which gaps an address asks for."""
    return GapQuery(
        view=view,
        program=program,
        cohort=cohort,
        gap=gap,
        severity=severity,
        text=q.strip(),
        page=page,
        keep=tuple(open or ()),
    )


def build(desk: Desk, pages: Pages) -> APIRouter:
    """Return the routes of the gaps."""
    router = APIRouter()
    Asked = Annotated[GapQuery, Depends(asked)]

    @router.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/gaps", status_code=303)

    @router.get("/gaps", include_in_schema=False)
    def gaps_page(request: Request, query: Asked) -> HTMLResponse:
        with desk.visit(request) as visit:
            found = find_gaps(visit.connection, visit.tenant, query)
            views = view_gaps(visit, found.gaps, query.keep)
            return pages.page(
                request,
                visit,
                "gaps.html",
                query=query,
                found=found,
                groups=_groups(views, query.view),
                paging=Paging(query.page, query.size, found.total),
                titles={facet.value: wording(facet.value).title for facet in found.types},
                programs=visit.programs,
                ahead=None if found.total else next_deadline(visit.connection, visit.tenant, visit.now),
            )

    @router.get("/gaps.json", include_in_schema=False)
    @router.get("/v1/gaps", tags=["gaps"], summary="Gaps, worst first")
    def gaps_json(request: Request, query: Asked) -> answers.Gaps:
        with desk.visit(request) as visit:
            found = find_gaps(visit.connection, visit.tenant, query)
            return _answer(visit, found, view_gaps(visit, found.gaps), query)

    @router.get("/gaps/{gap_id}.json", include_in_schema=False)
    @router.get("/v1/gaps/{gap_id}", tags=["gaps"], summary="One gap with its evidence and history")
    def gap_json(request: Request, gap_id: str) -> answers.GapInFull:
        with desk.visit(request) as visit:
            view = _get(visit, gap_id)
            return answers.GapInFull(
                gap=answer_gap(view, _names(visit, (view,)).get(view.row.learner or "")),
                evidence=tuple(answer_fact(each.filed, each.said) for each in view.facts),
                history=tuple(each.moment for each in view.moments),
            )

    @router.get("/gaps/{gap_id}", include_in_schema=False)
    def gap_page(request: Request, gap_id: str) -> HTMLResponse:
        with desk.visit(request) as visit:
            return pages.page(request, visit, "gap.html", gap=_get(visit, gap_id))

    return router


def _get(visit: Visit, gap_id: str) -> GapView:
    found = get_gap(visit.connection, visit.tenant, gap_id)
    if found is None:
        raise HTTPException(404, "There is no such gap. It may have been erased with its learner.")
    return view_gaps(visit, [found], [gap_id])[0]


def _groups(views: tuple[GapView, ...], view: View) -> list[tuple[str, list[GapView]]]:
    """Return rows under headings: by severity while they stand, by what became of them after."""
    if view in ("open", "historical"):
        return [(str(key), list(rows)) for key, rows in groupby(views, key=lambda each: each.row.severity)]
    return [("", list(views))] if views else []


def _answer(visit: Visit, found: GapsFound, views: tuple[GapView, ...], query: GapQuery) -> answers.Gaps:
    called = _names(visit, views)
    return answers.Gaps(
        gaps=tuple(answer_gap(each, called.get(each.row.learner or "")) for each in views),
        total=found.total,
        page=query.page,
        pages=Paging(query.page, query.size, found.total).pages,
        views=found.views,
        programs=found.programs,
        cohorts=found.cohorts,
        types=found.types,
        severities=found.severities,
    )


def _names(visit: Visit, views: tuple[GapView, ...]) -> dict[str, str]:
    return names(visit.connection, visit.tenant, (each.row.learner for each in views))
