"""What a worker says of itself to those who watch it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from milepost.runtimes.kafka.looking import Looking
from tests.runtimes.kafka.scripted import app_of


class Parts:
    """An app of which nothing runs, and what stands around it."""

    def __init__(self, folder: Path) -> None:
        self.app = app_of(folder)
        self.committed = 0
        self.held_back = 0
        completed = asyncio.Event()
        self.recovery: Any = SimpleNamespace(started=True, completed=completed, active_offsets={})
        consumer = SimpleNamespace(lag=lambda: self.held_back)
        self.app._consumer = cast(Any, consumer)
        cast(Any, self.app.tables)._recovery = self.recovery
        self.consumer: Any = consumer
        consumer.committed = {}


def looking_at(folder: Path, change: Callable[[Parts], None]) -> tuple[str | None, str | None]:
    """Return what is wrong with a worker's life and with its readiness."""

    async def look() -> tuple[str | None, str | None]:
        parts = Parts(folder)
        change(parts)
        looking = Looking(parts.app)
        looking._look()
        looking._moving._limit = -1
        before = looking._moving._last
        looking._look()
        moved = looking._moving._last > before
        return (None if moved else "stuck"), looking._waiting_for

    return asyncio.run(look())


def recovered(parts: Parts) -> None:
    parts.recovery.completed.set()


def test_a_worker_that_has_nothing_to_do_is_alive_and_ready(tmp_path: Path) -> None:
    assert looking_at(tmp_path, recovered) == (None, None)


def test_a_worker_whose_messages_wait_while_nothing_is_committed_is_stuck(tmp_path: Path) -> None:
    def waiting(parts: Parts) -> None:
        recovered(parts)
        parts.held_back = 5

    assert looking_at(tmp_path, waiting) == ("stuck", None)


def test_a_worker_is_not_ready_before_its_records_are_recovered(tmp_path: Path) -> None:
    assert looking_at(tmp_path, lambda parts: None)[1] == "starting"


def test_a_worker_is_not_ready_while_partitions_are_given_out(tmp_path: Path) -> None:
    def rebalancing(parts: Parts) -> None:
        recovered(parts)
        parts.app.rebalancing = True

    assert looking_at(tmp_path, rebalancing)[1] == "partitions are being given out"


def test_who_asks_for_the_health_of_a_worker_makes_none_of_its_parts(tmp_path: Path) -> None:
    async def ask() -> tuple[str | None, Any, Any]:
        app = app_of(tmp_path)
        looking = Looking(app)
        looking._look()
        return looking.not_ready(), app._consumer, cast(Any, app.tables)._recovery

    assert asyncio.run(ask()) == ("starting", None, None)
