"""A worker that stood still must not write another word."""

import asyncio
from typing import Any

import pytest
from aiokafka.producer.sender import Sender

from milepost.runtimes.kafka.lease import Lease
from milepost.runtimes.kafka.producer import GuardedSender
from milepost.runtimes.kafka.watch import Watch
from tests.runtimes.kafka.scripted import Clock, Ended, Noted, end


class Client:
    """A connection that notes which requests went out."""

    def __init__(self, noted: Noted, *, while_connecting: Any = lambda: None) -> None:
        self._noted = noted
        self._while_connecting = while_connecting

    async def ready(self, node: int) -> bool:
        self._while_connecting()
        return True

    async def send(self, node: int, request: Any) -> Any:
        self._noted.append("request")
        raise asyncio.CancelledError


def options(client: Client) -> dict[str, Any]:
    return {
        "client": client,
        "acks": -1,
        "txn_manager": None,
        "message_accumulator": None,
        "retry_backoff_ms": 100,
        "request_timeout_ms": 1000,
    }


def lease_of(clock: Clock) -> Lease:
    return Lease(session_seconds=10, end=end, seconds=clock)


async def send_with(sender: Sender) -> None:
    sender._in_flight.add(1)
    await sender._send_produce_req(1, {})


def test_a_worker_that_touched_its_clock_in_time_may_write() -> None:
    clock = Clock()
    watch = Watch(session_seconds=10, end=end, seconds=clock)

    clock.seconds += 5

    watch.check()


def test_a_worker_that_stood_still_for_more_than_half_its_session_ends() -> None:
    clock = Clock()
    watch = Watch(session_seconds=10, end=end, seconds=clock)

    clock.seconds += 5.1

    with pytest.raises(Ended, match=r"stood still for 5\.1 seconds"):
        watch.check()


def test_a_worker_that_wakes_up_does_not_first_touch_its_clock() -> None:
    clock = Clock()

    async def sleep_and_wake() -> None:
        watch = Watch(session_seconds=10, end=end, seconds=clock)
        running = asyncio.create_task(watch.run())
        await asyncio.sleep(0)
        clock.seconds += 60
        await running

    with pytest.raises(Ended):
        asyncio.run(sleep_and_wake())


def test_a_paused_worker_sends_no_request_when_it_goes_on() -> None:
    noted, clock = Noted(), Clock()
    watch = Watch(session_seconds=10, end=end, seconds=clock)
    clock.seconds += 60

    with pytest.raises(Ended):
        asyncio.run(send_with(GuardedSender(watch, lease_of(clock), **options(Client(noted)))))

    assert noted == []


def test_a_worker_that_was_paused_while_it_connected_sends_no_request() -> None:
    noted, clock = Noted(), Clock()
    watch = Watch(session_seconds=10, end=end, seconds=clock)

    def pause() -> None:
        clock.seconds += 60

    with pytest.raises(Ended):
        asyncio.run(send_with(GuardedSender(watch, lease_of(clock), **options(Client(noted, while_connecting=pause)))))

    assert noted == []


def test_without_the_guard_the_request_of_a_paused_worker_goes_out() -> None:
    noted = Noted()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(send_with(Sender(**options(Client(noted)))))

    assert noted == ["request"]
