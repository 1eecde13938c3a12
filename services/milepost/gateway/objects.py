"""The resources /agents and /activities: the whole object that an id stands for (Comm 2.4, 2.5).

Who asks hears what they have said themselves. Who goes by several identifiers, and what others say, is for the pages.
"""

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from milepost.gateway.queries import read_agent, read_iri
from milepost.gateway.refusing import store_unavailable
from milepost.gateway.replies import JsonLine
from milepost.gateway.requests import require_known_parameters
from milepost.sources.xapi import Version
from milepost.sources.xapi.activities import activity_of
from milepost.sources.xapi.actors import person_of
from milepost.sources.xapi.terms import Term
from milepost.store import querying
from milepost.store.querying import Query, Wanted
from milepost.store.services import Services
from milepost.store.sources import Source

METHODS = ("GET", "HEAD")

MOST_STATEMENTS = 100
"""In how many of the last statements about an activity its definition is looked for."""


async def give_person(request: Request, source: Source, version: Version) -> Response:
    """Return the person who goes by an agent, whether or not anything was ever said about them."""
    del source, version
    require_known_parameters(request, ("agent",))
    return JsonLine(person_of(read_agent(request.query_params)))


class Activities:
    """The resource /activities."""

    def __init__(self, services: Services) -> None:
        """Look into this database."""
        self._services = services

    async def answer(self, request: Request, source: Source, version: Version) -> Response:
        """Return an activity with all that statements of the source say of it, or with its id alone."""
        del version
        require_known_parameters(request, ("activityId",))
        id = read_iri(request.query_params, "activityId")
        return JsonLine(await run_in_threadpool(self._find, source, id))

    def _find(self, source: Source, id: str) -> dict[str, Any]:
        query = Query(
            tenant=source.tenant,
            authority=source.name,
            wanted=(Wanted(Term("activity", id), plain=True),),
            limit=MOST_STATEMENTS,
        )
        try:
            with self._services.database.reading() as connection:
                found = querying.find_page(connection, query)
        except Exception as error:
            raise store_unavailable() from error
        about = [msgspec.json.decode(body)["object"] for body in reversed(found.bodies)]
        return activity_of(id, (each["definition"] for each in about if "definition" in each))
