"""The consumer of a worker: reads what its partitions hold, without a hole.

What stock Faust loses here, and does not say:

- It hands its live set of active partitions to the client in another thread. When recovery empties the set, *empty*
  means *all* to the client: records of paused partitions come, are filtered away, and the jump is committed over. Here
  the client gets a copy, and nothing is asked for while nothing is active.
- A fetch that was under way when the partitions were given out anew brings records of the earlier positions, moves the
  new ones, and throws the records away. Here recovery waits for it before it seeks.
- When a fetch ends while the flow is stopped, it seeks back to the committed offsets at a moment of its own, also
  when recovery has just sought. Here recovery alone seeks.
- While partitions are being taken away, the end of an earlier recovery can start the flow again; the commit of what is
  in hand then waits for a fetch that waits for the rebalance. Here the flow stays stopped until there is a new
  assignment.

Delivering one message costs stock Faust three tasks, an event and a turn of the loop. Here what came together goes
together, in bundles; where nothing can block one, it is delivered at once. And stock Faust commits at intervals: the
ticker, which waits for commits at every stage of a round, would wait for these too. Here what is done is committed at
once.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import aiokafka
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as StockConsumer
from faust.types import TP
from faust.types.tuples import Message, ack_lock
from mode import Service
from mode.types.services import ServiceT
from mode.utils.futures import notify

from milepost.runtimes.kafka.bundle import Bundle, in_turns
from milepost.runtimes.kafka.ending import End

FETCH_SECONDS = 0.2
"""How long one fetch waits; a partition that is asked for again waits for its end."""

IDLE_SECONDS = 0.05
SECONDS_BETWEEN_COMMITS = 0.05

MOST_BYTES_OF_A_FETCH = 1024 * 1024
BROKER_WAIT_MS = 500
"""How long the broker keeps a fetch for which it has nothing."""


class ConsumerThread(AIOKafkaConsumerThread):
    """The client, in a thread of its own."""

    app: Any

    async def on_start(self) -> None:
        """Connect, and let the lease know of every heartbeat that is answered, and of being put out."""
        await super().on_start()
        coordinator, lease = self._ensure_consumer()._coordinator, self.app.lease
        heartbeat, reset = coordinator._do_heartbeat, coordinator.reset_generation

        async def renewing() -> bool:
            asked_at = lease.now()
            is_answered: bool = await heartbeat()
            if is_answered:
                lease.renew(asked_at)
            return is_answered

        def losing() -> None:
            lease.lose()
            reset()

        coordinator._do_heartbeat, coordinator.reset_generation = renewing, losing

    def _create_worker_consumer(self, _: Any) -> aiokafka.AIOKafkaConsumer:
        conf = self.app.conf
        self._assignor = self.app.assignor
        return aiokafka.AIOKafkaConsumer(
            **self.app.client_options,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_interval_ms=int((conf.broker_max_poll_interval or 0) * 1000),
            max_partition_fetch_bytes=MOST_BYTES_OF_A_FETCH,
            fetch_max_wait_ms=BROKER_WAIT_MS,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
        )


class Consumer(StockConsumer):
    """Delivers messages to agents and tables."""

    app: Any

    def __post_init__(self) -> None:
        """Ask for nothing yet."""
        self._asked: frozenset[TP] = frozenset()
        self._answered = asyncio.Event()
        self._between_assignments = False
        self._done = asyncio.Event()

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def committed(self) -> Mapping[TP, int | None]:
        """Up to where what each partition holds is committed."""
        return self._committed_offset

    def lag(self) -> int:
        """Return how many messages of our sources the broker holds, as far as it has told, that are not committed."""
        subscription = self._thread._ensure_consumer()._subscription.subscription
        assignment = None if subscription is None else subscription.assignment
        if assignment is None:
            return 0
        sources = [tp for tp in assignment.tps if not self._is_changelog_tp(tp)]
        return sum(self._lag_of(tp, assignment.state_value(tp)) for tp in sources)

    def _lag_of(self, tp: TP, state: Any) -> int:
        committed = self._committed_offset[TP(*tp)]
        known = state is not None and state.highwater is not None and committed is not None
        return max(0, state.highwater - committed) if known else 0

    async def fetched(self, partitions: Iterable[TP]) -> None:
        """Wait until no fetch is under way that asked for one of these."""
        wanted = frozenset(partitions)
        while self._asked & wanted:
            await self._answered.wait()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Let the flow stand until the next assignment."""
        self._between_assignments = True
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Let the flow be resumed again, by recovery."""
        self._between_assignments = False
        self.app.lease.begin()
        await super().on_partitions_assigned(assigned, generation_id)

    def resume_flow(self) -> None:
        """Let messages through, unless the partitions are just being taken away."""
        if not self._between_assignments:
            super().resume_flow()

    async def _drain_messages(self, fetcher: ServiceT) -> None:
        """Deliver whatever comes, until the end; an error ends the process, so that nobody commits past it."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                await self._deliver_next()
        except asyncio.CancelledError:
            # Faust takes this for a crash if a rebalance is under way; at the end of the app it is none.
            if not self.app.should_stop:
                raise
        except self.consumer_stopped_errors as error:
            if not self.app.should_stop:
                self._end("the client has stopped", error)
        except BaseException as error:
            self._end("messages cannot be delivered", error)

    async def _deliver_next(self) -> None:
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        active = frozenset(self._get_active_partitions())
        if not active or not self.flow_active:
            await asyncio.sleep(IDLE_SECONDS)
            return
        records = await self._ask_for(active)
        if records:
            await self._deliver(records)

    async def _ask_for(self, active: frozenset[TP]) -> Mapping[TP, list[Any]]:
        self._asked = active
        try:
            return await self._thread.getmany(set(active), FETCH_SECONDS) or {}
        finally:
            self._asked = frozenset()
            answered, self._answered = self._answered, asyncio.Event()
            answered.set()

    async def _deliver(self, records: Mapping[TP, Sequence[Any]]) -> None:
        """Deliver all, in the order of each partition, unless they are taken away meanwhile."""
        generation = self.app.consumer_generation_id
        for tp, part in in_turns(records):
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            if tp not in self._active_partitions and tp not in self._buffered_partitions:
                continue  # paused since it was asked for; recovery seeks before it goes on
            unread = self._unread(tp, part)
            if unread:
                await self._commit_if_due()
                await self._deliver_one(Bundle(tp, unread, generation=generation))
            await asyncio.sleep(0)

    def _unread(self, tp: TP, records: Sequence[Any]) -> Sequence[Any]:
        """Return the records that do not lie before where the partition stands."""
        expected = self._read_offset[tp]
        if expected is None or records[0].offset >= expected:
            return records
        return [record for record in records if record.offset >= expected]

    async def _commit_if_due(self) -> None:
        if self._commit_every is not None and self._n_acked >= self._commit_every:
            self._n_acked = 0
            await self.commit()

    async def _deliver_one(self, bundle: Bundle) -> None:
        if self._cannot_block(bundle.tp):
            await self.callback(bundle)
        else:
            await self.wait_first(self.callback(bundle), self.suspend_flow.wait())
        self._read_offset[bundle.tp] = bundle.offset

    def ack(self, message: Message) -> bool:
        """Note all messages of a bundle as done; stock Faust would note one, and commit nothing behind the hole."""
        bundle = cast(Bundle, message)
        with ack_lock:
            if bundle.acked:
                return False
            bundle.acked = True
            self._unacked_messages.discard(bundle)
            if self.app.topics.acks_enabled_for(bundle.topic):
                self._note_done(bundle)
            notify(self._waiting_for_ack)
            self._done.set()
            return True

    @Service.task
    async def _commit_handler(self) -> None:
        """Commit what is done as soon as it is, and what is done meanwhile a moment later."""
        while not await self.wait_for_stopped(self._done.wait()):
            self._done.clear()
            await self.commit()
            if any(self._acked.values()):  # another commit was under way, and began before this was done
                self._done.set()
            await self.sleep(SECONDS_BETWEEN_COMMITS)

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:  # noqa: ARG002
        """Commit what is ours; stock Faust waits first until nothing at all is under way to the broker.

        There is no need: what follows from a message has been acknowledged before it counts as done.
        """
        ours = self.assignment()
        mine = {tp: offset for tp, offset in offsets.items() if tp in ours}
        if not mine or not await self._commit(mine):
            return False
        self._committed_offset.update(mine)
        return True

    @Service.task
    async def _commit_livelock_detector(self) -> None:
        """Say nothing about partitions that stand still: health does, and it is asked."""

    def _note_done(self, bundle: Bundle) -> None:
        """Note what is not committed yet, once."""
        noted, committed = self._acked_index[bundle.tp], self._committed_offset[bundle.tp] or 0
        done = {offset for offset in bundle.offsets if offset >= committed}.difference(noted)
        noted.update(done)
        self._acked[bundle.tp].extend(done)
        self._n_acked += len(done)

    def _cannot_block(self, tp: TP) -> bool:
        """Say whether delivery waits for nothing: not for the flow, not for a lock, not for room."""
        topics = self.app.topics
        return (
            self.app.flow_control.is_active()
            and not topics._tp_to_callback_lock.locked()
            and not any(channel.queue.full() for channel in topics._tp_index[tp])
        )

    def _end(self, reason: str, error: BaseException) -> None:
        end: End = self.app.end
        end(reason, error)
