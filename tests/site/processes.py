"""The processes of a site, started as an operator would, ended as nobody would, and started again by a supervisor."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Self

import httpx

START_SECONDS = 60
STOP_SECONDS = 15
WAITS_SECONDS = 120

ANSWERING = ("gateway", "console", "ticker")
"""What is spoken to; the others only answer those who watch them."""


class Part:
    """One process with a name, e.g. worker-2."""

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str], script: Sequence[str] = ()) -> None:
        """Run `milepost`, or a script that does so after it has broken something."""
        self.name = name
        self._script = script
        self.starts = 0
        self._folder = folder
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._address: str | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        kind, _, number = self.name.partition("-")
        environment = {
            **self._environment,
            "MILEPOST_INSTANCE": number or "1",
            "MILEPOST_DATA_DIR": str(self._folder / self.name),
        }
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, *(self._script or ("-m", "milepost")), kind, "--port", "0"],
                cwd=self._folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        self.starts += 1
        Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        """Read the address that a process says, if it comes so far."""
        assert process.stdout is not None
        with process.stdout:
            for said in process.stdout:
                if "http://" in said:
                    self._address = said.split()[-1]

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if there is anybody to take it."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Wait for its end; return the exit code."""
        assert self._process is not None
        self._address = None
        return self._process.wait(seconds)

    def end(self) -> None:
        """End it for good, whatever state it is in."""
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        try:
            self.wait()
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self.wait()

    @property
    def address(self) -> str:
        """Where it listens; waits while there is no such process."""
        until = time.monotonic() + WAITS_SECONDS
        while (address := self._address) is None:
            assert time.monotonic() < until, f"{self.name} does not listen: {self.log.read_text()[-3000:]}"
            time.sleep(0.02)
        return address

    @property
    def log(self) -> Path:
        return self._folder / f"{self.name}.log"

    def is_ready(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.address}/health/ready", timeout=5).is_success
        return False


class Site:
    """All processes of a site on one Kafka and one database, each restarted where it ends by itself."""

    def __init__(
        self, folder: Path, *, kafka: str, prefix: str, database: str, partitions: int = 4, clock_at: str | None = None
    ) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")},
            "MILEPOST_KAFKA": kafka,
            "MILEPOST_TOPIC_PREFIX": prefix,
            "MILEPOST_PARTITIONS": str(partitions),
            "MILEPOST_DATABASE": database,
            "MILEPOST_SESSION_SECONDS": "6",
            "MILEPOST_SERVER_KEY_FILE": str(folder / "milepost.key"),
            **({"MILEPOST_CLOCK": "manual", "MILEPOST_CLOCK_AT": clock_at} if clock_at is not None else {}),
        }
        self.parts: dict[str, Part] = {}
        self.broken_workers: Sequence[str] = ()
        self._left_alone: set[str] = set()
        self._stopping = Event()
        self._turn = Lock()
        self._supervisor = Thread(target=self._supervise, daemon=True)

    def __enter__(self) -> Self:
        self._supervisor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._supervisor.join()
        for part in self.parts.values():
            part.end()

    def milepost(self, *arguments: str, seconds: float = START_SECONDS, code: int = 0) -> str:
        """Run a command of the site, which ends with this code; return what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "milepost", *arguments],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=seconds,
        )  # fmt: skip
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return (done.stdout if code == 0 else done.stderr).strip()

    def start(self, *names: str) -> None:
        """Start these processes, and wait until each is ready."""
        self.start_soon(*names)
        self.wait_until_ready(names)

    def start_soon(self, *names: str) -> None:
        """Start these processes."""
        for name in names:
            script = self.broken_workers if name.startswith("worker") else ()
            part = Part(name, self.folder, self.environment, script)
            with self._turn:
                part.start()
                self.parts[name] = part

    def wait_until_ready(self, names: Sequence[str] | None = None) -> None:
        """Wait until all of these say that they are ready."""
        until = time.monotonic() + WAITS_SECONDS
        for name in names or list(self.parts):
            while not self.parts[name].is_ready():
                assert time.monotonic() < until, f"{name} is not ready: {self.parts[name].log.read_text()[-3000:]}"
                time.sleep(0.1)

    def remove(self, name: str) -> int:
        """End a process as an operator would, for good; return its exit code."""
        with self._turn:
            part = self.parts.pop(name)
        part.send(signal.SIGTERM)
        return part.wait()

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """Stop a process in the middle of whatever it does, and let it go on in the end."""
        part = self.parts[name]
        part.send(signal.SIGSTOP)
        try:
            yield
        finally:
            part.send(signal.SIGCONT)

    @contextmanager
    def left_alone(self, name: str) -> Iterator[None]:
        """Let nobody start this process again until the end."""
        self._left_alone.add(name)
        try:
            yield
        finally:
            self._left_alone.discard(name)

    @property
    def gateway(self) -> str:
        return self.parts["gateway"].address

    def set_clock(self, at: str) -> None:
        """Have the ticker make a round to a moment."""
        answer = httpx.put(f"{self.parts['ticker'].address}/test/clock", json={"at": at}, timeout=WAITS_SECONDS)
        assert answer.is_success, answer.text

    def _supervise(self) -> None:
        while not self._stopping.wait(0.2):
            with self._turn:
                for part in self.parts.values():
                    if not part.is_running and part.name not in self._left_alone:
                        part.wait()
                        part.start()
