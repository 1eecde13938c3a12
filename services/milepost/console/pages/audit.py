"""Audit: who saw whom, and who did what; for coordinators."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import HTMLResponse

from milepost.console import answers
from milepost.console.refusals import OF_COORDINATORS
from milepost.console.rendering import Pages, exported
from milepost.console.visit import Desk, Visit
from milepost.console.words import DEEDS
from milepost.store.audit import AuditLine, AuditQuery, read
from milepost.store.readings.people import identities, names

Text = Annotated[str, Query(max_length=1000)]
LineNumber = Annotated[int, Query(ge=1, lt=2**63)]


def asked(account: Text = "", what: Text = "", subject: Text = "", before: LineNumber | None = None) -> AuditQuery:
    """Return which lines an address asks for."""
    return AuditQuery(account=account, what=what, subject=subject, before=before)


def build(desk: Desk, pages: Pages) -> APIRouter:
    """Return the routes of the audit log."""
    router = APIRouter()
    Asked = Annotated[AuditQuery, Depends(asked)]

    @router.get("/audit", include_in_schema=False)
    def audit_page(request: Request, query: Asked) -> HTMLResponse:
        with desk.visit(request) as visit:
            lines = _read(visit, query)
            return pages.page(
                request,
                visit,
                "audit.html",
                query=query,
                lines=lines,
                called=_called(visit, lines),
                speech=visit.speech(offerings=[line.subject.split("/")[0] for line in lines if line.subject]),
                deeds=DEEDS,
            )

    @router.get("/audit.json", include_in_schema=False)
    @router.get(
        "/v1/audit", tags=["audit"], summary="Who saw whom, and who did what, newest first", responses=OF_COORDINATORS
    )
    def audit_json(request: Request, query: Asked) -> answers.Audit:
        with desk.visit(request) as visit:
            lines = _read(visit, query)
            exported(request, visit)
            return answers.Audit(lines=lines)

    return router


def _read(visit: Visit, query: AuditQuery) -> tuple[AuditLine, ...]:
    if not visit.who.may_act:
        raise HTTPException(403, "Who saw and did what is shown to coordinators.")
    return tuple(read(visit.connection, visit.tenant, query))


def _called(visit: Visit, lines: tuple[AuditLine, ...]) -> dict[str, str]:
    """Return what learners and identifiers are called that these lines are about, or name in their details."""
    ids = {line.subject for line in lines if line.subject}
    ids |= {each for line in lines for detail in line.details.items() for each in detail}
    called = {each.identifier: each.label for each in identities(visit.connection, visit.tenant, ids).values()}
    return called | names(visit.connection, visit.tenant, ids)
