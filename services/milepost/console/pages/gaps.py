"""Gaps: what needs somebody today, worst first; why, and what would close it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse

from milepost.console import answers
from milepost.console.gap_views import GapView, answer_fact, answer_gap, view_gaps, with_parts_below
from milepost.console.paging import PageNumber, Paging
from milepost.console.refusals import OF_A_THING
from milepost.console.rendering import Pages, exported
from milepost.console.sentences import wording
from milepost.console.visit import Desk, Visit
from milepost.store.readings.gap_query import GapQuery, View
from milepost.store.readings.gaps import GapsFound, find_gaps, get_gap
from milepost.store.readings.horizon import next_deadline
from milepost.store.readings.people import names
from milepost_schemas.words import Severity

Text = Annotated[str, Query(max_length=200)]

Opened = Annotated[list[str] | None, Query(max_length=50)]
"""Gaps that are open on the page, and stay there whatever becomes of them."""

ME = "me"
"""What the address calls whoever asks, where it asks for their gaps."""


def asked(
    view: View = "open",
    program: Text = "",
    cohort: Text = "",
    gap: Text = "",
    severity: Severity | str = "",
    assigned: Text = "",
    q: Text = "",
    page: PageNumber = 1,
) -> GapQuery:
    """Return which gaps an address asks for."""
    return GapQuery(
        view=view,
        program=program,
        cohort=cohort,
        gap=gap,
        severity=severity,
        assigned=assigned.strip(),
        text=q.strip(),
        page=page,
    )


def build(desk: Desk, pages: Pages) -> APIRouter:
    """Return the routes of the gaps."""
    router = APIRouter()
    Asked = Annotated[GapQuery, Depends(asked)]

    @router.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/gaps", status_code=303)

    @router.get("/gaps", include_in_schema=False)
    def gaps_page(request: Request, query: Asked, open: Opened = None) -> HTMLResponse:
        with desk.visit(request) as visit:
            found = _find(visit, query, open or ())
            views = view_gaps(visit, found.gaps, open or ())
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
    def gaps_json(request: Request, query: Asked, open: Opened = None) -> answers.Gaps:
        with desk.visit(request) as visit:
            exported(request, visit)
            found = _find(visit, query, open or ())
            return _answer(visit, found, view_gaps(visit, found.gaps), query)

    @router.get("/gaps/{gap_id}.json", include_in_schema=False)
    @router.get(
        "/v1/gaps/{gap_id}", tags=["gaps"], summary="One gap with its evidence and history", responses=OF_A_THING
    )
    def gap_json(request: Request, gap_id: str) -> answers.GapInFull:
        with desk.visit(request) as visit:
            view = get_view(visit, gap_id)
            return answers.GapInFull(
                gap=answer_gap(view, _names(visit, (view,)).get(view.row.learner or "")),
                evidence=tuple(answer_fact(each.filed, each.said) for each in view.facts),
                history=tuple(each.moment for each in view.moments),
                notes=view.desk.notes if view.desk else (),
            )

    @router.get("/gaps/{gap_id}", include_in_schema=False)
    def gap_page(request: Request, gap_id: str) -> HTMLResponse:
        with desk.visit(request) as visit:
            return pages.page(request, visit, "gap.html", gap=get_view(visit, gap_id), refused="")

    return router


def _find(visit: Visit, query: GapQuery, opened: Sequence[str]) -> GapsFound:
    mine = visit.who.account or "" if query.assigned == ME else query.assigned
    asked = replace(query, now=visit.now, assigned=mine, keep=tuple(opened))
    return find_gaps(visit.connection, visit.tenant, asked)


def get_view(visit: Visit, gap_id: str) -> GapView:
    """Return a gap with everything behind it; raise what answers 404."""
    found = get_gap(visit.connection, visit.tenant, gap_id)
    if found is None:
        raise HTTPException(404, "There is no such gap. It may have been erased with its learner.")
    return view_gaps(visit, [found], [gap_id])[0]


def _groups(views: tuple[GapView, ...], view: View) -> list[tuple[str, list[GapView]]]:
    """Return rows under headings: by severity while they stand, by what became of them after."""
    if view in ("open", "snoozed", "historical"):
        groups = groupby(views, key=lambda each: each.row.severity)
        return [(str(key), with_parts_below(list(rows))) for key, rows in groups]
    return [("", with_parts_below(views))] if views else []


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
        assigned=found.assigned,
    )


def _names(visit: Visit, views: tuple[GapView, ...]) -> dict[str, str]:
    return names(visit.connection, visit.tenant, (each.row.learner for each in views))
