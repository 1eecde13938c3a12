"""Processes that are looked after: here small ones, that do as they are told."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from milepost.runtimes.site.asking import Condition, condition_of
from milepost.runtimes.site.parts import Part
from milepost.runtimes.site.supervising import (
    END_SECONDS,
    FAILING_SECONDS,
    SILENT_SECONDS,
    STEADY_SECONDS,
    Supervised,
    Wish,
    end_in_order,
)
from tests.services.waiting import wait_until

WAITS = "import time, signal; print('here', flush=True); time.sleep(600)"
HEARS = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('ended in order', flush=True)))\n"
    "print('here', flush=True)\n"
    "time.sleep(600)\n"
)

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(600)"
LIMIT = 20.0


class Site:
    """Processes of one test, and what was told of them, on a clock of its own."""

    def __init__(self, logs: Path) -> None:
        self.now = 1000.0
        self.pace = 0.0
        """By how much the clock moves whenever somebody looks at it."""

        self.told: list[str] = []
        self._logs = logs
        self._all: list[Supervised] = []

    def has(self, name: str, script: str, *, ends: int = 1) -> Supervised:
        part = Part(name=name, command=(sys.executable, "-c", script), address="http://127.0.0.1:1", ends=ends)
        one = Supervised(part, logs=self._logs, time=self._time)
        self._all.append(one)
        return one

    def look(self) -> None:
        for each in self._all:
            each.look(lambda name, said: self.told.append(f"{name} {said}"))

    def started(self, name: str, script: str, *, ends: int = 1) -> Supervised:
        """Give a process that has said that it is here."""
        one = self.has(name, script, ends=ends)
        self.look()
        wait_until(lambda: one.log.exists() and "here" in one.log.read_text())
        return one

    def _time(self) -> float:
        self.now += self.pace
        return self.now

    def kill(self) -> None:
        end_in_order(self._all, Wish(ending=True, at_once=True))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.kill()


def pid_of(one: Supervised) -> int:
    assert one.pid is not None
    return one.pid


def test_what_was_killed_is_started_again(site: Site) -> None:
    worker = site.started("worker-1", WAITS)
    first = pid_of(worker)

    os.kill(first, signal.SIGKILL)
    wait_until(lambda: worker.pid is None)
    site.look()
    site.now += 0.4
    site.look()
    too_early = worker.pid
    site.now += 0.2
    site.look()

    assert site.told == ["worker-1 has ended (by SIGKILL); it is started again in 0.5 s"]
    assert too_early is None
    assert pid_of(worker) != first
    assert worker.starts == 2


def test_what_ends_again_and_again_is_given_more_and_more_time_until_it_runs_steadily(site: Site) -> None:
    worker = site.has("worker-1", "raise SystemExit(70)")

    for ran in (1, 1, 1, 1, 1, 1, 1, STEADY_SECONDS + 1):
        site.look()
        wait_until(lambda: worker.pid is None)
        site.now += ran
        site.look()
        site.now += 15

    pauses = [said.split()[-2] for said in site.told]
    assert pauses == ["0.5", "1.0", "2.0", "4.0", "8.0", "15.0", "15.0", "0.5"]
    assert all("exit code 70" in said for said in site.told)


def test_what_says_that_it_does_not_live_is_killed_and_started_again(site: Site) -> None:
    worker = site.started("worker-1", WAITS)
    worker.note(Condition.READY)

    worker.note(Condition.FAILING)
    site.now += FAILING_SECONDS - 1
    site.look()
    spared = worker.pid
    site.now += 2
    worker.note(Condition.FAILING)
    site.look()

    assert spared is not None
    assert worker.pid is None
    assert site.told == ["worker-1 says that it does not live; it is killed"]


def test_what_is_paused_for_a_minute_is_left_alone_and_after_two_it_is_killed(site: Site) -> None:
    worker = site.started("worker-1", WAITS)
    worker.note(Condition.READY)
    os.kill(pid_of(worker), signal.SIGSTOP)

    worker.note(Condition.SILENT)
    site.now += 60
    site.look()
    spared = worker.pid
    site.now += SILENT_SECONDS - 59
    site.look()

    assert spared is not None
    assert worker.pid is None


def test_what_is_not_ready_but_lives_is_left_alone(site: Site) -> None:
    worker = site.started("worker-1", WAITS)

    for _ in range(10):
        worker.note(Condition.NOT_READY)
        site.now += SILENT_SECONDS - 1
        site.look()
    worker.note(Condition.NOT_READY)
    worker.note(Condition.FAILING)
    site.look()

    assert worker.pid is not None


def test_the_gateway_has_ended_before_the_workers_are_asked_to(site: Site, tmp_path: Path) -> None:
    said = tmp_path / "said"
    script = (
        "import pathlib, signal, sys, time\n"
        "def end(*_):\n"
        "    time.sleep({seconds})\n"
        "    with open({said!r}, 'a') as file: file.write('{name} ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('here', flush=True)\n"
        "time.sleep(600)\n"
    )
    several = [
        site.started("worker", script.format(seconds=0, said=str(said), name="worker"), ends=2),
        site.started("gateway", script.format(seconds=0.5, said=str(said), name="gateway"), ends=1),
    ]

    end_in_order(several, Wish(ending=True))

    assert said.read_text().split() == ["gateway", "worker"]
    assert all(each.pid is None for each in several)


def test_what_does_not_end_is_killed_after_its_time(site: Site) -> None:
    deaf = site.started("deaf", DEAF)
    pid = pid_of(deaf)

    site.pace = END_SECONDS
    deaf.end(Wish(ending=True))

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_is_paused_ends_all_the_same(site: Site) -> None:
    paused = site.started("paused", HEARS)
    os.kill(pid_of(paused), signal.SIGSTOP)

    site.pace = END_SECONDS / 50
    paused.end(Wish(ending=True))

    assert paused.log.read_text().split("\n")[1] == "ended in order"


@pytest.mark.parametrize(
    ("ready", "live", "condition"),
    [
        (True, True, Condition.READY),
        (False, True, Condition.NOT_READY),
        (False, False, Condition.FAILING),
        (False, None, Condition.SILENT),
        (None, None, Condition.SILENT),
        (None, True, Condition.NOT_READY),
    ],
)
def test_a_process_is_what_it_says(ready: bool | None, live: bool | None, condition: Condition) -> None:
    part = Part(name="worker-1", command=(), address="http://here", ends=1)
    answers = {"http://here/health/ready": ready, "http://here/health/live": live}

    assert condition_of(part, answers.__getitem__) is condition
