"""An HTTP client of an application in this process, which keeps its cookies."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from starlette.types import ASGIApp


class Http:
    """Asks as somebody at an address would."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        peer: str = "127.0.0.1",
        base_url: str = "http://localhost",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._app = app
        self._peer = peer
        self._base_url = base_url
        self._headers = headers
        self.cookies = httpx.Cookies()

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        with ThreadPoolExecutor(1) as apart:  # a browser under test has a loop of its own in this thread
            return apart.submit(asyncio.run, self._request(method, path, **more)).result()

    async def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, client=(self._peer, 40000))
        async with httpx.AsyncClient(
            transport=transport, base_url=self._base_url, cookies=self.cookies, headers=self._headers
        ) as client:
            response = await client.request(method, path, **more)
            self.cookies = client.cookies
            return response
