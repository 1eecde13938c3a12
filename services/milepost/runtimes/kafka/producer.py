"""The producer of a worker: idempotent, in whole batches whose every message is acknowledged, and guarded.

Stock Faust's producer repeats a batch that timed out although it had arrived, and lets later ones overtake it: a newer
record then lies before an older one. Failed sends are warnings, and the record is committed over. Here the broker
drops repetitions and keeps the order, all replicas have to acknowledge, and whoever sends waits for that or gets the
error. Before each request lease and watch are asked whether this worker may still write at all.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import aiokafka
from aiokafka.producer.sender import Sender
from faust.transport.drivers.aiokafka import Producer as StockProducer

from milepost.runtimes.kafka.lease import Lease
from milepost.runtimes.kafka.watch import Watch

MOST_BYTES_OF_A_BATCH = 512 * 1024
MOST_BYTES_OF_A_REQUEST = 48 * 1024 * 1024
REQUEST_SECONDS = 30


class Letter(NamedTuple):
    """A message and where it goes."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes


class Producer(StockProducer):
    """Sends what a worker says, while it may speak."""

    app: Any

    async def send_all(self, letters: Iterable[Letter]) -> None:
        """Send all of them, those of one partition in their order; return when all are acknowledged, or raise."""
        by_partition: dict[tuple[str, int], list[Letter]] = defaultdict(list)
        for letter in letters:
            by_partition[letter.topic, letter.partition].append(letter)
        if len(by_partition) == 1:
            ((place, found),) = by_partition.items()
            await self._send_to(*place, found)
        elif by_partition:
            await asyncio.gather(*(self._send_to(*place, found) for place, found in by_partition.items()))

    async def _send_to(self, topic: str, partition: int, letters: Sequence[Letter]) -> None:
        producer = self._ensure_producer()
        acknowledged = []
        batch = producer.create_batch()
        for letter in letters:
            if batch.append(key=letter.key, value=letter.value, timestamp=None) is None:
                acknowledged.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                batch.append(key=letter.key, value=letter.value, timestamp=None)
        acknowledged.append(await producer.send_batch(batch, topic, partition=partition))
        for one in acknowledged:
            await one

    def _new_producer(self, _: str | None = None) -> aiokafka.AIOKafkaProducer:
        return GuardedProducer(
            self.app.watch,
            self.app.lease,
            **self.app.client_options,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=MOST_BYTES_OF_A_BATCH,
            max_request_size=MOST_BYTES_OF_A_REQUEST,
            request_timeout_ms=REQUEST_SECONDS * 1000,
        )


class GuardedProducer(aiokafka.AIOKafkaProducer):  # type: ignore[misc]
    """A producer whose requests lease and watch have to allow."""

    def __init__(self, watch: Watch, lease: Lease, **options: Any) -> None:
        super().__init__(**options)
        stock: Sender = self._sender  # type: ignore[has-type]
        self._sender = GuardedSender(
            watch,
            lease,
            client=self.client,
            acks=stock._acks,
            txn_manager=self._txn_manager,
            message_accumulator=self._message_accumulator,
            retry_backoff_ms=stock._retry_backoff * 1000,
            request_timeout_ms=stock._request_timeout_ms,
        )


class GuardedSender(Sender):  # type: ignore[misc]
    """Asks at the last moment before a request goes out whether this worker may still write."""

    def __init__(self, watch: Watch, lease: Lease, **options: Any) -> None:
        super().__init__(**options)
        self._watch = watch
        self._lease = lease

    async def _send_produce_req(self, node_id: int, batches: Any) -> None:
        # Connected first, so that nothing is waited for between the questions and the request.
        await self.client.ready(node_id)
        await self._lease.held()
        self._watch.check()
        await super()._send_produce_req(node_id, batches)
