"""How a worker takes partitions over: reads their records from the changelogs, then seeks, then lets messages through.

What stock Faust loses here:

- It resumes the source partitions *before* it seeks to their committed offsets, and clears what was already fetched
  *after* that: the messages in between are gone, and the jump over them is committed.
- A rebalance that begins while records are read ends the wait with an exception that is swallowed, as does a request
  that takes too long: half a table is then taken for the whole one. Here every step is followed by the question
  whether the partitions are still ours, and a time-out ends the process.
- An error of a store is a warning, and the record is missing. Here it ends the process.
- When an assignment was skipped because the next one had come already, the offset up to which a table was read is
  kept, though its partition was dropped in between: it comes back empty and stays so. Here what goes or comes is read
  from the beginning.
- A message of an earlier recovery that waited for room in the queue is taken for one of the present, and all before it
  count as read. Here each message says of which generation it is.
"""

import asyncio
from collections.abc import Awaitable
from time import monotonic
from typing import Any, NoReturn, cast

from aiokafka.errors import IllegalStateError
from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, ServiceStopped
from faust.tables.recovery import Recovery as StockRecovery
from faust.types import TP
from mode import Service
from mode.services import WaitArgT
from mode.utils.times import Seconds

from milepost.runtimes.kafka.bundle import Bundle
from milepost.runtimes.kafka.ending import End
from milepost.runtimes.kafka.producer import Letter
from milepost.runtimes.kafka.store import store_of


