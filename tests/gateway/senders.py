"""What senders send, in the shapes that Moodle, players, Zoom and offices use, and a world to send it to."""

import asyncio
import base64
import json
from typing import Any

import httpx
from starlette.types import ASGIApp

from milepost.clock import ManualClock
from milepost.gateway import build_gateway
from milepost.sources import zoom
from milepost.store import log, sources
from milepost.store.services import Services
from milepost.store.tables.accepted import people, raw_messages
from milepost_schemas.facts import SourceDeclared, SourceHeard
from milepost_schemas.instants import SECOND
from milepost_schemas.messages import AboutActor
from milepost_schemas.submissions import LogMessage
from milepost_schemas.topics import decode_logged

SECRET = "whsec-123"


class Http:
    """An HTTP client of an application in this process."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, **more))

    async def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://milepost.test") as client:
            return await client.request(method, path, **more)


class World:
    """A running gateway: who sends to it, and what has come of it."""

    def __init__(self, services: Services, clock: ManualClock) -> None:
        self.services = services
        self.clock = clock
        self.keys: dict[str, str] = {}
        self.http = Http(build_gateway(services))

    def add(self, source: SourceDeclared) -> None:
        with self.services.database.writing() as connection:
            self.keys[source.source] = sources.add(connection, self.services.vault, source)
            if source.kind == "zoom":
                sources.set_secret(connection, self.services.vault, source.tenant, source.source, SECRET)

    def post(self, source: str, content: Any, *, path: str = "/xapi/statements", **headers: str) -> httpx.Response:
        return self.send("POST", source, content, path=path, **headers)

    def send(self, method: str, source: str, content: Any, *, path: str, **headers: str) -> httpx.Response:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        told = {"Authorization": basic(source, self.keys[source]), "Content-Type": "application/json"}
        told |= {"X-Experience-API-Version": "1.0.3"} if path.lower().startswith("/xapi") else {}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, path, content=body, headers=told)

    def get(self, source: str, path: str) -> httpx.Response:
        return self.send("GET", source, b"", path=path)

    def post_facts(self, content: Any, *, source: str = "office") -> httpx.Response:
        return self.post(source, content, path="/v1/facts")

    def zoom(self, message: Any, *, secret: str = SECRET, sent_at: int | None = None) -> httpx.Response:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        timestamp = str((self.clock.now() if sent_at is None else sent_at) // SECOND)
        headers = {"x-zm-request-timestamp": timestamp, "x-zm-signature": zoom.signature(secret, timestamp, body)}
        return self.http.request("POST", "/webhooks/zoom/zoom-emea", content=body, headers=headers)

    def logged(self) -> list[LogMessage]:
        """Return what came into the log from senders, in order."""
        with self.services.database.reading() as connection:
            every = [decode_logged(entry.body) for entry in log.read(connection, 0, limit=10_000)]
        return [message for message in every if not isinstance(message, SourceHeard | SourceDeclared)]

    def facts(self) -> list[Any]:
        return [message.fact for message in self.logged() if isinstance(message, AboutActor)]

    def people(self) -> dict[str, str]:
        with self.services.database.reading() as connection:
            return {row.identifier: row.label for row in connection.execute(people.select())}

    def requests(self) -> list[tuple[str, str | None]]:
        """Return outcome and reason of each request that was kept, as `source tail` shows them."""
        with self.services.database.reading() as connection:
            rows = connection.execute(raw_messages.select().order_by(raw_messages.c.number))
            return [(row.outcome, row.reason) for row in rows]


def basic(user: str, key: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()


def declared(name: str, kind: str, at: int) -> SourceDeclared:
    return SourceDeclared(
        tenant="default",
        fact_id=f"declared:{name}",
        source=name,
        occurred_at=at,
        recorded_at=at,
        received_at=at,
        kind=kind,
    )


def statement(verb: str = "http://adlnet.gov/expapi/verbs/completed", **more: Any) -> dict[str, Any]:
    return {
        "actor": {"mbox": "mailto:ana@example.net", "name": "Ana Alvarez"},
        "verb": {"id": verb, "display": {"en": "did"}},
        "object": {"id": "https://content.example.net/lockout/1"},
        "timestamp": "2026-09-07T09:00:00Z",
        **more,
    }


def moodle_statement(
    verb: str, activity: str, *, event: str = "", parents: tuple[str, ...] = (), kind: str = "", **more: Any
) -> dict[str, Any]:
    """Return a statement in the shape that Moodle's log store gives it."""
    info = {"event_name": f"\\mod_x\\event\\{event}"} if event else {}
    return {
        "actor": {"account": {"homePage": "https://lms.example.net", "name": "41"}, "name": "Ana Alvarez"},
        "verb": {"id": verb},
        "object": {"id": activity, "objectType": "Activity", **({"definition": {"type": kind}} if kind else {})},
        "context": {
            "platform": "Moodle",
            "registration": "6e1a6a5c-0000-5000-8000-000000000001",
            "contextActivities": {"parent": [{"id": parent} for parent in parents]},
            "extensions": {"http://lrs.learninglocker.net/define/extensions/info": info},
        },
        "timestamp": "2026-09-07T09:00:00Z",
        **more,
    }


def zoom_message(event: str, *, participant: dict[str, Any] | None = None, **meeting: Any) -> dict[str, Any]:
    """Return a webhook in the shape that Zoom sends it."""
    found: dict[str, Any] = {
        "id": "81234567890",
        "uuid": "qFz3/AAA==",
        "host_id": "host-1",
        "start_time": "2026-09-01T08:00:00Z",
        "duration": 60,
        **meeting,
    }
    if participant is not None:
        found["participant"] = participant
    return {"event": event, "event_ts": 1788774000000, "payload": {"account_id": "acc-1", "object": found}}
