"""Zoom's webhook: signed, quick to answer, and the same whenever it comes again."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from milepost.bodies import Room
from milepost.gateway.keeping import count_refusal, keep, note_refusal
from milepost.gateway.rates import Rates
from milepost.gateway.refusing import Refused, store_unavailable
from milepost.gateway.replies import JsonLine, json_refusal
from milepost.gateway.requests import MEBIBYTE, read_body, work_on
from milepost.gateway.xapi import Endpoint
from milepost.sources import zoom
from milepost.sources.translation import Receipt
from milepost.store.envelopes import Envelopes, notes
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost.store.vault import SecretUnreadable
from milepost_schemas.instants import HOUR, MINUTE, SECOND
from milepost_schemas.submissions import RawMessage, Submission

ROUTE = "/webhooks/zoom"
MOST_BYTES = MEBIBYTE

OLDEST = 2 * HOUR
"""How old a signed request may be: Zoom tries again for 85 minutes, and the same message changes nothing twice."""

LONGEST_NAME = 200

NEWEST = 5 * MINUTE
"""How far a sender's clock may run ahead."""


def zoom_webhook(services: Services, rates: Rates, room: Room, tenant: str) -> Endpoint:
    """Return the endpoint that Zoom calls, for the sources of the tenant in its path, else of this one."""

    async def receive(request: Request) -> Response:
        name = str(request.path_params["source"])
        body, source = b"", None
        try:
            body = await read_body(request, most=MOST_BYTES, room=room)
            whose = str(request.path_params.get("tenant", tenant))
            source, secrets = await run_in_threadpool(_find, services, whose, name)
            secret = _require_signature(request, body, secrets, now=services.clock.now())
            rates.admit(source)
            return await _take(services, source, secret, body)
        except Refused as refused:
            count_refusal(services, ROUTE, refused, source)
            if source is not None and refused.reason == "bad_content":
                await note_refusal(services, source, RawMessage(route=ROUTE, body=body), refused)
            return json_refusal(refused)

    return receive


def _find(services: Services, tenant: str, name: str) -> tuple[Source, tuple[str, ...]]:
    if not name.isprintable() or len(name) > LONGEST_NAME:
        raise _no_such_source()  # not every database can even be asked for it
    try:
        found = services.senders.find_webhook(tenant, name)
    except SecretUnreadable as error:
        raise Refused("bad_signature", f"{name} cannot be verified: {error}") from error
    except Exception as error:
        raise store_unavailable() from error
    if found is None or found.source.kind != "zoom":
        raise _no_such_source()
    if not found.secrets:
        raise Refused("bad_signature", f"The source {name} has no webhook secret yet, so nothing can be verified.")
    return found.source, found.secrets


def _no_such_source() -> Refused:
    return Refused("not_found", "There is no source of kind zoom with this name.")


def _require_signature(request: Request, body: bytes, secrets: tuple[str, ...], *, now: int) -> str:
    """Return the secret by which it is signed."""
    timestamp = request.headers.get("x-zm-request-timestamp", "")
    signed = request.headers.get("x-zm-signature", "")
    signing = [each for each in secrets if zoom.is_signed(each, timestamp=timestamp, body=body, signed=signed)]
    if not signing:
        raise Refused(
            "bad_signature", "The signature is not that of this body and timestamp under the source's secret."
        )
    sent_at = int(timestamp) * SECOND if timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 13 else -1
    if not now - OLDEST <= sent_at <= now + NEWEST:
        raise Refused("bad_signature", "The timestamp of the request is too far from our clock.")
    return signing[0]


async def _take(services: Services, source: Source, secret: str, body: bytes) -> Response:
    try:
        message = await work_on(body, zoom.read)
    except ValueError as error:
        raise Refused("bad_content", "The body is no JSON.") from error
    answer = zoom.challenge(message, secret)
    if answer is not None:
        return JsonLine(answer)
    if not isinstance(message, dict):
        raise Refused("bad_content", "The body must be an object with event and payload.")
    await keep(
        services,
        ROUTE,
        lambda received_at: _submission(services, source, message, body, received_at),
        octets=len(body),
    )
    return Response(status_code=204)


def _submission(services: Services, source: Source, message: object, body: bytes, received_at: int) -> Submission:
    translation = zoom.translate(message, Receipt(source.tenant, source.name, received_at), devices=source.devices)
    people = [said.person for said in translation.said]
    envelopes = Envelopes(services.vault, source.tenant)
    return Submission(
        tenant=source.tenant,
        source=source.name,
        received_at=received_at,
        raw=RawMessage(route=ROUTE, body=body, content_type="application/json"),
        people=envelopes.seen(people, source.kind),
        messages=tuple(envelopes.messages_of(translation)),
        note=notes([translation]),
    )
