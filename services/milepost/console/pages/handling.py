"""What people do about a gap: acknowledge it, give it to somebody, let it sleep until a day, write a note."""

from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated, Literal, assert_never
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse

from milepost.console import answers
from milepost.console.bodies import WITHOUT_NUL
from milepost.console.gap_views import answer_gap
from milepost.console.moments import Moments, find_zone
from milepost.console.pages.gaps import get_view
from milepost.console.refusals import OF_A_HANDLING
from milepost.console.rendering import Pages
from milepost.console.visit import Desk, Visit
from milepost.store import accounts, audit, inbox
from milepost.store.accounts import RESERVED
from milepost.store.database import Turn
from milepost.store.inbox import Hand, Handling, Meanwhile
from milepost.store.readings.gaps import get_gap
from milepost.store.readings.people import names
from milepost_schemas.projections import GapRow
from milepost_schemas.submissions import Deed

Do = Literal["acknowledge", "unacknowledge", "assign", "snooze", "wake", "note"]
DEEDS: dict[Do, str] = {
    "acknowledge": "acknowledged_gap",
    "unacknowledge": "unacknowledged_gap",
    "assign": "assigned_gap",
    "snooze": "snoozed_gap",
    "wake": "woke_gap",
    "note": "noted_gap",
}
LONGEST_SLEEP = timedelta(days=366)
STANDING = ("open", "mitigated")


class HandlingCommand(BaseModel):
    """What to do about a gap. `version` is that of the handling that was looked at; a note needs none.

    `to` is whom it is given to, nobody where it is missing; `until` the day on which it comes back.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Do
    version: Annotated[int, Field(ge=0)] = 0
    to: Annotated[str, Field(max_length=100, pattern=WITHOUT_NUL)] = ""
    until: date | None = None
    text: Annotated[str, Field(max_length=2000, pattern=WITHOUT_NUL)] = ""


def build(desk: Desk, pages: Pages) -> APIRouter:
    """Return the routes of what people do about gaps."""
    router = APIRouter()

    @router.post("/gaps/{gap_id}/handling", include_in_schema=False, response_model=None)
    def handle_form(
        request: Request, gap_id: str, command: Annotated[HandlingCommand, Form()]
    ) -> HTMLResponse | RedirectResponse:
        with desk.visit(request) as visit:
            refused = _obey(visit, gap_id, command)
        if refused is None:
            return RedirectResponse(f"/gaps/{quote(gap_id)}", status_code=303)
        with desk.visit(request) as visit:
            view = get_view(visit, gap_id)
            text = pages.text(request, visit, "gap.html", gap=view, refused=_in_words(refused, visit.moments))
        return HTMLResponse(text, status_code=HTTPStatus.CONFLICT)

    @router.post(
        "/v1/gaps/{gap_id}/handling",
        tags=["gaps"],
        summary="Acknowledge, assign, snooze, or write a note",
        responses=OF_A_HANDLING,
    )
    def handle_json(request: Request, gap_id: str, command: HandlingCommand) -> answers.Gap:
        with desk.visit(request) as visit:
            refused = _obey(visit, gap_id, command)
            if refused is not None:
                raise HTTPException(HTTPStatus.CONFLICT, _in_words(refused, visit.moments))
        with desk.visit(request) as visit:
            view = get_view(visit, gap_id)
            return answer_gap(
                view, names(visit.connection, visit.tenant, [view.row.learner]).get(view.row.learner or "")
            )

    return router


def _obey(visit: Visit, gap_id: str, command: HandlingCommand) -> Handling | None:
    """Do it, with its line of the audit log; return how the gap is handled where somebody else was quicker."""
    found = get_gap(visit.connection, visit.tenant, gap_id)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such gap. It may have been erased with its learner.")
    _require_sense(visit, found.row, command)
    deed = Deed(account=visit.who.account, what=DEEDS[command.do], subject=gap_id, details=_details(command))
    hand = Hand(visit.tenant, gap_id, visit.who.account, visit.now, command.version)
    try:
        with visit.desk.database.writing(Turn.SHOWN) as connection:
            _do(connection, hand, command, visit.moments)
            audit.write(connection, visit.tenant, deed, at=visit.now)
    except Meanwhile as error:
        return error.now
    return None


def _do(connection: Connection, hand: Hand, command: HandlingCommand, moments: Moments) -> None:
    match command.do:
        case "acknowledge":
            inbox.acknowledge(connection, hand)
        case "unacknowledge":
            inbox.unacknowledge(connection, hand)
        case "assign":
            inbox.assign(connection, hand, command.to.strip() or None)
        case "snooze":
            inbox.snooze(connection, hand, _morning(command.until, moments))
        case "wake":
            inbox.wake(connection, hand)
        case "note":
            inbox.note(connection, hand, command.text.strip())
        case _:
            assert_never(command.do)


def _require_sense(visit: Visit, row: GapRow, command: HandlingCommand) -> None:
    """Raise what says why a command cannot be done, and what can."""
    if command.do == "note":
        if not command.text.strip():
            raise _nonsense("Write something into the note.")
        return
    if row.state not in STANDING:
        raise HTTPException(HTTPStatus.CONFLICT, "This gap is closed by now; all that can still be done is a note.")
    if command.do == "snooze":
        today = visit.moments.local(visit.now).date()
        if command.until is None or not today < command.until <= today + LONGEST_SLEEP:
            raise _nonsense("Name the day on which it comes back: tomorrow at the earliest, in a year at the latest.")
    if command.do == "assign" and command.to.strip():
        _require_somebody(visit, command.to.strip())


def _require_somebody(visit: Visit, to: str) -> None:
    known = [each.name for each in accounts.every(visit.connection, visit.tenant) if each.disabled_at is None]
    if to in RESERVED or (visit.who.account is not None and to not in known):
        raise _nonsense(f"There is no account {to!r} to give it to.")


def _morning(day: date | None, moments: Moments) -> int:
    """Return when a day begins for the reader."""
    begins = datetime.combine(day or date.min, time(), find_zone(moments.zone))
    return int(begins.timestamp() * 1000)


def _details(command: HandlingCommand) -> dict[str, str]:
    match command.do:
        case "assign":
            return {"to": command.to.strip() or "nobody"}
        case "snooze":
            return {"until": str(command.until)}
        case _:
            return {}


def _in_words(now: Handling, moments: Moments) -> str:
    """Return what somebody else did meanwhile."""
    who = now.changed_by or "Somebody else"
    when = "" if now.changed_at is None else f", {moments.text(now.changed_at)}"
    stands = [
        f"it is {'given to ' + now.assigned_to if now.assigned_to else 'given to nobody'}",
        "acknowledged" if now.acknowledged_at is not None else "not acknowledged",
        *([f"snoozed until {moments.day(now.snoozed_until)}"] if now.snoozed_until is not None else []),
    ]
    return f"{who} was quicker{when}: {', '.join(stands)}. Nothing of yours was done; look again, then decide."


def _nonsense(said: str) -> HTTPException:
    return HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, said)
