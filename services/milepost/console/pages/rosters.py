"""Rosters by hand: who was there as a person has seen it, and that nothing more is to come of a session."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from milepost.console import acting, answers
from milepost.console.acting import Stamp
from milepost.console.bodies import WITHOUT_NUL
from milepost.console.pages.sessions import get_session
from milepost.console.refusals import OF_A_COMMAND
from milepost.console.visit import Desk
from milepost.console.who import who_asks
from milepost.store.readings.people import Identity, identities
from milepost_schemas.submissions import LogMessage
from milepost_schemas.words import Key, Name

MOST_FIELDS = 10_000
"""A form of a roster has two for everybody on it, also for those of whom it says nothing."""

Choice = Literal["present", "partial", "absent", "excused", "expected"]


class Judgment(BaseModel):
    """What a person says about somebody in a session; `expected` takes an excuse back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    identifier: Key
    choice: Choice
    reason: Annotated[str, Field(max_length=500, pattern=WITHOUT_NUL)] = ""


class RosterCommand(BaseModel):
    """Judgments about people in a session; `closed` closes its roster, or opens it again; None leaves it as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    judgments: Annotated[tuple[Judgment, ...], Field(max_length=1000)] = ()
    closed: bool | None = None


def build(desk: Desk) -> APIRouter:
    """Return the routes of what people say of rosters."""
    router = APIRouter()

    @router.post("/sessions/{offering}/{session}/roster", include_in_schema=False)
    async def roster_form(request: Request, offering: str, session: str) -> RedirectResponse:
        command = _command(await request.form(max_fields=MOST_FIELDS))
        await run_in_threadpool(_obey, desk, request, (offering, session), command)
        return RedirectResponse(f"/sessions/{quote(offering)}/{quote(session)}", status_code=303)

    @router.post(
        "/v1/sessions/{offering}/{session}/roster",
        tags=["sessions"],
        summary="Judge, close or reopen",
        responses=OF_A_COMMAND,
    )
    def roster_json(request: Request, offering: str, session: str, command: RosterCommand) -> answers.Done:
        return answers.Done(position=_obey(desk, request, (offering, session), command))

    return router


def _command(form: FormData) -> RosterCommand:
    """Return what the form of a roster says; rows that were left as they are say nothing."""
    judged = [(name.removeprefix("choice:"), value) for name, value in form.items() if name.startswith("choice:")]
    try:
        judgments = [
            Judgment.model_validate({"identifier": who, "choice": value, "reason": _text(form, f"reason:{who}")})
            for who, value in judged
            if value
        ]
    except ValidationError as error:
        raise HTTPException(422, "This form could not be read. Load the page again.") from error
    asked = {"close": True, "reopen": False}.get(_text(form, "do"))
    return RosterCommand(judgments=tuple(judgments), closed=asked)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def _obey(desk: Desk, request: Request, place: tuple[str, str], command: RosterCommand) -> int:
    with desk.visit(request) as visit:
        found = get_session(visit, *place)
        there = {identifier: each for each in found.attendees for identifier in each.row.identifiers}
        known = identities(visit.connection, visit.tenant, [each.identifier for each in command.judgments])
    strangers = [
        each.identifier for each in command.judgments if each.identifier not in there or each.identifier not in known
    ]
    if strangers:
        raise HTTPException(422, "Somebody who is judged here is not on this roster any more. Load the page again.")

    def say(stamp: Stamp) -> list[LogMessage]:
        messages: list[LogMessage] = []
        for each in command.judgments:
            messages += _say(stamp, known[each.identifier], place, each, excused=there[each.identifier].row.excused)
        if command.closed is not None:
            messages.append(acting.close_roster(stamp, place, closed=command.closed))
        return messages

    if not command.judgments and command.closed is None:
        return 0
    judged = {each.identifier: each.choice for each in command.judgments}
    return acting.act(desk, who_asks(request), say, _deed(command), "/".join(place), **judged)


def _deed(command: RosterCommand) -> str:
    if command.closed is None:
        return "judged_roster"
    return "closed_roster" if command.closed else "reopened_roster"


def _say(
    stamp: Stamp, identity: Identity, place: tuple[Name, Name], judgment: Judgment, *, excused: bool
) -> list[LogMessage]:
    if judgment.choice == "excused" or judgment.choice == "expected":  # noqa: PLR1714 - so that the rest is a mark
        gone = judgment.choice == "excused"
        return [acting.excuse(stamp, identity, place, excused=gone, reason=judgment.reason)]
    marked = acting.mark(stamp, identity, place, judgment.choice, judgment.reason)
    if excused and judgment.choice == "absent":
        return [acting.excuse(stamp, identity, place, excused=False, reason=judgment.reason), marked]
    return [marked]
