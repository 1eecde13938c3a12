"""Sessions: who comes and is prepared, who was there and who says so."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import HTMLResponse

from milepost.console import answers
from milepost.console.gap_views import answer_gap, view_gaps
from milepost.console.paging import PageNumber, Paging
from milepost.console.refusals import OF_A_THING
from milepost.console.rendering import Pages, exported
from milepost.console.roster_views import (
    Person,
    bar_of,
    closed_by_hand,
    look_behind,
    nobodies,
    people_in,
    seen_until,
    speech_of,
    waits_for,
)
from milepost.console.said import closings
from milepost.console.visit import Desk, Visit
from milepost.store.readings.sessions import (
    Session,
    SessionQuery,
    SessionsFound,
    When,
    count_sessions,
    find_session,
    find_sessions,
)

SIZE = 50
Text = Annotated[str, Query(max_length=200)]


def build(desk: Desk, pages: Pages) -> APIRouter:
    """Return the routes of the sessions."""
    router = APIRouter()

    @router.get("/sessions", include_in_schema=False)
    def sessions_page(request: Request, when: When = "upcoming", q: Text = "", page: PageNumber = 1) -> HTMLResponse:
        with desk.visit(request) as visit:
            found = _list(visit, when, q, page)
            numbers = count_sessions(visit.connection, visit.tenant, visit.now)
            paging = Paging(page, SIZE, found.total)
            return pages.page(
                request, visit, "sessions.html", found=found, which=when, q=q.strip(), numbers=numbers, paging=paging
            )

    @router.get("/sessions.json", include_in_schema=False)
    @router.get("/v1/sessions", tags=["sessions"], summary="Sessions to come, or past ones")
    def sessions_json(
        request: Request, when: When = "upcoming", q: Text = "", page: PageNumber = 1
    ) -> answers.Sessions:
        with desk.visit(request) as visit:
            exported(request, visit)
            found = _list(visit, when, q, page)
            pages_ = Paging(page, SIZE, found.total).pages
            return answers.Sessions(sessions=found.sessions, total=found.total, page=page, pages=pages_)

    @router.get("/sessions/{offering}/{session}.json", include_in_schema=False)
    @router.get(
        "/v1/sessions/{offering}/{session}",
        tags=["sessions"],
        summary="One session with everybody in it",
        responses=OF_A_THING,
    )
    def session_json(request: Request, offering: str, session: str) -> answers.Session:
        with desk.visit(request) as visit:
            found = get_session(visit, offering, session)
            visit.saw("saw_roster", f"{offering}/{session}")
            people = people_in(visit, found, speech_of(visit, found, {}), {})
            views = view_gaps(visit, found.gaps)
            speech = visit.speech([view.row for view in views])
            return answers.Session(
                session=found.line,
                participants=tuple(_answer(person) for person in people),
                gaps=tuple(answer_gap(view, speech.names.get(view.row.learner or "")) for view in views),
            )

    @router.get("/sessions/{offering}/{session}", include_in_schema=False)
    def session_page(
        request: Request,
        offering: str,
        session: str,
        open: Annotated[list[str] | None, Query(max_length=50)] = None,
    ) -> HTMLResponse:
        with desk.visit(request) as visit:
            found = get_session(visit, offering, session)
            visit.saw("saw_roster", f"{offering}/{session}")
            behind = look_behind(visit, found)
            speech = speech_of(visit, found, behind)
            people = people_in(visit, found, speech, behind)
            return pages.page(
                request,
                visit,
                "session.html",
                found=found,
                line=found.line,
                row=found.line.row,
                roster=[each for each in people if each.attendee.row.state or each.attendee.row.standing == "known"],
                others=[
                    each for each in people if not each.attendee.row.state and each.attendee.row.standing != "known"
                ],
                gaps=view_gaps(visit, found.gaps, open or ()),
                waits=waits_for(found, visit.now),
                by_hand=closed_by_hand(found.line.row),
                nobodies=nobodies(people),
                closings=closings(found.line.row),
                bar=bar_of(found),
                seen_until=seen_until(visit, found),
                over=found.line.row.end_at <= visit.now,
                programs=[program for program, _ in visit.programs.of_course(found.line.course)],
            )

    return router


def _list(visit: Visit, when: When, text: str, page: int) -> SessionsFound:
    query = SessionQuery(now=visit.now, when=when, text=text.strip(), page=page, size=SIZE)
    return find_sessions(visit.connection, visit.tenant, query)


def get_session(visit: Visit, offering: str, session: str) -> Session:
    """Return a session; raise what answers 404."""
    found = find_session(visit.connection, visit.tenant, offering, session)
    if found is None:
        raise HTTPException(404, "No such session was ever scheduled.")
    return found


def _answer(person: Person) -> answers.Participant:
    return answers.Participant(
        name=person.name,
        row=person.attendee.row,
        outcome=person.attendee.outcome,
        prepared=(person.done, len(person.prepared)) if person.prepared else None,
    )
