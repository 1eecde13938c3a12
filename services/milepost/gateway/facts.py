"""POST /v1/facts: what a training office, an HR system or a person knows. All of a request is kept, or nothing."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from milepost.gateway.authentication import authenticate
from milepost.gateway.envelopes import messages_of, seen
from milepost.gateway.identities import declare_identities, require_unambiguous
from milepost.gateway.keeping import Conflict, count_refusal, keep, note_refusal
from milepost.gateway.refusing import Refused
from milepost.gateway.replies import json_refusal
from milepost.gateway.requests import MEBIBYTE, read_body, require_json, require_known_parameters
from milepost.gateway.xapi import Endpoint
from milepost.sources import office
from milepost.sources.office import AnyItem, FactsRefused, Posted
from milepost.sources.office.items import ImportBegan, ImportFinished
from milepost.sources.translation import Receipt
from milepost.sources.xapi import StatementRefused, decode
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost.store.submission import NewStatement, PersonSeen, RawMessage, Submission

ROUTE = "/v1/facts"
MOST_BYTES = 4 * MEBIBYTE

OF_ANY_SOURCE = (ImportBegan, ImportFinished)
"""What every source may say of itself; anything else is for sources of kind office."""


def facts_endpoint(services: Services) -> Endpoint:
    """Return the endpoint that takes facts."""

    async def receive(request: Request) -> Response:
        asked = FactsRequest(services, request)
        try:
            return await asked.answer()
        except Refused as refused:
            await asked.note(refused)
            return json_refusal(refused)

    return receive


class FactsRequest:
    """One request with facts; what is known of it grows as it is read."""

    def __init__(self, services: Services, request: Request) -> None:
        self._services = services
        self._request = request
        self._source: Source | None = None
        self._body = b""
        self._posted: list[Posted] = []

    async def answer(self) -> Response:
        """Return the answer once all is kept, or raise what the request is refused by."""
        source = self._source = await run_in_threadpool(authenticate, self._request, self._services)
        require_known_parameters(self._request, ())
        require_json(self._request)
        self._body = await read_body(self._request, most=MOST_BYTES)
        items = await run_in_threadpool(self._read)
        _require_permission(source, items)
        await run_in_threadpool(require_unambiguous, self._services, source, self._translated(source, items))
        try:
            kept = await keep(self._services, ROUTE, lambda received_at: self._submission(source, items, received_at))
        except Conflict as conflict:
            raise self._conflict(conflict) from conflict
        position = await declare_identities(self._services, ROUTE, source, self._posted) or kept.position
        facts = [each.fact_id for each in self._posted]
        return JSONResponse({"accepted": len(items), "facts": facts, "position": position})

    async def note(self, refused: Refused) -> None:
        """Count a refusal, and keep it for who looks at the source where it was a sender's."""
        count_refusal(self._services, ROUTE, refused, self._source)
        if self._source is not None and refused.status != 503:
            await note_refusal(self._services, self._source, self._raw(), refused)

    def _read(self) -> Sequence[AnyItem]:
        try:
            return office.read_items(decode(self._body))
        except StatementRefused as refused:
            raise Refused("bad_content", str(refused)) from refused
        except FactsRefused as refused:
            problems = tuple(asdict(problem) for problem in refused.problems)
            raise Refused("bad_content", str(refused), status=422, problems=problems) from refused

    def _translated(self, source: Source, items: Sequence[AnyItem], received_at: int | None = None) -> list[Posted]:
        at = self._services.clock.now() if received_at is None else received_at
        return [office.translate(item, Receipt(source.tenant, source.name, at)) for item in items]

    def _submission(self, source: Source, items: Sequence[AnyItem], received_at: int) -> Submission:
        self._posted = self._translated(source, items, received_at)
        new = {
            each.fact_id: self._new(source, each, item, received_at)
            for each, item in zip(self._posted, items, strict=True)
        }
        return Submission(
            tenant=source.tenant,
            source=source.name,
            received_at=received_at,
            raw=self._raw(),
            people=self._people(source),
            statements=tuple(new.values()),
        )

    def _new(self, source: Source, posted: Posted, item: AnyItem, received_at: int) -> NewStatement:
        """Return the fact as what is kept once: the same again is nothing new, another meaning a conflict."""
        at = min(item.occurred_at or received_at, received_at)
        return NewStatement(
            statement_id=f"fact:{posted.fact_id}",
            verb=item.wire_name,
            occurred_at=at,
            recorded_at=min(item.recorded_at or at, received_at),
            came={"says": posted.fingerprint},
            body={"says": posted.fingerprint},
            messages=tuple(messages_of(posted.translation, self._services.vault, source.tenant)),
        )

    def _people(self, source: Source) -> tuple[PersonSeen, ...]:
        named = [person for posted in self._posted for person, _ in posted.described]
        return seen(named, self._services.vault, source.tenant, source.kind)

    def _conflict(self, conflict: Conflict) -> Refused:
        ids = [f"fact:{each.fact_id}" for each in self._posted]
        index = ids.index(conflict.statement_id)
        problem: dict[str, Any] = {
            "index": index,
            "path": "id",
            "message": "a fact with this id says something else; give a correction an id of its own",
            "found": self._posted[index].id or "",
            "possible": (),
        }
        return Refused("conflict", "Nothing was kept: an id came again with another meaning.", problems=(problem,))

    def _raw(self) -> RawMessage:
        return RawMessage(route=ROUTE, body=self._body, content_type="application/json")


def _require_permission(source: Source, items: Sequence[AnyItem]) -> None:
    if source.kind != "office" and not all(isinstance(item, OF_ANY_SOURCE) for item in items):
        raise Refused(
            "forbidden",
            f"{source.name} is a source of kind {source.kind}, which may post import_began and import_finished here; "
            "other facts come from a source of kind office.",
        )
