"""GET of the Statement resource: one statement by its id, or those that meet some filters (Comm 2.1.3)."""

import json
from collections.abc import Callable, Mapping
from email.utils import format_datetime
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

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


class Answer(NamedTuple):
    """How statements are given back: each in its format, and all with or without a place for their files."""

    written: Written
    around: Callable[[str, Mapping[str, str]], Response]


async def give_back(services: Services, source: Source, request: Request) -> Response:
    """Return what a source asks for of what it has sent itself; those of others are not its business."""
    parameters = request.query_params
    asked = [name for name in BY_ID if name in parameters]
    require_known_parameters(request, {*BY_ID, "attachments", "format"} if asked else FILTERS)
    if len(asked) > 1:
        raise Refused("bad_request", "Ask by statementId or by voidedStatementId, not by both (Comm 2.1.3).")
    answer = Answer(
        written=_format(parameters, request.headers.get("accept-language", "")),
        around=_in_parts if read_flag(parameters, "attachments") else _alone,
    )
    if asked:
        return await _one(services, source, asked[0], parameters[asked[0]], answer)
    return await _several(services, source, request, answer)


async def _one(services: Services, source: Source, name: str, statement_id: str, answer: Answer) -> Response:
    if not is_uuid(statement_id):
        raise Refused("bad_request", f"{name} must be a UUID (Comm 2.1.3).")
    find = statements.find if name == "statementId" else statements.find_voided

    def write(body: str | None) -> Response:
        if body is None:
            raise Refused("not_found", "There is no such statement of this source.")
        return answer.around(answer.written(body), {"Last-Modified": _stored(body)})

    return await _read(services, lambda connection: find(connection, source.tenant, source.name, statement_id), write)


async def _several(services: Services, source: Source, request: Request, answer: Answer) -> Response:
    query = read_query(request.query_params, source)

    def write(page: querying.Page) -> Response:
        found = ",".join(map(answer.written, page.bodies))
        more = address_after(request.url.path, dict(request.query_params), page.last)
        newest = page.bodies[-1 if query.ascending else 0] if page.bodies else None
        headers = {} if newest is None else {"Last-Modified": _stored(newest)}
        return answer.around(f'{{"statements":[{found}],"more":{json.dumps(more)}}}', headers)

    return await _read(services, lambda connection: querying.find_page(connection, query), write)


async def _read(services: Services, find: Callable[[Connection], T], write: Callable[[T], Response]) -> Response:
    """Find something and write the answer, both apart from the loop: a page may hold some mebibytes."""

    def read() -> Response:
        try:
            with services.database.reading() as connection:
                found = find(connection)
        except Exception as error:
            raise store_unavailable() from error
        return write(found)

    return await run_in_threadpool(read)


def _alone(text: str, headers: Mapping[str, str]) -> Response:
    return Response(text, media_type=JSON, headers=headers)


def _in_parts(text: str, headers: Mapping[str, str]) -> Response:
    """Return statements with the files that came along with them (Comm 1.5.2): there are none, as none is taken."""
    boundary = uuid4().hex
    whole = f"--{boundary}\r\nContent-Type: {JSON}\r\n\r\n{text}\r\n--{boundary}--\r\n"
    return Response(whole, media_type=f"multipart/mixed; boundary={boundary}", headers=headers)


def _format(parameters: QueryParams, accepted_languages: str) -> Written:
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
