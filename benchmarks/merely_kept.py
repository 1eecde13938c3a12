"""What the benchmark of `serve` is held against: a server that reads the JSON and commits it, and does nothing more."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

Message = dict[str, Any]


def build_app(file: str) -> Callable[..., Awaitable[None]]:
    """Return an application that keeps every statement that is posted, in a SQLite file, before it answers."""
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE statements (id TEXT PRIMARY KEY, body TEXT NOT NULL)")

    async def app(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        body, more = b"", scope["type"] == "http"
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        rows = [(each["id"], json.dumps(each)) for each in json.loads(body)]
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO statements VALUES (?, ?)", rows)
        database.execute("COMMIT")
        answer = json.dumps([id for id, _ in rows]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": answer})

    return app


class Server(uvicorn.Server):
    """Says where it listens."""

    async def startup(self, sockets: Any = None) -> None:
        """Print the address once it answers."""
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(f"http://127.0.0.1:{port}", flush=True)


def main() -> None:
    """Keep what comes in the file that the command names."""
    config = uvicorn.Config(build_app(sys.argv[1]), port=0, lifespan="off", log_config=None, access_log=False)
    asyncio.run(Server(config).serve())
