"""A server that is our child ends when it is told to, and when we do."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from milepost.runtimes.local.child import Child
from tests.services.waiting import is_alive, wait_until

STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.1; done"

PARENT = """
import signal, sys
from pathlib import Path
from milepost.runtimes.local.child import Child

child = Child(["/bin/sleep", "1000"], log=Path(sys.argv[1]), end_with=signal.SIGKILL, user=None)
print(child.pid, flush=True)
sys.stdin.read()
"""


def child_of(folder: Path, *command: str) -> Child:
    """Start a command with its log in a folder."""
    return Child(command, log=folder / "log", end_with=signal.SIGKILL, user=None)


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "log")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)

        parent.kill()

        wait_until(lambda: not is_alive(pid), "the child has ended")


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    child = child_of(tmp_path, "/bin/sh", "-c", STUBBORN)
    wait_until(lambda: child.last_words() == "ready", "the child listens to nobody")

    child.stop(signal.SIGTERM, seconds=0.3)

    assert not is_alive(child.pid)


def test_a_child_stands_still_as_soon_as_it_is_paused(tmp_path: Path) -> None:
    child = child_of(tmp_path, "/bin/sh", "-c", "while :; do echo more; done")
    try:
        for _ in range(20):
            child.pause()
            said = (tmp_path / "log").stat().st_size
            assert (tmp_path / "log").stat().st_size == said
            child.send(signal.SIGCONT)
    finally:
        child.kill()


def test_a_paused_child_hears_that_it_shall_end(tmp_path: Path) -> None:
    child = child_of(
        tmp_path, "/bin/sh", "-c", "trap 'echo goodbye; exit' TERM; echo ready; while :; do sleep 0.1; done"
    )
    wait_until(lambda: child.last_words() == "ready", "the child is ready")
    child.pause()

    child.stop(signal.SIGTERM, seconds=20)

    assert child.last_words().endswith("goodbye")


@pytest.mark.parametrize("end", [Child.kill, lambda child: child.stop(signal.SIGTERM, seconds=20)])
def test_what_has_ended_can_be_ended_again(tmp_path: Path, end: Callable[[Child], None]) -> None:
    child = child_of(tmp_path, "/bin/true")
    wait_until(lambda: not child.is_running(), "the child has ended")

    end(child)
    end(child)

    assert not child.is_running()


def test_a_signal_for_one_that_has_ended_reaches_nobody(tmp_path: Path) -> None:
    child = child_of(tmp_path, "/bin/true")
    wait_until(lambda: not child.is_running(), "the child has ended")

    child.send(signal.SIGKILL)

    assert not child.is_running()


def test_the_log_of_one_run_follows_the_log_of_the_one_before(tmp_path: Path) -> None:
    for word in ("first", "second"):
        assert child_of(tmp_path, "/bin/echo", word).wait(30)

    assert (tmp_path / "log").read_text() == "first\nsecond\n"


def test_no_process_stays_when_a_child_was_stopped(tmp_path: Path) -> None:
    others = our_children()
    child = child_of(tmp_path, "/bin/sleep", "1000")
    children = our_children() - others
    assert child.pid in children

    child.stop(signal.SIGTERM, seconds=20)

    assert not our_children() & children


def our_children() -> set[int]:
    """Return the processes that we have started and that are still there, as the system lists them."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(os.getpid())], capture_output=True, check=False, text=True
    ).stdout
    return {int(pid) for pid in listed.split()}
