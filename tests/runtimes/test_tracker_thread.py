"""The thread of the tracker: it takes in and ticks by itself or as it is told, and an error ends it."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from milepost.clock import ManualClock
from milepost.runtimes.embedded_metrics import EmbeddedMetrics
from milepost.runtimes.tracker_thread import TrackerThread
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


def work(tracking: Any, manual: ManualClock | None = None, failed: Callable[[], None] = lambda: None) -> TrackerThread:
    thread = TrackerThread(tracking, EmbeddedMetrics(CollectorRegistry()), Event(), manual=manual, failed=failed)
    thread.start()
    return thread


def test_it_takes_and_ticks_by_itself() -> None:
    tracking = FakeTracking()

    thread = work(tracking)

    assert tracking.took.wait(10)
    assert tracking.ticked.wait(10)
    thread.stop()
    assert not thread.is_alive
    assert thread.error is None


def test_with_a_manual_clock_it_ticks_when_told() -> None:
    tracking, clock = FakeTracking(), ManualClock(NOON)
    thread = work(tracking, clock)

    assert tracking.took.wait(10)
    assert not tracking.ticked.is_set()
    thread.set_clock(NOON + HOUR).result(10)

    assert tracking.caught_up.is_set()
    assert tracking.ticked.is_set()
    assert clock.now() == NOON + HOUR
    thread.stop()


def test_the_clock_does_not_go_back() -> None:
    thread = work(FakeTracking(), ManualClock(NOON))

    with pytest.raises(ValueError, match="cannot go back"):
        thread.set_clock(NOON - 1).result(10)

    thread.stop()


@pytest.mark.parametrize("manual", [False, True])
def test_an_error_that_nobody_decided_stops_it_and_is_told(manual: bool) -> None:
    failed, error = Event(), KeyError("ana@example.org")

    thread = work(FakeTracking(fails=error), ManualClock(NOON) if manual else None, failed.set)
    if manual:
        with pytest.raises(KeyError):
            thread.set_clock(NOON).result(10)

    assert failed.wait(10)
    thread.stop()
    assert thread.error is error
    with pytest.raises(RuntimeError, match="stopped"):
        thread.set_clock(NOON).result(0)
