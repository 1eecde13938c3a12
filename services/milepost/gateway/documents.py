"""The resources of documents: state, activity profiles and agent profiles (Comm 2.3, 2.6, 2.7).

A document is read and written in the database itself, on a site as well, as who changes one must know which state of
it they change. Like a statement it is there for the source that sent it, and for no other.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from email.utils import format_datetime
from functools import cache
from typing import TypeVar

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from milepost.gateway.queries import read_agent, read_instant, read_iri, read_registration
from milepost.gateway.rates import Rates
from milepost.gateway.refusing import Refused, store_unavailable
from milepost.gateway.replies import JsonLine
from milepost.gateway.requests import (
    LONGEST_CONTENT_TYPE,
    MEBIBYTE,
    only_header,
    read_body,
    require_known_parameters,
    require_uncompressed,
    work_on,
)
from milepost.gateway.statements import require_sender
from milepost.sources.xapi import StatementRefused, Version, actor_identifiers
from milepost.sources.xapi.documents import (
    KINDS,
    Conditions,
    Content,
    Obstacle,
    Resource,
    merged,
    obstacle,
    require_sound,
)
from milepost.sources.xapi.formats import is_media_type
from milepost.sources.xapi.terms import agent_term
from milepost.store import documents
from milepost.store.documents import Address, Document, Place
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost_schemas.instants import to_datetime

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")

MOST_BYTES = MEBIBYTE

MOST_IN_A_PLACE = 1000
"""How many documents may lie about one activity and agent, all registrations together."""

LONGEST_NAME = 255

THREADS = 16
"""How many documents are looked for or changed at once. They have threads of their own: while the database hangs, all
of these hang, and who sends or asks anything else still finds one."""

MOST_UNDER_WAY = 250
"""How many of one resource may wait for that; who comes then is asked to come again."""

UNTYPED = "application/octet-stream"

AS_IT_IS = {
    # Somebody's content in our origin, where people are signed in: a browser that shows it runs nothing of it.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    # What content goes on from is never an earlier state, and stays on no shared machine.
    "Cache-Control": "no-store",
}

SENTENCES: Mapping[Obstacle, str] = {
    "precondition_failed": "The document is not in the state that If-Match or If-None-Match asks for, so it stays as "
    "it is: get it again (Comm 3.1).",
    "conflict": "There is such a document already, and it stays as it is: get it, and say by If-Match, with its ETag, "
    "that it is the one to be replaced (Comm 3.1).",
}

T = TypeVar("T")


class Documents:
    """One of the three resources."""

    def __init__(self, services: Services, rates: Rates, resource: Resource) -> None:
        """Serve this resource."""
        self._services = services
        self._rates = rates
        self._resource = resource
        self._kind = KINDS[resource]
        self._under_way = 0

    async def answer(self, request: Request, source: Source, version: Version) -> Response:
        """Return the answer to a request of a source, or raise what it is refused by."""
        self._require_parameters(request)
        address = self._address(request.query_params, source)
        conditions = Conditions(only_header(request, "if-match"), only_header(request, "if-none-match"))
        if request.method in ("GET", "HEAD"):
            if address.name is None:
                return await self._list(address, read_instant(request.query_params, "since"))
            return await self._give(address, conditions)
        require_sender(source)
        self._rates.admit(source)
        if request.method == "DELETE":
            await self._delete(address, conditions)
        else:
            await self._write(request, address, conditions, version)
        self._services.metrics.accepted.labels(f"/xapi/{self._resource}").inc()
        return Response(status_code=204)

    def _require_parameters(self, request: Request) -> None:
        kind = self._kind
        known = {kind.named_by, *kind.about, *kind.may_have}
        require_known_parameters(request, known | {"since"} if request.method in ("GET", "HEAD") else known)
        named = kind.named_by in request.query_params
        if not named and (
            request.method in ("PUT", "POST") or (request.method == "DELETE" and not kind.may_be_deleted_unnamed)
        ):
            raise Refused("bad_request", f"{request.method} needs the query parameter {kind.named_by} (Comm 2.2).")

    def _address(self, parameters: Mapping[str, str], source: Source) -> Address:
        activity = read_iri(parameters, "activityId") if "activityId" in self._kind.about else ""
        agent = read_agent(parameters) if "agent" in self._kind.about else None
        term = None if agent is None else agent_term(agent)
        place = Place(
            tenant=source.tenant,
            source=source.name,
            resource=self._resource,
            activity=activity,
            agent="" if term is None else term.value,
            person=next(iter(actor_identifiers(agent)), None) if agent is not None else None,
        )
        name = parameters.get(self._kind.named_by)
        if name is not None and not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
            raise Refused(
                "bad_request", f"{self._kind.named_by} must be 1 to {LONGEST_NAME} printable characters (Comm 2.2)."
            )
        return Address(place, read_registration(parameters), name)

    async def _list(self, address: Address, since: int | None) -> Response:
        found = await self._read(lambda connection: documents.names(connection, address, since=since))
        changed = {"Last-Modified": _as_header(max(found.values()))} if found else {}
        return JsonLine(list(found), headers={"Cache-Control": "no-store", **changed})

    async def _give(self, address: Address, conditions: Conditions) -> Response:
        found = await self._read(lambda connection: documents.find(connection, address))
        if found is None:
            return Response(status_code=404)  # without a word, which some clients would take for the document
        content, told = found.content, {"ETag": f'"{found.content.tag}"', "Last-Modified": _as_header(found.changed_at)}
        if not conditions._replace(if_none_match=None).hold(content.tag):
            raise _refused("precondition_failed")
        if not conditions.hold(content.tag):
            return Response(status_code=304, headers=told)
        return Response(content.body, headers={"Content-Type": content.type, **told, **AS_IT_IS})

    async def _delete(self, address: Address, conditions: Conditions) -> None:
        def delete(connection: Connection) -> None:
            found = None if address.name is None else documents.find(connection, address)
            _require(conditions, found, must_be_seen=False)
            documents.forget(connection, address)

        await self._change(address.place, delete)

    async def _write(self, request: Request, address: Address, conditions: Conditions, version: Version) -> None:
        content, is_put = await _content(request), request.method == "PUT"

        def write(connection: Connection) -> None:
            found = documents.find(connection, address)
            _require(conditions, found, must_be_seen=is_put and version in self._kind.guarded_in)
            whole = content if is_put or found is None else _merged(found.content, content)
            _require_room(connection, address, whole, is_new=found is None)
            documents.keep(connection, address, whole, at=self._services.clock.now())

        await self._change(address.place, write)

    async def _read(self, find: Callable[[Connection], T]) -> T:
        return await self._apart(self._services.database.reading, find)

    async def _change(self, place: Place, change: Callable[[Connection], None]) -> None:
        """Change documents of a place, where nobody else does meanwhile; a refusal leaves all as it was."""
        await self._apart(lambda: self._services.database.writing_at(place.digest), change)

    async def _apart(
        self, connected: Callable[[], AbstractContextManager[Connection]], work: Callable[[Connection], T]
    ) -> T:
        """Return what the work gives on a connection, in a thread of those for documents."""

        def run() -> T:
            try:
                with connected() as connection:
                    return work(connection)
            except Refused:
                raise
            except Exception as error:
                raise store_unavailable() from error

        if self._under_way >= MOST_UNDER_WAY:
            raise store_unavailable()
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(_threads(), run)
        finally:
            self._under_way -= 1


@cache
def _threads() -> Executor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="milepost-documents")


async def _content(request: Request) -> Content:
    """Return what is sent, of any type; refuse what is posted as JSON and is none."""
    declared = only_header(request, "content-type") or UNTYPED
    if len(declared) > LONGEST_CONTENT_TYPE or is_media_type(declared) is None:
        raise Refused("bad_request", "Content-Type must be a media type, as application/json (Comm 2.2).")
    require_uncompressed(request)
    content = Content(declared, await read_body(request, most=MOST_BYTES))
    if request.method == "POST":
        await work_on(content.body, lambda _: _require_sound(content))
    return content


def _require_sound(content: Content) -> None:
    try:
        require_sound(content)
    except StatementRefused as refused:
        raise Refused("bad_content", str(refused)) from refused


def _merged(kept: Content, posted: Content) -> Content:
    try:
        return merged(kept, posted)
    except StatementRefused as refused:
        raise Refused("bad_content", str(refused)) from refused


def _require(conditions: Conditions, found: Document | None, *, must_be_seen: bool) -> None:
    reason = obstacle(conditions, None if found is None else found.content, must_be_seen=must_be_seen)
    if reason is not None:
        raise _refused(reason)


def _refused(reason: Obstacle) -> Refused:
    return Refused(reason, SENTENCES[reason])


def _require_room(connection: Connection, address: Address, content: Content, *, is_new: bool) -> None:
    if len(content.body) > MOST_BYTES:
        raise Refused("too_large", f"With this the document would have more than {MOST_BYTES} bytes.")
    if is_new and documents.count(connection, address.place) >= MOST_IN_A_PLACE:
        raise Refused("too_large", f"There are {MOST_IN_A_PLACE} such documents already: delete some of them.")


def _as_header(at: int) -> str:
    return format_datetime(to_datetime(at), usegmt=True)
