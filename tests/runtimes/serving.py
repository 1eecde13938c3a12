"""The real process: `milepost serve` on a database, started, killed and started again; and what senders say to it."""

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Condition
from typing import Any, Self

import httpx

from milepost_schemas.instants import to_text

START_SECONDS = 60


class Served:
    """A process that can be killed at any moment; senders wait while there is none."""

    def __init__(self, folder: Path, *options: str, database: str | None = None) -> None:
        """Run in this folder, on the SQLite file in it unless a database is named."""
        self.folder = folder
        self._database = database
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self._address: str | None = None
        self._changed = Condition()
        self.starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()

    def milepost(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "milepost", *arguments],
            cwd=self.folder, env=self._environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def start(self) -> None:
        with (self.folder / "serve.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "milepost", "serve", "--port", "0", *self._options],
                cwd=self.folder, env=self._environment(), stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("Milepost listens on "), (said, self.log())
        with self._changed:
            self.starts += 1
            self._process, self._address = process, said.split()[-1]
            self._changed.notify_all()

    def run_to_its_end(self, script: str) -> int:
        """Run a script of our own in the folder; return its exit code."""
        with (self.folder / "serve.log").open("a") as log:
            return subprocess.run(
                [sys.executable, script], cwd=self.folder, env=self._environment(), stderr=log, timeout=60, check=False
            ).returncode

    def kill(self) -> None:
        """End the process as a power failure would: without a word."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End the process as an operator would; return its exit code."""
        return self._end(signal.SIGTERM)

    def address(self) -> str:
        """Return where it listens; waits while there is no process."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._address is not None, START_SECONDS)
            assert self._address is not None
            return self._address

    def log(self) -> str:
        return (self.folder / "serve.log").read_text()

    def set_clock(self, at: int) -> None:
        httpx.put(self.address() + "/test/clock", json={"at": to_text(at)}, timeout=60).raise_for_status()

    def _end(self, number: signal.Signals) -> int:
        with self._changed:
            process, self._process, self._address = self._process, None, None
        assert process is not None
        process.send_signal(number)
        code = process.wait(30)
        assert process.stdout is not None
        process.stdout.close()
        return code

    def _environment(self) -> Mapping[str, str]:
        others = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
        return others if self._database is None else {**others, "MILEPOST_DATABASE": self._database}


def xapi(key: str, statements: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a request with statements."""
    headers = {"X-Experience-API-Version": "1.0.3", "Authorization": f"Bearer {key}"}
    return {"method": "POST", "url": "/xapi/statements", "headers": headers, "json": statements}


def facts(key: str, *items: dict[str, Any]) -> dict[str, Any]:
    """Return a request with facts."""
    return {"method": "POST", "url": "/v1/facts", "headers": {"Authorization": f"Bearer {key}"}, "json": list(items)}


def webhook(source: str, secret: str, at: int, body: dict[str, Any]) -> dict[str, Any]:
    """Return a webhook that Zoom would sign."""
    content = json.dumps(body)
    stamp = str(at // 1000)
    signature = hmac.new(secret.encode(), f"v0:{stamp}:{content}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "x-zm-request-timestamp": stamp,
        "x-zm-signature": f"v0={signature}",
        "Content-Type": "application/json",
    }
    return {"method": "POST", "url": f"/webhooks/zoom/{source}", "headers": headers, "content": content}
