"""The routes of the gateway, and an application of them alone."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from milepost.gateway import description
from milepost.gateway.facts import facts_endpoint
from milepost.gateway.webhooks import zoom_webhook
from milepost.gateway.xapi import about, elsewhere, statement_resource
from milepost.store.services import Services

EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
"""xAPI answers a method that it does not know with its own headers, so the endpoints decide."""


def gateway_routes(services: Services) -> list[BaseRoute]:
    """Return what the gateway answers."""
    statements = statement_resource(services)
    return [
        *(
            Route(root + path, endpoint, methods=EVERY_METHOD)
            for root in ("/xapi", "/xAPI")
            for path, endpoint in (("/statements", statements), ("/about", about), ("/{rest:path}", elsewhere))
        ),
        Route("/webhooks/zoom/{source}", zoom_webhook(services), methods=["POST"]),
        Route("/v1/facts", facts_endpoint(services), methods=["POST"]),
        Route("/v1/facts/openapi.json", _openapi, methods=["GET"]),
    ]


def build_gateway(services: Services) -> Starlette:
    """Return an application that is the gateway alone."""
    return Starlette(routes=gateway_routes(services))


async def _openapi(request: Request) -> Response:
    del request
    return JSONResponse(description.describe())
