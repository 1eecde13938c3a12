from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from milepost.clock import ManualClock
from milepost.runtimes.embedded_metrics import EmbeddedMetrics
from milepost.runtimes.worker import Worker
from milepost_schemas.instants import HOUR
from tests.store.builders import NOON


class FakeTracking:
    """Counts what it is asked for."""

    def __init__(self, *, fails: BaseException | None = None) -> None:
        self.took, self.ticked, self.caught_up = Event(), Event(), Event()
        self.fails = fails

    def take(self) -> int:
        self.took.set()
        return 0

    def catch_up(self) -> None:
        self.caught_up.set()

    def tick(self) -> int:
        if self.fails is not None:
            raise self.fails
        self.ticked.set()
        return NOON


def work(tracking: Any, manual: ManualClock | None = None, failed: Callable[[], None] = lambda: None) -> Worker:
    worker = Worker(tracking, EmbeddedMetrics(CollectorRegistry()), Event(), manual=manual, failed=failed)
    worker.start()
    return worker


def test_it_takes_and_ticks_by_itself() -> None:
    tracking = FakeTracking()

    worker = work(tracking)

    assert tracking.took.wait(10)
    assert tracking.ticked.wait(10)
    worker.stop()
    assert not worker.is_alive
    assert worker.error is None


def test_with_a_manual_clock_it_ticks_when_told() -> None:
    tracking, clock = FakeTracking(), ManualClock(NOON)
    worker = work(tracking, clock)

    assert tracking.took.wait(10)
    assert not tracking.ticked.is_set()
    worker.set_clock(NOON + HOUR).result(10)

    assert tracking.caught_up.is_set()
    assert tracking.ticked.is_set()
    assert clock.now() == NOON + HOUR
    worker.stop()


def test_the_clock_does_not_go_back() -> None:
    worker = work(FakeTracking(), ManualClock(NOON))

    with pytest.raises(ValueError, match="cannot go back"):
        worker.set_clock(NOON - 1).result(10)

    worker.stop()


@pytest.mark.parametrize("manual", [False, True])
def test_an_error_that_nobody_decided_stops_it_and_is_told(manual: bool) -> None:
    failed, error = Event(), KeyError("ana@example.org")

    worker = work(FakeTracking(fails=error), ManualClock(NOON) if manual else None, failed.set)
    if manual:
        with pytest.raises(KeyError):
            worker.set_clock(NOON).result(10)

    assert failed.wait(10)
    worker.stop()
    assert worker.error is error
    with pytest.raises(RuntimeError, match="stopped"):
        worker.set_clock(NOON).result(0)
