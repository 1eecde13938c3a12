"""A whole site of real processes, as `milepost site up` starts it, against the Kafka and the PostgreSQL of the run."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

READY_SECONDS = 120
LIMIT = 60.0


class Site:
    """`milepost site up`, which can be ended and killed, and started again on the same folder."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *options: str) -> None:
        self.folder = folder
        self._options = options
        others = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
        self._environment = {**others, **environment}
        self._process: subprocess.Popen[bytes] | None = None
        self._said = folder.with_suffix(".said")

    def start(self) -> None:
        """Start it, and return when it says that all of it is ready."""
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "milepost", "site", "up", "--data", str(self.folder), "--port", "0",
                 *self._options],
                env=self._environment, stdout=said, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        until(lambda: "Ctrl-C ends it all" in self.said() or self.has_ended(), READY_SECONDS, self.said)
        assert not self.has_ended(), self.said()

    def stop(self) -> int:
        """End it as Ctrl-C does; return its exit code."""
        return self._end(signal.SIGINT)

    def kill(self) -> int:
        """Kill the process that looks after the others."""
        return self._end(signal.SIGKILL)

    def said(self) -> str:
        return self._said.read_text(errors="replace")

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def processes(self) -> Mapping[str, Any]:
        """Return what is written down of each process: pid, address, starts."""
        return {row["name"]: row for row in json.loads((self.folder / "site.json").read_text())}

    def milepost(self, *arguments: str) -> str:
        """Run a command as somebody does who has read the site's file `environment`."""
        text = (self.folder / "environment").read_text()
        known = {name: value.strip("'") for name, value in re.findall(r"^export (\w+)=(.*)$", text, re.MULTILINE)}
        done = subprocess.run(
            [sys.executable, "-m", "milepost", *arguments],
            env={**self._environment, **known}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def send(self, key: str, *facts: Mapping[str, Any]) -> None:
        """Send facts until the gateway accepts them, as every good sender does."""
        headers = {"Authorization": f"Bearer {key}"}

        def is_accepted() -> bool:
            address = self.processes()["gateway"]["address"]
            try:
                answer = httpx.post(f"{address}/v1/facts", json=facts, headers=headers, timeout=30)
            except httpx.TransportError:
                return False
            assert answer.is_success or answer.status_code == 503, answer.text
            return answer.is_success

        until(is_accepted, say=self.said)

    def shows(self, name: str) -> bool:
        """Say whether the pages know a learner of this name."""
        address = self.processes()["console"]["address"]
        try:
            found = httpx.get(f"{address}/v1/learners", params={"q": name}, timeout=10).json()
        except (httpx.HTTPError, ValueError):
            return False
        return any(row["name"] == name for row in found["learners"])

    def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(LIMIT)


@contextmanager
def running(site: Site) -> Iterator[Site]:
    """Start a site, and end it whatever happens."""
    try:
        site.start()
        yield site
    finally:
        if not site.has_ended():
            site.stop()


def until(is_so: Callable[[], bool], seconds: float = LIMIT, say: Callable[[], str] = lambda: "") -> None:
    """Wait for something, and have it come within its time."""
    limit = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < limit, say()
        time.sleep(0.1)
