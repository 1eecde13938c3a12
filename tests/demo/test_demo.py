"""The demo as people start it: real processes, real HTTP, and nothing of it left when it ends."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.services.waiting import is_alive

DEMO = "import sys; from milepost.cli import main; sys.exit(main())"
SMALL = ("--days", "14", "--learners", "7", "--port", "0")
PATIENCE = 240

pytestmark = pytest.mark.slow


class Played:
    """A demo that runs, and what it has printed so far."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._printed = folder / "printed.txt"
        with self._printed.open("w") as printed:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "-c", DEMO, "demo", *options],
                cwd=folder,
                stdout=printed,
                stderr=subprocess.STDOUT,
            )

    @property
    def printed(self) -> str:
        return self._printed.read_text()

    def wait_for(self, pattern: str) -> str:
        """Return what the pattern finds in what is printed."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            if found := re.search(pattern, self.printed):
                return found.group(found.lastindex or 0)
            time.sleep(0.2)
        raise AssertionError(f"{pattern!r} was not printed:\n{self.printed}")

    def processes(self) -> set[int]:
        """Return the demo's process and all below it."""
        listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        parents = [tuple(map(int, line.split())) for line in listed.splitlines()]
        found = {self.process.pid}
        while more := {pid for pid, parent in parents if parent in found} - found:
            found |= more
        return found

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def played(folder: Path, *options: str) -> Iterator[Played]:
    demo = Played(folder, *options)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.end(signal.SIGTERM)


def counts_of(printed: str) -> dict[str, list[int]]:
    lines = re.findall(r"^([a-z_]+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)$", printed, re.MULTILINE)
    return {gap: [int(number) for number in numbers] for gap, *numbers in lines}


def test_the_demo_fills_the_pages_and_ends_without_leaving_a_process(tmp_path: Path) -> None:
    with played(tmp_path, *SMALL, "--speed", "60") as demo:
        address = demo.wait_for(r"open (http://127\.0\.0\.1:\d+)")
        demo.wait_for("Ctrl-C ends it")
        began = httpx.get(f"{address}/test/clock").json()["at"]
        learners = httpx.get(f"{address}/v1/learners").json()
        page = httpx.get(address, follow_redirects=True).text
        time.sleep(1)
        went_on = httpx.get(f"{address}/test/clock").json()["at"]
        processes = demo.processes()
        code = demo.end()

    assert code == 0, demo.printed
    assert learners["total"] >= 21
    assert "demo time" in page
    assert went_on > began
    assert len(processes) >= 5  # the director, the server, three senders
    assert not [pid for pid in processes if is_alive(pid)]
    assert len(counts_of(demo.printed)) >= 5, demo.printed
    assert "NO REASON IS KNOWN" not in demo.printed
    assert "not taken" not in demo.printed
    assert not list(tmp_path.glob("var"))


def test_a_kept_demo_goes_on_where_it_stopped(tmp_path: Path) -> None:
    options = ("--keep", "--days", "10", "--learners", "4", "--port", "0", "--speed", "30")
    with played(tmp_path, *options) as demo:
        demo.wait_for("Ctrl-C ends it")
        assert demo.end() == 0, demo.printed
    first = demo.printed

    with played(tmp_path, *options) as demo:
        demo.wait_for("It goes on where it stopped")
        address = demo.wait_for(r"open (http://127\.0\.0\.1:\d+)")
        demo.wait_for("Ctrl-C ends it")
        learners = httpx.get(f"{address}/v1/learners").json()["total"]
        assert demo.end() == 0, demo.printed

    assert learners == 12
    for gap, (opened, *_) in counts_of(first).items():
        assert counts_of(demo.printed)[gap][0] >= opened
    assert "NO REASON IS KNOWN" not in demo.printed


def test_a_port_that_is_taken_is_said_so(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with played(tmp_path, "--port", str(port)) as demo:
            assert demo.process.wait(60) == 1

    assert f"port {port} is taken" in demo.printed
