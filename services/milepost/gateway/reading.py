"""GET of the Statement resource: one statement by its id, or those that meet some filters (Comm 2.1.3)."""

import json
from collections.abc import Callable
from email.utils import format_datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from milepost.gateway.queries import FILTERS, address_after, read_flag, read_query
from milepost.gateway.refusing import Refused, store_unavailable
from milepost.gateway.requests import JSON, require_known_parameters
from milepost.sources.xapi import is_uuid, moment
from milepost.sources.xapi.canonical import in_one_language, preferred_languages
from milepost.sources.xapi.identifying import identified
from milepost.store import querying, statements
from milepost.store.services import Services
from milepost.store.sources import Source

BY_ID = ("statementId", "voidedStatementId")
FORMATS = ("exact", "ids", "canonical")

T = TypeVar("T")

Written = Callable[[str], str]
"""Gives a kept statement, as JSON, in the format that was asked for."""


async def give_back(services: Services, source: Source, request: Request) -> Response:
    """Return what a source asks for of what it has sent itself; those of others are not its business."""
    parameters = request.query_params
    asked = [name for name in BY_ID if name in parameters]
    require_known_parameters(request, {*BY_ID, "attachments", "format"} if asked else FILTERS)
    if len(asked) > 1:
        raise Refused("bad_request", "Ask by statementId or by voidedStatementId, not by both (Comm 2.1.3).")
    written = _format(parameters, request.headers.get("accept-language", ""))
    if asked:
        return await _one(services, source, asked[0], parameters[asked[0]], written)
    return await _several(services, source, request, written)


async def _one(services: Services, source: Source, name: str, statement_id: str, written: Written) -> Response:
    if not is_uuid(statement_id):
        raise Refused("bad_request", f"{name} must be a UUID (Comm 2.1.3).")
    find = statements.find if name == "statementId" else statements.find_voided
    body = await _read(services, lambda connection: find(connection, source.tenant, source.name, statement_id))
    if body is None:
        raise Refused("not_found", "There is no such statement of this source.")
    return Response(written(body), media_type=JSON, headers={"Last-Modified": _stored(body)})


async def _several(services: Services, source: Source, request: Request, written: Written) -> Response:
    query = read_query(request.query_params, source)
    page = await _read(services, lambda connection: querying.find_page(connection, query))
    found = ",".join(map(written, page.bodies))
    more = address_after(request.url.path, dict(request.query_params), page.last)
    newest = page.bodies[-1 if query.ascending else 0] if page.bodies else None
    headers = {} if newest is None else {"Last-Modified": _stored(newest)}
    return Response(f'{{"statements":[{found}],"more":{json.dumps(more)}}}', media_type=JSON, headers=headers)


async def _read(services: Services, find: Callable[[Connection], T]) -> T:
    def read() -> T:
        with services.database.reading() as connection:
            return find(connection)

    try:
        return await run_in_threadpool(read)
    except Exception as error:
        raise store_unavailable() from error


def _format(parameters: QueryParams, accepted_languages: str) -> Written:
    if read_flag(parameters, "attachments"):
        raise Refused("not_served", "Attachments are not kept, so attachments can only be false.")
    match parameters.get("format", "exact"):
        case "exact":
            return _as_kept
        case "ids":
            return _as_ids
        case "canonical":
            return _as_canonical(accepted_languages)
        case _:
            raise Refused("bad_request", f"format must be one of {', '.join(FORMATS)} (Comm 2.1.3).")


def _as_kept(body: str) -> str:
    return body


def _as_ids(body: str) -> str:
    return _encode(identified(_decode(body)))


def _as_canonical(accepted_languages: str) -> Written:
    preferred = preferred_languages(accepted_languages)
    return lambda body: _encode(in_one_language(_decode(body), preferred))


def _stored(body: str) -> str:
    """Return when a statement was stored, as a header says it."""
    at = moment(_decode(body)["stored"])
    return "" if at is None else format_datetime(at, usegmt=True)


def _encode(statement: dict[str, Any]) -> str:
    return json.dumps(statement, ensure_ascii=False, separators=(",", ":"))


def _decode(body: str) -> dict[str, Any]:
    return msgspec.json.decode(body, type=dict[str, Any])
