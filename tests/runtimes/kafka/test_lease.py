"""A worker writes as long as the group still counts it among its own."""

import asyncio

import pytest

from milepost.runtimes.kafka.lease import Lease
from tests.runtimes.kafka.scripted import Clock, Ended, end


def is_held(lease: Lease) -> bool:
    async def look() -> bool:
        holding = asyncio.create_task(lease.held())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        held = holding.done()
        if held:
            await holding
        holding.cancel()
        return held

    return asyncio.run(look())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lease(clock: Clock) -> Lease:
    return Lease(session_seconds=10, end=end, seconds=clock)


def test_before_the_first_assignment_nothing_can_be_others(lease: Lease, clock: Clock) -> None:
    clock.seconds += 1_000

    assert is_held(lease)


def test_an_assignment_is_a_lease_a_little_shorter_than_the_session(lease: Lease, clock: Clock) -> None:
    lease.begin()
    clock.seconds += 8.9
    just_before = is_held(lease)
    clock.seconds += 0.2

    assert just_before
    assert not is_held(lease)


def test_an_answered_heartbeat_renews_it_from_the_moment_it_was_sent(lease: Lease, clock: Clock) -> None:
    lease.begin()
    clock.seconds += 8
    asked_at = lease.now()
    clock.seconds += 3
    lease.renew(asked_at)
    renewed = is_held(lease)
    clock.seconds += 6.1

    assert renewed
    assert not is_held(lease)


def test_writing_goes_on_when_a_heartbeat_is_answered_again(lease: Lease, clock: Clock) -> None:
    async def wait() -> None:
        lease.begin()
        clock.seconds += 60
        holding = asyncio.create_task(lease.held())
        await asyncio.sleep(0)
        assert not holding.done()
        lease.renew(lease.now())
        await asyncio.wait_for(holding, 10)

    asyncio.run(wait())


def test_who_was_put_out_of_the_group_with_something_in_hand_gives_up(lease: Lease) -> None:
    lease.begin()
    lease.lose()

    with pytest.raises(Ended, match="put out of the group"):
        is_held(lease)


def test_who_was_put_out_and_is_given_partitions_anew_may_write(lease: Lease) -> None:
    lease.begin()
    lease.lose()
    lease.begin()

    assert is_held(lease)
