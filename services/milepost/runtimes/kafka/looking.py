"""Whether a worker gets anywhere: what it says to those who watch it.

It is looked at in the loop; whoever asks for its health does that from a thread, and is told what was seen last. Faust
makes its parts when they are first asked for: asked from a thread, it would make some of them twice.
"""

import asyncio
from typing import cast

from milepost.runtimes.health import Pulse
from milepost.runtimes.kafka.app import App
from milepost.runtimes.kafka.consumer import Consumer
from milepost.runtimes.kafka.hold import HELD
from milepost.runtimes.kafka.recovery import Recovery, Tables

LOOK_SECONDS = 0.5
STUCK_SECONDS = 60.0

STARTING = "starting"
REBALANCING = "partitions are being given out"


class Looking:
    """Looks at a worker again and again."""

    def __init__(self, app: App) -> None:
        """Nothing has been seen yet."""
        self._app = app
        self._turning = Pulse("the loop of the worker")
        self._moving = Pulse("what is committed", limit=STUCK_SECONDS)
        self._where: object = None
        self._waiting_for: str | None = STARTING

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self._turning.beat()
            self._look()
            await asyncio.sleep(LOOK_SECONDS)

    def problem(self) -> str | None:
        """Say what stands still though there is something to do, or None."""
        return self._turning.problem() or self._moving.problem()

    def not_ready(self) -> str | None:
        """Say why no message is taken in, or None."""
        return self._waiting_for or self.problem()

    def _look(self) -> None:
        app = self._app
        parts = _parts(app)
        if parts is None:
            self._moving.beat()
            self._waiting_for = HELD if app.hold.is_on else STARTING
            return
        consumer, recovery = parts
        app.count_records()
        settled = recovery.completed.is_set() and not app.rebalancing and not app.in_recovery
        self._waiting_for = None if settled else STARTING if not recovery.completed.is_set() else REBALANCING
        where = (
            sum(offset or 0 for offset in consumer.committed.values()),
            sum(offset or 0 for offset in recovery.active_offsets.values()),
            app.consumer_generation_id,
        )
        if where != self._where or (settled and not self._is_behind(consumer)):
            self._moving.beat()
        self._where = where

    def _is_behind(self, consumer: Consumer) -> bool:
        return any(pump.is_busy for pump in self._app.pumps.values()) or consumer.lag() > 0


def _parts(app: App) -> tuple[Consumer, Recovery] | None:
    """Return what reads and what recovers, as soon as the app has made them."""
    tables = cast(Tables, app.tables)
    if app._consumer is None or tables._recovery is None or not tables._recovery.started:
        return None
    return cast(Consumer, app.consumer), tables._recovery
