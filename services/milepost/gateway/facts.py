"""POST /v1/facts: what a training office, an HR system or a person knows. All of a request is kept, or nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from milepost.gateway.authentication import authenticate
from milepost.gateway.identities import people_declared, require_unambiguous, same_people
from milepost.gateway.keeping import Conflict, count_refusal, keep, note_refusal
from milepost.gateway.rates import Rates
from milepost.gateway.refusing import NOT_KEPT, Refused
from milepost.gateway.replies import JsonLine, json_refusal
from milepost.gateway.requests import (
    CSV,
    JSON,
    MEBIBYTE,
    is_csv,
    read_body,
    require_json,
    require_known_parameters,
    work_on,
)
from milepost.gateway.xapi import Endpoint
from milepost.sources import office
from milepost.sources.office import AnyItem, FactsRefused, Posted
from milepost.sources.office.items import ImportBegan, ImportFinished
from milepost.sources.translation import Receipt
from milepost.sources.xapi import StatementRefused, decode
from milepost.store.envelopes import Envelopes
from milepost.store.posting import index_of, new_statements
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost.store.submission import Accepted
from milepost_schemas.submissions import RawMessage, Submission

ROUTE = "/v1/facts"
MOST_BYTES = 4 * MEBIBYTE

OF_ANY_SOURCE = (ImportBegan, ImportFinished)
"""What every source may say of itself; anything else is for sources of kind office."""


def facts_endpoint(services: Services, rates: Rates) -> Endpoint:
    """Return the endpoint that takes facts."""

    async def receive(request: Request) -> Response:
        asked = FactsRequest(services, rates, request)
        try:
            return await asked.answer()
        except Refused as refused:
            await asked.note(refused)
            return json_refusal(refused)

    return receive


class FactsRequest:
    """One request with facts; what is known of it grows as it is read."""

    def __init__(self, services: Services, rates: Rates, request: Request) -> None:
        self._services = services
        self._rates = rates
        self._request = request
        self._source: Source | None = None
        self._body = b""
        self._content_type = JSON
        self._posted: list[Posted] = []

    async def answer(self) -> Response:
        """Return the answer once all is kept, or raise what the request is refused by."""
        source = self._source = await authenticate(self._request, self._services)
        read = self._reader()
        self._rates.admit(source)
        self._body = await read_body(self._request, most=MOST_BYTES)
        items = await work_on(self._body, read)
        self._rates.add(source, len(items) - 1)
        _require_permission(source, items)
        await run_in_threadpool(self._require_unambiguous, source, items)
        try:
            kept = await keep(
                self._services,
                ROUTE,
                lambda received_at: self._submission(source, items, received_at),
                octets=len(self._body),
            )
        except Conflict as conflict:
            raise self._conflict(conflict) from conflict
        answer: dict[str, Any] = {"accepted": len(items), "facts": [each.fact_id for each in self._posted]}
        if isinstance(kept, Accepted):
            answer["position"] = kept.position
        return JsonLine(answer)

    def _reader(self) -> Callable[[bytes], Sequence[AnyItem]]:
        """Return what reads the body as it is said to be: JSON, or a list of one type."""
        if not is_csv(self._request):
            require_known_parameters(self._request, ())
            require_json(self._request)
            return _read
        require_known_parameters(self._request, ("type",))
        self._content_type = CSV
        kind = self._request.query_params.get("type")
        if kind not in office.LISTED:
            possible = ", ".join(office.LISTED)
            raise Refused("bad_request", f"Say in the query what the list holds: ?type= one of {possible}.")
        return partial(_read_list, kind=kind)

    async def note(self, refused: Refused) -> None:
        """Count a refusal, and keep it for who looks at the source where it was a sender's."""
        count_refusal(self._services, ROUTE, refused, self._source)
        if self._source is not None and refused.status not in NOT_KEPT:
            await note_refusal(self._services, self._source, self._raw(), refused)

    def _require_unambiguous(self, source: Source, items: Sequence[AnyItem]) -> None:
        receipt = Receipt(source.tenant, source.name, self._services.clock.now())
        require_unambiguous(self._services, source, [office.translate(item, receipt) for item in items])

    def _submission(self, source: Source, items: Sequence[AnyItem], received_at: int) -> Submission:
        receipt = Receipt(source.tenant, source.name, received_at)
        self._posted = [office.translate(item, receipt) for item in items]
        envelopes = Envelopes(self._services.vault, source.tenant)
        return Submission(
            tenant=source.tenant,
            source=source.name,
            received_at=received_at,
            raw=self._raw(),
            people=people_declared(self._services, source, self._posted),
            statements=new_statements(envelopes, self._posted, items, received_at),
            same_people=same_people(self._services, receipt, self._posted),
        )

    def _conflict(self, conflict: Conflict) -> Refused:
        index = index_of(conflict.statement_id, self._posted)
        problem: dict[str, Any] = {
            "index": index,
            "path": "id",
            "message": "a fact with this id says something else; give a correction an id of its own",
            "found": self._posted[index].id or "",
            "possible": (),
        }
        return Refused("conflict", "Nothing was kept: an id came again with another meaning.", problems=(problem,))

    def _raw(self) -> RawMessage:
        return RawMessage(route=ROUTE, body=self._body, content_type=self._content_type)


def _read(body: bytes) -> Sequence[AnyItem]:
    try:
        content = decode(body)
    except StatementRefused as refused:
        raise Refused("bad_content", str(refused)) from refused
    with _naming_problems():
        return office.read_items(content)


def _read_list(body: bytes, *, kind: str) -> Sequence[AnyItem]:
    with _naming_problems():
        return office.read_list(body, kind)


@contextmanager
def _naming_problems() -> Iterator[None]:
    try:
        yield
    except FactsRefused as refused:
        problems = tuple(asdict(problem) for problem in refused.problems)
        raise Refused("bad_content", str(refused), status=422, problems=problems) from refused


def _require_permission(source: Source, items: Sequence[AnyItem]) -> None:
    if source.kind != "office" and not all(isinstance(item, OF_ANY_SOURCE) for item in items):
        raise Refused(
            "forbidden",
            f"{source.name} is a source of kind {source.kind}, which may post import_began and import_finished here; "
            "other facts come from a source of kind office.",
        )
