"""Zoom's webhook: signed, quick to answer, and the same whenever it comes again."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from milepost.gateway.envelopes import messages_of, notes, seen
from milepost.gateway.keeping import count_refusal, keep, note_refusal
from milepost.gateway.refusing import Refused, store_unavailable
from milepost.gateway.replies import json_refusal
from milepost.gateway.requests import MEBIBYTE, read_body
from milepost.gateway.xapi import Endpoint
from milepost.sources import zoom
from milepost.sources.translation import Receipt
from milepost.store import sources, tenants
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost.store.submission import RawMessage, Submission
from milepost_schemas.instants import HOUR, MINUTE, SECOND

ROUTE = "/webhooks/zoom"
MOST_BYTES = MEBIBYTE

OLDEST = 2 * HOUR
"""How old a signed request may be: Zoom tries again for 85 minutes, and the same message changes nothing twice."""

NEWEST = 5 * MINUTE
"""How far a sender's clock may run ahead."""


def zoom_webhook(services: Services) -> Endpoint:
    """Return the endpoint that Zoom calls."""

    async def receive(request: Request) -> Response:
        name = str(request.path_params["source"])
        body, source = b"", None
        try:
            body = await read_body(request, most=MOST_BYTES)
            source, secret = await run_in_threadpool(_find, services, name)
            _require_signature(request, body, secret, now=services.clock.now())
            return await _take(services, source, secret, body)
        except Refused as refused:
            count_refusal(services, ROUTE, refused, source)
            if source is not None and refused.reason == "bad_content":
                await note_refusal(services, source, RawMessage(route=ROUTE, body=body), refused)
            return json_refusal(refused)

    return receive


def _find(services: Services, name: str) -> tuple[Source, str]:
    try:
        with services.database.reading() as connection:
            source = sources.find(connection, tenants.DEFAULT, name)
            secret = sources.find_secret(connection, services.vault, tenants.DEFAULT, name)
    except ValueError as error:
        raise Refused("bad_signature", f"{name} cannot be verified: {error}") from error
    except Exception as error:
        raise store_unavailable() from error
    if source is None or source.kind != "zoom":
        raise Refused("not_found", "There is no source of kind zoom with this name.")
    if not secret:
        raise Refused("bad_signature", f"The source {name} has no webhook secret yet, so nothing can be verified.")
    return source, secret


def _require_signature(request: Request, body: bytes, secret: str, *, now: int) -> None:
    timestamp = request.headers.get("x-zm-request-timestamp", "")
    signed = request.headers.get("x-zm-signature", "")
    if not zoom.is_signed(secret, timestamp=timestamp, body=body, signed=signed):
        raise Refused(
            "bad_signature", "The signature is not that of this body and timestamp under the source's secret."
        )
    sent_at = int(timestamp) * SECOND if timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 13 else -1
    if not now - OLDEST <= sent_at <= now + NEWEST:
        raise Refused("bad_signature", "The timestamp of the request is too far from our clock.")


async def _take(services: Services, source: Source, secret: str, body: bytes) -> Response:
    try:
        message = await run_in_threadpool(zoom.read, body)
    except ValueError as error:
        raise Refused("bad_content", "The body is no JSON.") from error
    answer = zoom.challenge(message, secret)
    if answer is not None:
        return JSONResponse(answer)
    if not isinstance(message, dict):
        raise Refused("bad_content", "The body must be an object with event and payload.")
    await keep(services, ROUTE, lambda received_at: _submission(services, source, message, body, received_at))
    return Response(status_code=204)


def _submission(services: Services, source: Source, message: object, body: bytes, received_at: int) -> Submission:
    translation = zoom.translate(message, Receipt(source.tenant, source.name, received_at))
    people = [said.person for said in translation.said]
    return Submission(
        tenant=source.tenant,
        source=source.name,
        received_at=received_at,
        raw=RawMessage(route=ROUTE, body=body, content_type="application/json"),
        people=seen(people, services.vault, source.tenant, source.kind),
        messages=tuple(messages_of(translation, services.vault, source.tenant)),
        note=notes([translation]),
    )
