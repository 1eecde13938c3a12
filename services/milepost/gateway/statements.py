"""The Statement resource of xAPI 1.0.3 and 2.0.0: who asks, in which version, and what is sent (Comm 2.1)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from milepost.bodies import Room
from milepost.gateway.alternate import is_alternate, meant_by
from milepost.gateway.authentication import authenticate
from milepost.gateway.batches import Batch
from milepost.gateway.keeping import count_refusal, keep, note_refusal
from milepost.gateway.rates import Rates
from milepost.gateway.reading import give_back
from milepost.gateway.refusing import NOT_KEPT, Refused
from milepost.gateway.replies import JsonLine
from milepost.gateway.requests import (
    MEBIBYTE,
    read_body,
    require_json,
    require_known_parameters,
    require_version,
    work_on,
)
from milepost.sources.xapi import Statement, StatementRefused, Version, is_uuid, read_statements
from milepost.sources.xapi.versions import HEADER, answered_in
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost_schemas.submissions import RawMessage

ROUTE = "/xapi/statements"
KINDS = ("moodle", "xapi")
METHODS = ("GET", "HEAD", "PUT", "POST")

SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"

MOST_BYTES = 8 * MEBIBYTE
MOST_STATEMENTS = 1000


class StatementRequest:
    """One request of the Statement resource; what is known of it grows as it is read."""

    def __init__(self, services: Services, rates: Rates, room: Room, request: Request) -> None:
        self._services = services
        self._rates = rates
        self._room = room
        self._request = request
        self._source: Source | None = None
        self._version = answered_in(request.headers.get(HEADER))
        self._body = b""

    async def answer(self) -> Response:
        """Return the answer, or raise what the request is refused by."""
        self._require_method()
        await self._read_alternate()
        source = self._source = await authenticate(self._request, self._services)
        self._version = require_version(self._request)
        match self._request.method:
            case "POST":
                return await self._post(source)
            case "PUT":
                return await self._put(source)
            case _:
                return await give_back(self._services, source, self._request)

    @property
    def version(self) -> Version:
        """The version that the answer follows."""
        return self._version

    async def note(self, refused: Refused) -> None:
        """Count a refusal, and keep it for who looks at the source where it was a sender's."""
        count_refusal(self._services, ROUTE, refused, self._source)
        if self._source is not None and self._request.method in ("POST", "PUT") and refused.status not in NOT_KEPT:
            await note_refusal(self._services, self._source, self._raw(), refused)

    def _require_method(self) -> None:
        if self._request.method not in METHODS:
            raise Refused("not_allowed", f"This resource answers {', '.join(METHODS)}.")

    async def _read_alternate(self) -> None:
        """Take the request that is meant in place of one in the alternate syntax, which is of version 1.0 alone."""
        if is_alternate(self._request):
            self._request = await meant_by(self._request, self._room)
            self._require_method()

    async def _post(self, source: Source) -> Response:
        require_known_parameters(self._request, ())
        received = await self._read(source)
        _require_few(received)
        ids = await self._keep(source, received)
        return JsonLine(ids)

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

    async def _read(self, source: Source) -> list[Statement]:
        require_sender(source)
        self._rates.admit(source)
        self._body = await read_body(self._request, most=MOST_BYTES)
        _require_no_parts(self._request)
        require_json(self._request, "bad_content", status=400)
        try:
            received = await work_on(self._body, lambda body: read_statements(body, self._version))
        except StatementRefused as refused:
            raise Refused("bad_content", str(refused)) from refused
        self._rates.add(source, len(received) - 1)
        return received

    async def _keep(self, source: Source, received: list[Statement]) -> list[str]:
        _require_attachments_elsewhere(received)
        batch = Batch(self._services, source, authority_of(source), received, self._version)
        await keep(
            self._services,
            ROUTE,
            lambda received_at: batch.submission(received_at, self._raw()),
            octets=len(self._body),
        )
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


def require_sender(source: Source) -> None:
    """Refuse what comes from a source that does not speak xAPI."""
    if source.kind not in KINDS:
        raise Refused(
            "forbidden",
            f"{source.name} is a source of kind {source.kind}; xAPI is for those of kind {' or '.join(KINDS)}.",
        )


def _require_few(received: list[Statement]) -> None:
    if len(received) > MOST_STATEMENTS:
        raise Refused("too_large", f"At most {MOST_STATEMENTS} statements can come in one request; send several.")


def _require_no_parts(request: Request) -> None:
    if request.headers.get("content-type", "").lower().startswith("multipart/mixed"):
        raise Refused(
            "not_served", "Attachments are not kept: send statements as application/json, files by their fileUrl."
        )


def _require_attachments_elsewhere(received: list[Statement]) -> None:
    """Refuse an attachment whose file would have to come along, and a signature, which nobody here would check."""
    for index, statement in enumerate(received):
        inner = statement["object"] if statement["object"].get("objectType") == "SubStatement" else {}
        for attachment in (*statement.get("attachments", ()), *inner.get("attachments", ())):
            if attachment["usageType"] == SIGNATURE:
                raise Refused("not_served", f"statements[{index}]: signed statements are not taken here (Data 2.6).")
            if "fileUrl" not in attachment:
                raise Refused(
                    "bad_content", f"statements[{index}].attachments: each must have a fileUrl in JSON (Comm 1.5.2)."
                )
