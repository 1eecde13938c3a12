"""The processes of the demo: the server and its senders, started apart from the terminal and ended in order."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

import httpx

from milepost.demo.acts import Act, Sender
from milepost.demo.sending import KEY, PAGES, Answer
from milepost_schemas.instants import from_text, to_text

MODULES: Mapping[Sender, str] = {
    "lms": "milepost.demo.lms",
    "zoom": "milepost.demo.zoom",
    "office": "milepost.demo.office",
}
MILEPOST = "import sys; from milepost.cli import main; sys.exit(main())"
PATIENCE_SECONDS = 60
LAST_WORDS_SECONDS = 10


class Failed(Exception):
    """The demo cannot go on; the message says why, and what to do."""


def own_environment(folder: Path) -> dict[str, str]:
    """Return the environment without the settings of another Milepost, and with the demo's own."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    return {**others, "MILEPOST_DATABASE": str(folder / "milepost.db")}


def milepost(environment: Mapping[str, str], *arguments: str, typed: str = "") -> str:
    """Run a command of Milepost as an administrator would, who types this into it; return what it printed."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", MILEPOST, *arguments],
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Failed(f"`milepost {' '.join(arguments[:3])}` failed: {done.stderr.strip()}")
    return done.stdout.strip()


class Server:
    """`milepost serve` on a clock that stands until it is told to move."""

    def __init__(self, folder: Path, port: int) -> None:
        """Start it where its database stopped."""
        self.at = 0
        self.address = f"http://127.0.0.1:{port}"
        self._log_file = folder / "server.log"
        with self._log_file.open("a") as log:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", MILEPOST, "serve", "--port", str(port), "--clock", "manual"],
                env={**own_environment(folder), "MILEPOST_LOG_LEVEL": "warning"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._client = httpx.Client(base_url=self.address, timeout=120)

    def wait_until_ready(self) -> None:
        """Return once it answers; raise Failed where it does not."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            try:
                if self._client.get("/health/ready").is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise Failed(f"the server did not start. Its last words:\n{self.last_words()}")

    def clock(self) -> int:
        """Return demo time."""
        self.at = from_text(self._get("GET", None))
        return self.at

    def set_clock(self, at: int) -> None:
        """Move demo time on; all that was accepted before is processed when this returns."""
        self._get("PUT", to_text(at))
        self.at = at

    def last_words(self) -> str:
        """Return the end of what the server logged."""
        return "\n".join(self._log_file.read_text().splitlines()[-12:]) or "(it said nothing)"

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        self._client.close()
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _get(self, method: str, at: str | None) -> str:
        try:
            response = self._client.request(method, "/test/clock", json=None if at is None else {"at": at})
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise Failed(f"the server does not answer ({error}). Its last words:\n{self.last_words()}") from error
        return str(response.json()["at"])


class SenderProcess:
    """One of the simulated senders."""

    def __init__(self, sender: Sender, address: str, key: str, *, pages: str | None = None) -> None:
        """Start it with its key; the pages are where it sends, unless they are elsewhere."""
        self.sender = sender
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", MODULES[sender], address],
            env={**os.environ, KEY: key, PAGES: pages or address},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def tell(self, now: int, acts: Iterable[Act]) -> None:
        """Say what is to be sent now; `answer` tells what became of it."""
        order = {"now": now, "acts": [{"do": act.do, "said": act.said} for act in acts]}
        try:
            pipe = _pipe(self._process.stdin)
            pipe.write(json.dumps(order) + "\n")
            pipe.flush()
        except BrokenPipeError as error:
            raise Failed(f"the simulated {self.sender} has ended before its time") from error

    def answer(self) -> list[Answer]:
        """Wait until everything is sent; return what became of each."""
        line = _pipe(self._process.stdout).readline()
        if not line:
            raise Failed(f"the simulated {self.sender} has ended before its time")
        return [Answer(**answer) for answer in json.loads(line)]

    def kill(self) -> None:
        """End it in the middle of whatever it says; whoever waits for its answer is told that it has ended."""
        self._process.kill()

    def stop(self) -> None:
        """End it, and wait until it is gone: it ends by itself when nothing more can come."""
        try:
            self._process.communicate(timeout=LAST_WORDS_SECONDS)
        except (subprocess.TimeoutExpired, OSError):
            self._process.kill()
            self._process.wait()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise Failed("a sender has no pipe to the director")
    return pipe
