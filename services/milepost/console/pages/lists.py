"""Lists: what a training office keeps in a spreadsheet, taken in by hand and in its name."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, File, Form, HTTPException, Request, UploadFile
from starlette.responses import HTMLResponse

from milepost.console import acting
from milepost.console.rendering import Pages
from milepost.console.visit import Desk, Visit
from milepost.console.who import Who, who_asks
from milepost.sources import office
from milepost.sources.office import AnyItem, FactsRefused, Posted, Problem
from milepost.sources.translation import Receipt
from milepost.store import sources
from milepost.store.envelopes import Envelopes
from milepost.store.posting import index_of, new_statements
from milepost.store.sources import Source
from milepost.store.submission import MOST_MESSAGES, StatementConflict, messages_of
from milepost_schemas.submissions import Deed, RawMessage, Submission

ROUTE = "/lists"

Text = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, slots=True)
class Sent:
    """A list as it was sent: in whose name, what it holds, and the file."""

    source: Source
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a list: how many facts it had, or everything that is wrong with it."""

    sent: Sent
    facts: int = 0
    problems: tuple[Problem, ...] = ()


def build(desk: Desk, pages: Pages) -> APIRouter:
    """Return the routes of lists."""
    router = APIRouter()

    @router.get(ROUTE, include_in_schema=False)
    def lists_page(request: Request) -> HTMLResponse:
        return _page(desk, pages, request, None)

    @router.post(ROUTE, include_in_schema=False)
    def take_list(
        request: Request,
        source: Text,
        kind: Annotated[str, Form(alias="type", max_length=200)],
        file: Annotated[UploadFile, File()],
    ) -> HTMLResponse:
        if kind not in office.LISTED:
            raise HTTPException(422, "Say what the list holds.")
        sent = Sent(_office(desk, request, source), kind, file.file.read())
        return _page(desk, pages, request, _take(desk, who_asks(request), sent))

    return router


def _page(desk: Desk, pages: Pages, request: Request, taken: Taken | None) -> HTMLResponse:
    columns = {kind: office.columns_of(kind) for kind in office.LISTED}
    with desk.visit(request) as visit:
        offices = _offices(visit)
        text = pages.text(request, visit, "lists.html", offices=offices, columns=columns, taken=taken)
    return HTMLResponse(text, HTTPStatus.UNPROCESSABLE_ENTITY if taken and taken.problems else HTTPStatus.OK)


def _offices(visit: Visit) -> Sequence[Source]:
    return [each for each in sources.every(visit.connection, visit.tenant) if each.kind == "office"]


def _office(desk: Desk, request: Request, name: str) -> Source:
    with desk.visit(request) as visit:
        found = next((each for each in _offices(visit) if each.name == name), None)
    if found is None:
        raise HTTPException(422, "Say in whose name the list is taken: there is no training office of that name.")
    return found


def _take(desk: Desk, who: Who, sent: Sent) -> Taken:
    """Have the facts of a list accepted, all of them or none."""
    try:
        items = office.read_list(sent.body, sent.kind)
        _accept(desk, who, sent, items)
    except FactsRefused as refused:
        return Taken(sent, problems=tuple(refused.problems))
    return Taken(sent, facts=len(items))


def _accept(desk: Desk, who: Who, sent: Sent, items: Sequence[AnyItem]) -> None:
    """Raise FactsRefused for an id that has another meaning already, and for too much at once."""
    posted: list[Posted] = []

    def build(received_at: int) -> Submission:
        receipt = Receipt(sent.source.tenant, sent.source.name, received_at)
        posted[:] = [office.translate(item, receipt) for item in items]
        envelopes = Envelopes(desk.vault, sent.source.tenant)
        submission = Submission(
            tenant=sent.source.tenant,
            source=sent.source.name,
            received_at=received_at,
            raw=RawMessage(route=ROUTE, body=sent.body, content_type="text/csv"),
            people=envelopes.seen((person for each in posted for person, _ in each.described), sent.source.kind),
            statements=new_statements(envelopes, posted, items, received_at),
            deed=_deed(who, sent, items),
        )
        if messages_of(submission) > MOST_MESSAGES:
            raise FactsRefused([Problem(0, "", f"more than {MOST_MESSAGES} facts follow from this: take it in parts")])
        return submission

    outcome = acting.take(desk, build)
    if isinstance(outcome, StatementConflict):
        index = index_of(outcome.statement_id, posted)
        raise FactsRefused([Problem(index, "id", "is there already, and says something else", posted[index].id or "")])


def _deed(who: Who, sent: Sent, items: Sequence[AnyItem]) -> Deed:
    told = {"list": sent.kind, "facts": str(len(items))}
    return Deed(account=who.account, what="took_list", subject=sent.source.name, details=told)
