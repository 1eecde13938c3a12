"""Which Kafka client carries what the gateway accepts: aiokafka beside confluent-kafka, on a real broker.

Both do the same work in turns in the same run: coroutines send one message each and go on once all replicas have it,
idempotent, into the partition that murmur2 names. Two sizes are sent: a request with one statement (2 kB) and one with
a batch of fifty (90 kB); first as fast as sixty-four senders can, then by four, which shows how long one waits. What
the client costs is the processor time of this process, its threads included, for each message. Medians of the rounds
are compared. Run it from the root of the repository:

    python -m benchmarks.gateway_producer
"""

import asyncio
import json
import statistics
import sys
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from threading import Thread
from time import perf_counter, process_time
from typing import Any
from uuid import uuid4

import uvloop

from benchmarks.servers import running_kafka

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from aiokafka import AIOKafkaProducer
    from confluent_kafka import Producer
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewTopic

PARTITIONS = 12
ROUNDS = 5
SIZES = {"2 kB": (2_000, 6_000), "90 kB": (90_000, 600)}
MANY, FEW = 64, 4
MOST_BYTES = 32 * 1024 * 1024

Send = Callable[[bytes, bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a round took."""

    messages_a_second: float
    processor_us: float
    latency_ms: float
    worst_ms: float


@asynccontextmanager
async def aiokafka_sending(address: str, topic: str) -> AsyncIterator[Send]:
    """Send by aiokafka, on the loop of the requests."""
    producer = AIOKafkaProducer(
        bootstrap_servers=address, acks="all", enable_idempotence=True, max_request_size=MOST_BYTES, linger_ms=0
    )
    await producer.start()

    async def send(key: bytes, value: bytes) -> None:
        await (await producer.send(topic, value, key))

    try:
        yield send
    finally:
        await producer.stop()


def confluent_sending(compression: str) -> Callable[[str, str], AbstractAsyncContextManager[Send]]:
    """Send by confluent-kafka, whose acknowledgments one thread hands back to the loop."""

    @asynccontextmanager
    async def sending(address: str, topic: str) -> AsyncIterator[Send]:
        producer = Producer(
            {
                "bootstrap.servers": address,
                "acks": "all",
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "message.max.bytes": MOST_BYTES,
                "linger.ms": 0,
                "compression.type": compression,
            }
        )
        loop = asyncio.get_running_loop()
        ended = False

        def turn() -> None:
            while not ended:
                producer.poll(0.1)

        async def send(key: bytes, value: bytes) -> None:
            done: asyncio.Future[None] = loop.create_future()

            def told(error: Any, _: Any) -> None:
                if error is not None:
                    raise SystemExit(str(error))
                loop.call_soon_threadsafe(done.set_result, None)

            producer.produce(topic, value, key, on_delivery=told)
            await done

        thread = Thread(target=turn)
        thread.start()
        try:
            yield send
        finally:
            ended = True
            thread.join()
            producer.flush()

    return sending


WAYS: dict[str, Callable[[str, str], AbstractAsyncContextManager[Send]]] = {
    "aiokafka": aiokafka_sending,
    "confluent-kafka": confluent_sending("none"),
    "confluent-kafka, lz4": confluent_sending("lz4"),
}


def message(size: int) -> bytes:
    """Return text of about this size that compresses as requests do."""
    made: list[dict[str, object]] = []
    while len(json.dumps(made)) < size:
        made.append(
            {
                "id": str(uuid4()),
                "actor": {"account": {"homePage": "https://learn.example.org", "name": uuid4().hex[:8]}},
                "verb": {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en": "completed"}},
                "object": {"id": f"https://learn.example.org/mod/lesson/view.php?id={len(made)}"},
            }
        )
    return json.dumps(made).encode()[:size]


async def measure(send: Send, bodies: list[bytes], *, count: int, senders: int) -> Taken:
    """Send so many messages by so many senders, each of which waits for its acknowledgment."""
    waits: list[float] = []

    async def one_sender(number: int) -> None:
        for turn in range(count // senders):
            began = perf_counter()
            await send(f"default/source-{number}".encode(), bodies[turn % len(bodies)])
            waits.append((perf_counter() - began) * 1000)

    began, processor = perf_counter(), process_time()
    await asyncio.gather(*(one_sender(number) for number in range(senders)))
    took, used = perf_counter() - began, process_time() - processor
    waits.sort()
    return Taken(len(waits) / took, used / len(waits) * 1e6, statistics.median(waits), waits[int(len(waits) * 0.99)])


async def compare(address: str, topic: str, size: int, count: int) -> dict[str, tuple[Taken, Taken]]:
    """Return for each way the median round with many senders, and that with few."""
    bodies = [message(size) for _ in range(20)]
    rounds: dict[str, list[tuple[Taken, Taken]]] = {name: [] for name in WAYS}
    for _ in range(ROUNDS):
        for name, way in WAYS.items():
            async with way(address, topic) as send:
                await measure(send, bodies, count=MANY, senders=MANY)
                many = await measure(send, bodies, count=count, senders=MANY)
                few = await measure(send, bodies, count=count // 6, senders=FEW)
            rounds[name].append((many, few))
    return {
        name: (_median([many for many, _ in each]), _median([few for _, few in each])) for name, each in rounds.items()
    }


def _median(taken: list[Taken]) -> Taken:
    return Taken(
        statistics.median(each.messages_a_second for each in taken),
        statistics.median(each.processor_us for each in taken),
        statistics.median(each.latency_ms for each in taken),
        statistics.median(each.worst_ms for each in taken),
    )


def main() -> None:
    """Print, for each size and way, throughput, cost and latency, and their ratios to aiokafka's."""
    with running_kafka() as address:
        _compare_on(address)


def _compare_on(address: str) -> None:
    topic = f"benchmark-{uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": address})
    configs = {"max.message.bytes": str(MOST_BYTES), "retention.bytes": str(256 * 1024 * 1024)}
    admin.create_topics([NewTopic(topic, PARTITIONS, 1, config=configs)])[topic].result()
    try:
        for size, (octets, count) in SIZES.items():
            found = uvloop.run(compare(address, topic, octets, count))
            _tell(size, found)
    finally:
        admin.delete_topics([topic])[topic].result()


def _tell(size: str, found: dict[str, tuple[Taken, Taken]]) -> None:
    reference, _ = found["aiokafka"]
    sys.stdout.write(f"{size}, {MANY} senders (and the wait of one of {FEW})\n")
    for name, (many, few) in found.items():
        sys.stdout.write(
            f"  {name:22}{many.messages_a_second:8.0f}/s {many.messages_a_second / reference.messages_a_second:5.2f} x"
            f"{many.processor_us:9.0f} us of processor {many.processor_us / reference.processor_us:5.2f} x"
            f"{few.latency_ms:8.2f} ms, 99 %{few.worst_ms:8.2f} ms\n"
        )


if __name__ == "__main__":
    main()
