"""A consumer reads what its partitions hold, without a hole."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from faust.transport.drivers.aiokafka import Consumer as StockConsumer
from faust.types import TP

from milepost.runtimes.kafka.bundle import MOST_IN_A_BUNDLE
from milepost.runtimes.kafka.consumer import Consumer
from tests.runtimes.kafka.scripted import Ended, app_of, bundle, record

SOURCE = TP("t.learners", 0)
OTHER = TP("t.learners", 1)


class Client:
    """The client in its thread: answers when it is told, and shows what it was asked for, as it sees it then."""

    def __init__(self) -> None:
        self.asked: list[set[TP]] = []
        self.answer: asyncio.Future[dict[TP, list[Any]]] | None = None

    async def getmany(self, partitions: set[TP], timeout: float) -> dict[TP, list[Any]]:
        self.asked.append(partitions)
        self.answer = asyncio.get_running_loop().create_future()
        return await self.answer

    def answer_with(self, records: dict[TP, list[Any]]) -> None:
        assert self.answer is not None
        self.answer.set_result(records)


def consumer_of(folder: Path, kind: Callable[..., Any] = Consumer) -> tuple[Any, Client, list[int]]:
    """Return a consumer over a scripted client, and the offsets that it delivers."""
    app = app_of(folder)
    delivered: list[int] = []

    async def deliver(message: Any) -> None:
        delivered.extend(one.offset for one in message.records)

    async def nothing(*_: Any) -> None:
        return None

    consumer = kind(app.transport, deliver, nothing, nothing)
    app.consumer = consumer
    app.consumer_generation_id = 1
    app.flow_control.resume()
    consumer._set_active_tps({SOURCE})
    client = Client()
    consumer._thread.thread_loop.close()
    consumer._thread = cast(Any, client)
    consumer.resume_flow()
    return consumer, client, delivered


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_what_is_asked_for_does_not_change_while_the_client_looks_for_it(tmp_path: Path) -> None:
    async def ask(kind: Callable[..., Any]) -> set[TP]:
        consumer, client, _ = consumer_of(tmp_path, kind)
        step = consumer._deliver_next if kind is Consumer else lambda: consumer._wait_next_records(1.0)
        asking = asyncio.create_task(step())
        await turns()
        consumer.pause_partitions({SOURCE})
        seen = set(client.asked[0])
        asking.cancel()
        return seen

    assert asyncio.run(ask(Consumer)) == {SOURCE}
    assert asyncio.run(ask(StockConsumer)) == set(), "the loss that it prevents: to the client, nothing means all"


def test_nothing_is_asked_for_while_every_partition_is_paused(tmp_path: Path) -> None:
    async def ask() -> list[set[TP]]:
        consumer, client, _ = consumer_of(tmp_path)
        consumer.pause_partitions({SOURCE})
        await consumer._deliver_next()
        return client.asked

    assert asyncio.run(ask()) == []


def test_whoever_seeks_waits_for_a_fetch_that_is_under_way(tmp_path: Path) -> None:
    async def seek() -> tuple[bool, bool, bool]:
        consumer, client, _ = consumer_of(tmp_path)
        asking = asyncio.create_task(consumer._deliver_next())
        await turns()
        waiting = asyncio.create_task(consumer.fetched({SOURCE}))
        others = asyncio.create_task(consumer.fetched({OTHER}))
        await turns()
        before = waiting.done()
        client.answer_with({})
        await asking
        await turns()
        return before, others.done(), waiting.done()

    assert asyncio.run(seek()) == (False, True, True)


def test_what_comes_is_delivered_in_order_once(tmp_path: Path) -> None:
    async def deliver() -> list[int]:
        consumer, client, delivered = consumer_of(tmp_path)
        consumer._read_offset[SOURCE] = 5
        asking = asyncio.create_task(consumer._deliver_next())
        await turns()
        client.answer_with({SOURCE: [record(offset) for offset in (3, 4, 5, 6, 7)]})
        await asking
        return delivered

    assert asyncio.run(deliver()) == [5, 6, 7]


def test_what_was_fetched_for_an_earlier_assignment_is_not_delivered(tmp_path: Path) -> None:
    async def deliver() -> tuple[list[int], int | None]:
        consumer, client, delivered = consumer_of(tmp_path)

        async def then_rebalance(message: Any) -> None:
            delivered.append(message.offset)
            consumer.app.consumer_generation_id = 2

        consumer.callback = then_rebalance
        asking = asyncio.create_task(consumer._deliver_next())
        await turns()
        client.answer_with({SOURCE: [record(offset) for offset in range(5, 5 + 2 * MOST_IN_A_BUNDLE)]})
        await asking
        return delivered, consumer._read_offset[SOURCE]

    last = 4 + MOST_IN_A_BUNDLE
    assert asyncio.run(deliver()) == ([last], last)


def test_much_of_one_partition_does_not_hold_up_another(tmp_path: Path) -> None:
    async def deliver() -> list[TP]:
        consumer, client, _ = consumer_of(tmp_path)
        consumer._set_active_tps({SOURCE, OTHER})
        came: list[TP] = []

        async def note(message: Any) -> None:
            came.append(message.tp)

        consumer.callback = note
        asking = asyncio.create_task(consumer._deliver_next())
        await turns()
        client.answer_with({SOURCE: [record(n) for n in range(2 * MOST_IN_A_BUNDLE)], OTHER: [record(0)]})
        await asking
        return came

    assert asyncio.run(deliver()) == [SOURCE, OTHER, SOURCE]


def test_a_bundle_that_is_acknowledged_is_committed_to_its_end_and_not_past_one_that_is_not(tmp_path: Path) -> None:
    async def committed(kind: Callable[..., Any]) -> tuple[int | None, int | None]:
        consumer, _, _ = consumer_of(tmp_path, kind)
        consumer.app.topics._acking_topics.add(SOURCE.topic)
        consumer._committed_offset[SOURCE] = 5
        bundles = [bundle(SOURCE, *map(record, offsets)) for offsets in ((5, 6, 7), (8, 9), (10,))]
        bundles[0].ack(consumer)
        bundles[2].ack(consumer)
        before = consumer._new_offset(SOURCE)
        consumer._committed_offset[SOURCE] = before or 5
        bundles[1].ack(consumer)
        return before, consumer._new_offset(SOURCE)

    assert asyncio.run(committed(Consumer)) == (8, 11)
    assert asyncio.run(committed(StockConsumer)) == (None, None), "what it prevents: nothing would ever be committed"


async def commits_of(consumer: Any, *acknowledged: Any) -> list[int]:
    """Return what a consumer commits upon these acknowledgments, before any interval is over."""
    consumer.app.topics._acking_topics.add(SOURCE.topic)
    commits: list[int] = []

    async def commit(offsets: dict[TP, int]) -> bool:
        await asyncio.sleep(0)
        commits.append(offsets[SOURCE])
        return True

    consumer._thread.commit, consumer._thread.assignment = commit, lambda: {SOURCE}
    committing = asyncio.create_task(type(consumer)._commit_handler.fun(consumer))
    for one in acknowledged:
        await turns(2)
        one.ack(consumer)
    await turns(20)
    assert not committing.done(), "committing goes on"
    committing.cancel()
    return commits


def test_what_is_done_is_committed_at_once(tmp_path: Path) -> None:
    async def commits(kind: Callable[..., Any]) -> list[int]:
        consumer, _, _ = consumer_of(tmp_path, kind)
        return await commits_of(consumer, bundle(SOURCE, record(0), record(1)))

    assert asyncio.run(commits(Consumer)) == [2]
    assert asyncio.run(commits(StockConsumer)) == [], "what it prevents: whoever waits for it waits for the interval"


def test_what_is_done_while_another_commit_is_under_way_is_committed_after_it(tmp_path: Path) -> None:
    async def commits() -> bool:
        consumer, _, _ = consumer_of(tmp_path)
        consumer._commit_fut = asyncio.get_running_loop().create_future()
        committing = asyncio.create_task(commits_of(consumer, bundle(SOURCE, record(0))))
        await turns(10)
        consumer._commit_fut.set_result(None)
        await committing
        return bool(consumer._done.is_set())

    assert asyncio.run(commits()), "it is due again"


def test_the_flow_stands_from_the_moment_partitions_are_taken_away_until_the_next_assignment(tmp_path: Path) -> None:
    async def resume(kind: Callable[..., Any]) -> tuple[bool, bool]:
        consumer, _, _ = consumer_of(tmp_path, kind)
        consumer.stop_flow()
        await consumer.on_partitions_revoked({SOURCE})
        consumer.resume_flow()
        during = consumer.flow_active
        consumer.app._rebalancing_sensor_state = {}
        await consumer.on_partitions_assigned({SOURCE}, 2)
        consumer.resume_flow()
        return during, consumer.flow_active

    assert asyncio.run(resume(Consumer)) == (False, True)
    assert asyncio.run(resume(StockConsumer)) == (True, True), "what it prevents: a commit that waits for ever"


def test_reading_that_ends_with_the_app_is_no_crash_even_during_a_rebalance(tmp_path: Path) -> None:
    async def stop() -> bool:
        consumer, _, _ = consumer_of(tmp_path)
        draining = asyncio.create_task(consumer._drain_messages(consumer.app._fetcher))
        await turns()
        consumer.app._stopped.set()
        draining.cancel()
        await draining
        return draining.cancelled()

    assert not asyncio.run(stop())


def test_an_error_while_delivering_ends_the_process(tmp_path: Path) -> None:
    async def deliver() -> None:
        consumer, client, _ = consumer_of(tmp_path)

        async def fail(message: Any) -> None:
            raise OSError

        consumer.callback = fail
        draining = asyncio.create_task(consumer._drain_messages(consumer.app._fetcher))
        await turns()
        client.answer_with({SOURCE: [record(5)]})
        await draining

    with pytest.raises(Ended, match="messages cannot be delivered"):
        asyncio.run(deliver())
