"""Asking the application of one process without a server."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from milepost.settings import Settings

AT = "2026-09-07T06:00:00Z"


LATER = "2026-09-07T07:00:00Z"


class Asking:
    """Asks an application without a server."""

    def __init__(self, app: ASGIApp) -> None:
        self._transport = httpx.ASGITransport(app)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self._ask("GET", path, **more)

    def put(self, path: str, **more: Any) -> httpx.Response:
        return self._ask("PUT", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self._ask("POST", path, **more)

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())


def settings(folder: Path, **more: object) -> Settings:
    return Settings(**{"database": str(folder / "milepost.db"), "clock": "manual", "clock_at": AT, **more})  # type: ignore[arg-type]


def statement(name: str = "Ana Ruiz") -> dict[str, object]:
    return {
        "actor": {"mbox": "mailto:ana@example.org", "name": name},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://lms.example.com/mod/1"},
    }
