"""The routes of the gateway, and an application of them alone."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from milepost.bodies import Room
from milepost.gateway import description, documents, objects
from milepost.gateway.documents import Documents
from milepost.gateway.facts import facts_endpoint
from milepost.gateway.objects import Activities, give_person
from milepost.gateway.origins import open_to
from milepost.gateway.rates import Rates
from milepost.gateway.refusing import Refused
from milepost.gateway.replies import JsonLine, json_refusal
from milepost.gateway.webhooks import zoom_webhook
from milepost.gateway.xapi import Endpoint, about, nothing, resource, statement_resource
from milepost.sources.xapi.documents import KINDS
from milepost.store.services import Services
from milepost.store.tenants import DEFAULT

EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
"""The endpoints decide which they answer: another is refused in their own words, and never asked of the pages."""


def gateway_routes(services: Services, *, tenant: str = DEFAULT) -> list[BaseRoute]:
    """Return what the gateway answers; webhooks that name no tenant are those of one."""
    rates = Rates(services.clock, services.settings.statements_a_minute)
    room = Room()
    resources = _resources(services, rates, room)
    return [
        *(
            Route(root + path, open_to(services.settings.xapi_origins, Answering(endpoint)), methods=EVERY_METHOD)
            for root in ("/xapi", "/xAPI")
            for path, endpoint in resources
        ),
        *(
            Route(path, Answering(only("POST", zoom_webhook(services, rates, room, tenant))), methods=EVERY_METHOD)
            for path in ("/webhooks/zoom/{source}", "/webhooks/zoom/{tenant}/{source}")
        ),
        Route("/v1/facts", Answering(only("POST", facts_endpoint(services, rates))), methods=EVERY_METHOD),
        Route("/v1/facts/openapi.json", Answering(only("GET", _openapi)), methods=EVERY_METHOD),
    ]


def _resources(services: Services, rates: Rates, room: Room) -> list[tuple[str, Endpoint]]:
    """Return the resources of xAPI by their paths, each also with a slash, as drivers in published content write it."""
    of_documents: dict[str, Endpoint] = {
        path: resource(services, room, path, methods=documents.METHODS, answer=Documents(services, rates, path).answer)
        for path in KINDS
    }
    found = {
        "statements": statement_resource(services, rates, room),
        "about": about,
        "agents": resource(services, room, "agents", methods=objects.METHODS, answer=give_person),
        "activities": resource(
            services, room, "activities", methods=objects.METHODS, answer=Activities(services).answer
        ),
        **of_documents,
    }
    return [
        *((f"/{path}{slash}", endpoint) for path, endpoint in found.items() for slash in ("", "/")),
        ("/{rest:path}", nothing),
    ]


def build_gateway(services: Services, *, watched: Iterable[BaseRoute] = ()) -> ASGIApp:
    """Return an application that is the gateway alone, with the routes of those who watch it.

    It has no middleware: what Starlette wraps around every request is an eighth of what a small one costs.
    """
    return Router([*gateway_routes(services), *watched])


def only(method: str, endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that is asked by one method, GET by HEAD too, and says so to any other."""
    allowed = ("GET", "HEAD") if method == "GET" else (method,)
    refused = Refused("not_allowed", f"This is asked by {method} alone.")

    async def answer(request: Request) -> Response:
        if request.method in allowed:
            return await endpoint(request)
        response = json_refusal(refused)
        response.headers["Allow"] = ", ".join(allowed)
        return response

    return answer


class Answering:
    """An endpoint as an application, called for each request without anything in between."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Answer by this endpoint, which decides about everything that can go wrong."""
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._endpoint(Request(scope, receive))
        await response(scope, receive, send)


async def _openapi(request: Request) -> Response:
    del request
    return JsonLine(description.describe())
