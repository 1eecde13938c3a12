"""The quickstart is run as it stands: block by block, in an empty folder, against the server that it starts."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from milepost.clock import SystemClock
from milepost.runtimes.local.ports import free_port
from milepost_schemas.instants import SECOND
from tests.repository.tracked import ROOT

PAGE = ROOT / "docs" / "quickstart.md"
LIMIT_SECONDS = 60.0
SERVE = "milepost serve\n"

pytestmark = pytest.mark.slow


def blocks(port: int) -> list[str]:
    """Return the commands of the page in order, without the installation, for a server at another port."""
    found: list[str] = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [block.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for block in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def environment(port: int) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    return clean | {"PATH": f"{Path(sys.executable).parent}:{clean['PATH']}", "MILEPOST_PORT": str(port)}


@pytest.fixture
def served(folder: Path, port: int, environment: dict[str, str]) -> Iterator[list[str]]:
    """Run what stands before the server, then the server; give what stands after it."""
    every = blocks(port)
    place = every.index(SERVE)
    for block in every[:place]:
        run(block, folder, environment)
    with subprocess.Popen(SERVE.split(), cwd=folder, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/health/ready", "")
            yield every[place + 1 :]
        finally:
            server.terminate()


def run(block: str, folder: Path, environment: dict[str, str]) -> str:
    """Run a block as somebody who pastes it would; return what it prints."""
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert ran.returncode == 0, f"{block}\n{ran.stdout}{ran.stderr}"
    return ran.stdout


def wait_for(address: str, text: str) -> str:
    """Ask until the answer is fine and has the text in it; return it."""
    until = time.monotonic() + LIMIT_SECONDS
    said = "no answer"
    while time.monotonic() < until:
        try:
            answer = httpx.get(address)
            said = answer.text
            if answer.is_success and text in said:
                return said
        except httpx.TransportError as error:
            said = str(error)
        time.sleep(0.2)
    pytest.fail(f"{address} never said {text!r}: {said}")


def wait_for_the_next_second() -> None:
    """Let a second begin: the page says when Ben passed in whole seconds, and that must not lie before his booking."""
    clock = SystemClock()
    begun = clock.now() // SECOND
    while clock.now() // SECOND == begun:
        time.sleep(0.01)


def test_whoever_follows_the_quickstart_sees_an_activity_a_program_and_a_gap(
    served: list[str], folder: Path, port: int, environment: dict[str, str]
) -> None:
    """The lines that the page offers for the activity are the ones that stand in its program."""
    send, publish, enroll, ask, pass_too = served
    at = f"http://127.0.0.1:{port}"

    run(send, folder, environment)
    offered = wait_for(f"{at}/unmatched", "evidence: ").replace("&#34;", '"')
    program = run(f"{publish}\ncat safe-lifting.yaml", folder, environment)
    evidence = re.findall(r"evidence: \{.*\}", program)
    run(enroll, folder, environment)
    wait_for(f"{at}/v1/gaps", "unprepared_for_session")

    assert evidence[0] in offered
    assert "Ben Okafor" in run(ask, folder, environment)
    shown = httpx.get(f"{at}/v1/programs/safe-lifting").json()["learners"]
    assert [row["journey"]["stage"] for row in shown] == ["live", "pre_learning"]

    wait_for_the_next_second()
    run(pass_too, folder, environment)
    wait_for(f"{at}/v1/gaps", '"total":0')
    closed = httpx.get(f"{at}/v1/gaps?view=closed").json()["gaps"]
    assert "unprepared_for_session" in {row["gap"]["gap"] for row in closed}