class Recovery(StockRecovery):
    """Recovers the tables after each assignment."""

    app: Any
    """The app of this package; Faust's own type knows nothing of its parts."""

    def __post_init__(self) -> None:
        """Hold no partition yet."""
        self._revoked = False

    def on_partitions_revoked(self, revoked: set[TP]) -> None:  # noqa: ARG002 - all are, each time
        """Note that whatever is being recovered is no longer ours."""
        self._revoked = True

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Begin again with what is assigned now; what goes or comes is read from the beginning."""
        for tp in (*revoked, *newly_assigned):
            self.revoke(tp)
        if generation_id == self.app.consumer_generation_id:
            self._revoked = False
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    @Service.task
    async def _restart_recovery(self) -> None:
        while not self.should_stop:
            if await self.wait_for_stopped(self.signal_recovery_start.wait()):
                return
            self.signal_recovery_start.clear()
            try:
                await self._recover(self._generation_id)
            except RebalanceAgain:
                self.log.info("recovery_begins_again")
            except IllegalStateError:
                # A partition is no longer assigned: the next assignment is on its way.
                self.log.info("recovery_begins_again")
            except ServiceStopped:
                return
            except Exception as error:
                self._end("recovery failed", error)

    async def _recover(self, generation: int) -> None:
        begun = monotonic()
        consumer, actives = self.app.consumer, frozenset(self.active_tps)
        self._set_recovery_started()
        await self._wait_for(self.app.require_free())
        await self._wait_for(self.app.producer.flush())
        await self._wait_for(self._build_highwaters(consumer, self.active_tps, self.active_highwaters, "active"))
        await self._wait_for(self._build_offsets(consumer, self.active_tps, self.active_offsets, "active"))
        await self._wait_for(consumer.seek_wait({tp: self.active_offsets[tp] + 1 for tp in actives}))
        self._require(generation)
        if self.need_recovery():
            await self._read_changelogs(generation)
        await self._wait(self.on_recovery_completed(generation))
        self.app.counts.recovered(monotonic() - begun)

    async def _read_changelogs(self, generation: int) -> None:
        consumer, actives = self.app.consumer, frozenset(self.active_tps)
        self.signal_recovery_end.clear()
        self.app.flow_control.resume()
        consumer.resume_partitions(actives)
        consumer.resume_flow()
        await self.app._fetcher.maybe_start()
        await self._wait(self.signal_recovery_end.wait())
        self._require(generation)
        consumer.pause_partitions(actives)

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """Seek while the sources are still paused, hand the records over, and only then let messages through."""
        consumer = self.app.consumer
        sources = {tp for tp in consumer.assignment() if not self._is_changelog_tp(tp)}
        await self.app.on_rebalance_complete.send()
        await self._write_hidden_again()
        self._require(generation_id)
        first = await self._seek(sources)
        self._require(generation_id)
        await self.app.hand_over(first)
        self._require(generation_id)
        self._set_recovery_ended()
        self.completed.set()
        self.app.flow_control.resume()
        consumer.resume_partitions(sources)
        consumer.resume_flow()
        await self.app._fetcher.maybe_start()
        self.tables.on_actives_ready()
        self.tables.on_standbys_ready()
        self.app.on_rebalance_end()

    async def _seek(self, sources: set[TP]) -> dict[TP, int]:
        """Stand in each source at what is not acknowledged yet; return these offsets.

        A partition of which nothing was ever committed is no exception: the client would leave it where it is.
        """
        if not sources:
            return {}
        consumer = self.app.consumer
        await self._within(consumer.fetched(sources))
        await self._within(consumer.perform_seek())
        earliest = await self._within(consumer.earliest_offsets(*sources))
        first = {tp: max(consumer.committed[tp] or 0, earliest[tp]) for tp in sources}
        await self._within(consumer.seek_wait(first))
        return first

    async def _write_hidden_again(self) -> None:
        """Write each record behind which a stale one lies once more, behind that one."""
        letters = [
            Letter(table.changelog_topic.get_topic_name(), partition, key, store_of(table).partitions[partition][key])
            for table in self.tables.values()
            for partition, keys in store_of(table).hidden.items()
            for key in sorted(keys)
        ]
        if letters:
            self.log.info("stale_records_overwritten: %d", len(letters))
            await self.app.producer.send_all(letters)
        for table in self.tables.values():
            store_of(table).hidden.clear()

    @Service.task
    async def _slurp_changelogs(self) -> None:
        queue = self.tables.changelog_queue
        while not self.should_stop:
            event = await queue.get()
            try:
                self._apply(cast(Bundle, event.message))
            except Exception as error:
                self._end("a record cannot be kept", error)
            if self.in_recovery and not self.need_recovery():
                self.signal_recovery_end.set()
            await asyncio.sleep(0)

    def _apply(self, bundle: Bundle) -> None:
        tp = bundle.tp
        if bundle.generation_id != self.app.consumer_generation_id or tp not in self.active_tps:
            return
        store, seen = store_of(self.tp_to_table[tp]), self.active_offsets.get(tp)
        for record in bundle.records:
            if seen is None or record.offset > seen:
                store.apply(tp.partition, record.key, record.value)
        self.active_offsets[tp] = bundle.offset if seen is None else max(seen, bundle.offset)

    def flush_buffers(self) -> None:
        """Do nothing: what is read is applied at once."""

    def _require(self, generation: int) -> None:
        """Raise RebalanceAgain unless the partitions are still those that recovery began with."""
        if self._revoked or self.signal_recovery_start.is_set() or self.app.consumer_generation_id != generation:
            raise RebalanceAgain

    async def _wait(self, coro: WaitArgT, timeout: Seconds | None = None) -> None:
        """Wait for something, until another rebalance or the end; running out of time ends the process."""
        again = asyncio.ensure_future(self.signal_recovery_start.wait())
        found = await self.wait_first(coro, again, timeout=cast(Seconds, timeout))
        if self.should_stop:
            raise ServiceStopped
        if not found.done:
            self._end("a request of recovery took too long")
        if again in found.done:
            raise RebalanceAgain

    async def _wait_for(self, coro: Awaitable[Any]) -> None:
        await self._wait(coro, timeout=self.app.conf.broker_request_timeout)

    async def _within(self, coro: Awaitable[Any]) -> Any:
        """Return the answer, or end the process where it does not come in time."""
        try:
            async with asyncio.timeout(self.app.conf.broker_request_timeout):
                return await coro
        except TimeoutError as error:
            self._end("a request of recovery took too long", error)

    def _end(self, reason: str, error: BaseException | None = None) -> NoReturn:
        end: End = self.app.end
        end(reason, error)

    @Service.task
    async def _publish_stats(self) -> None:
        """Say nothing: the metrics do."""


class Tables(TableManager):
    """The table manager of stock Faust, with this recovery."""

    _recovery: Recovery | None = None

    async def on_start(self) -> None:
        """Begin at once: all tables are declared before the app starts, and stock Faust waits a second for more."""
        await self._update_channels()
        await self.recovery.start()

    @property
    def recovery(self) -> Recovery:
        """What recovers the tables."""
        if self._recovery is None:
            self._recovery = Recovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
