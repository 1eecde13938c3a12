"""The Statement resource of xAPI 1.0.3: POST, PUT, and GET of one statement by its id (Comm 2.1)."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from milepost.gateway.authentication import authenticate
from milepost.gateway.batches import Batch
from milepost.gateway.keeping import count_refusal, keep, note_refusal
from milepost.gateway.refusing import Refused, store_unavailable
from milepost.gateway.requests import MEBIBYTE, read_body, require_json, require_known_parameters
from milepost.sources.xapi import Statement, StatementRefused, is_uuid, negotiate, read_statements
from milepost.store import statements
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost.store.submission import RawMessage

ROUTE = "/xapi/statements"
KINDS = ("moodle", "xapi")
METHODS = ("GET", "HEAD", "PUT", "POST")

MOST_BYTES = 8 * MEBIBYTE
MOST_STATEMENTS = 1000

BY_ID = ("statementId", "voidedStatementId")
FILTERS = frozenset(
    {
        *("agent", "verb", "activity", "registration", "related_activities", "related_agents"),
        *("since", "until", "limit", "format", "attachments", "ascending"),
    }
)


class StatementRequest:
    """One request of the Statement resource; what is known of it grows as it is read."""

    def __init__(self, services: Services, request: Request) -> None:
        self._services = services
        self._request = request
        self._source: Source | None = None
        self._body = b""

    async def answer(self) -> Response:
        """Return the answer, or raise what the request is refused by."""
        if self._request.method not in METHODS:
            raise Refused("not_allowed", f"This resource answers {', '.join(METHODS)}.")
        source = self._source = await run_in_threadpool(authenticate, self._request, self._services)
        _require_version(self._request)
        match self._request.method:
            case "POST":
                return await self._post(source)
            case "PUT":
                return await self._put(source)
            case _:
                return await self._get(source)

    async def note(self, refused: Refused) -> None:
        """Count a refusal, and keep it for who looks at the source where it was a sender's."""
        count_refusal(self._services, ROUTE, refused, self._source)
        if self._source is not None and self._request.method in ("POST", "PUT") and refused.status != 503:
            await note_refusal(self._services, self._source, self._raw(), refused)

    async def _post(self, source: Source) -> Response:
        require_known_parameters(self._request, ())
        received = await self._read(source)
        _require_few(received)
        ids = await self._keep(source, received)
        return JSONResponse(ids)

    async def _put(self, source: Source) -> Response:
        require_known_parameters(self._request, ("statementId",))
        statement_id = self._request.query_params.get("statementId")
        if statement_id is None or not is_uuid(statement_id):
            raise Refused("bad_request", "PUT needs the query parameter statementId, a UUID (Comm 2.1.1).")
        received = await self._read(source)
        if len(received) != 1 or self._body.lstrip()[:1] == b"[":
            raise Refused("bad_content", "PUT takes one statement; POST takes several (Comm 2.1.1).")
        if received[0].get("id", statement_id).lower() != statement_id.lower():
            raise Refused("bad_content", "id: must be the statementId of the request (Comm 2.1.1).")
        await self._keep(source, [{**received[0], "id": received[0].get("id", statement_id)}])
        return Response(status_code=204)

    async def _get(self, source: Source) -> Response:
        asked = [name for name in BY_ID if name in self._request.query_params]
        require_known_parameters(self._request, {*BY_ID, "attachments", "format"} if asked else {*BY_ID, *FILTERS})
        if len(asked) > 1:
            raise Refused("bad_request", "Ask by statementId or by voidedStatementId, not by both (Comm 2.1.3).")
        if not asked:
            raise Refused(
                "not_served", "Only one statement at a time is given back, by statementId or voidedStatementId."
            )
        _require_plain_format(self._request)
        statement_id = self._request.query_params[asked[0]]
        if not is_uuid(statement_id):
            raise Refused("bad_request", f"{asked[0]} must be a UUID (Comm 2.1.3).")
        found = await run_in_threadpool(self._find, source, statement_id, voided=asked[0] == "voidedStatementId")
        if found is None:
            raise Refused("not_found", "There is no such statement of this source.")
        return JSONResponse(found)

    def _find(self, source: Source, statement_id: str, *, voided: bool) -> Statement | None:
        """Return a statement that this source sent itself; those of others are not its business."""
        find = statements.find_voided if voided else statements.find
        try:
            with self._services.database.reading() as connection:
                found = find(connection, source.tenant, statement_id)
        except Exception as error:
            raise store_unavailable() from error
        return found if found is not None and found.get("authority") == authority_of(source) else None

    async def _read(self, source: Source) -> list[Statement]:
        if source.kind not in KINDS:
            raise Refused(
                "forbidden", f"{source.name} is a source of kind {source.kind}; statements come from {_kinds()}."
            )
        self._body = await read_body(self._request, most=MOST_BYTES)
        require_json(self._request, "bad_content", status=400)
        try:
            return await run_in_threadpool(read_statements, self._body)
        except StatementRefused as refused:
            raise Refused("bad_content", str(refused)) from refused

    async def _keep(self, source: Source, received: list[Statement]) -> list[str]:
        _require_attachments_elsewhere(received)
        batch = Batch(self._services, source, authority_of(source), received)
        await keep(self._services, ROUTE, lambda received_at: batch.submission(received_at, self._raw()))
        return batch.ids

    def _raw(self) -> RawMessage:
        return RawMessage(
            route=ROUTE, body=self._body, content_type=self._request.headers.get("content-type", "")[:200]
        )


def authority_of(source: Source) -> dict[str, Any]:
    """Return who vouches for a statement: the source whose key it came with."""
    return {
        "objectType": "Agent",
        "name": source.name,
        "account": {"homePage": f"urn:milepost:{source.tenant}", "name": source.name},
    }


def _kinds() -> str:
    return " or ".join(KINDS)


def _require_version(request: Request) -> None:
    try:
        negotiate(request.headers.get("x-experience-api-version"))
    except StatementRefused as refused:
        raise Refused("bad_request", str(refused)) from refused


def _require_few(received: list[Statement]) -> None:
    if len(received) > MOST_STATEMENTS:
        raise Refused("too_large", f"At most {MOST_STATEMENTS} statements can come in one request; send several.")


def _require_plain_format(request: Request) -> None:
    if request.query_params.get("attachments", "false") != "false":
        raise Refused("not_served", "Attachments are not kept, so attachments can only be false.")
    if request.query_params.get("format", "exact") != "exact":
        raise Refused("not_served", "Statements are given back as they are kept, so format can only be exact.")


def _require_attachments_elsewhere(received: list[Statement]) -> None:
    """Refuse an attachment whose file would have to come along: only those are taken that lie somewhere else."""
    for index, statement in enumerate(received):
        inner = statement["object"] if statement["object"].get("objectType") == "SubStatement" else {}
        for attachment in (*statement.get("attachments", ()), *inner.get("attachments", ())):
            if "fileUrl" not in attachment:
                raise Refused(
                    "bad_content", f"statements[{index}].attachments: each must have a fileUrl in JSON (Comm 1.5.2)."
                )
