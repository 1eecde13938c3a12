"""The catalog is read whole before anything else, and goes on being read."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from milepost.broker import topics
from milepost.broker.catalog_reader import CatalogLost, CatalogReader
from milepost.broker.client import for_aiokafka
from milepost.broker.failing import BrokerAway
from milepost.settings import Settings
from milepost_schemas.messages import ProgramKnown, ProgramPublished, TenantOpened
from milepost_schemas.topics import CatalogMessage, Topic, address, encode

pytestmark = pytest.mark.kafka

LIMIT = 20


def published(version: int) -> ProgramPublished:
    """A program that nobody has to understand here."""
    return ProgramPublished(tenant="default", program="p", version=version, published_at=1, definition={"program": "p"})


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run it, but not for ever."""

    async def limited() -> None:
        async with asyncio.timeout(LIMIT):
            await work

    asyncio.run(limited())


async def send(site: Settings, *messages: CatalogMessage) -> None:
    """Append messages to the catalog."""
    await send_raw(site, *[(address(message).key.encode(), encode(message)) for message in messages])


async def send_raw(site: Settings, *records: tuple[bytes, bytes | None]) -> None:
    """Append to the catalog what may be no message at all."""
    producer = AIOKafkaProducer(**for_aiokafka(site, "test"), acks="all")
    await producer.start()
    for key, value in records:
        await producer.send_and_wait(topics.name_of(site, Topic.CATALOG), key=key, value=value, partition=0)
    await producer.stop()


def test_all_that_was_published_before_is_known_when_reading_has_started(made: Settings) -> None:
    learned: list[CatalogMessage] = []
    sent: list[CatalogMessage] = [
        TenantOpened(tenant="default", tracking_from=1),
        *(published(version) for version in range(1, 1200)),
    ]

    async def story() -> None:
        await send(made, *sent)
        reader = CatalogReader(made, learned.append)
        await reader.start()
        assert learned == sent
        await reader.stop()

    run(story())


def test_an_empty_catalog_keeps_nobody_waiting_and_what_comes_later_is_learned(made: Settings) -> None:
    learned: list[CatalogMessage] = []

    async def story() -> None:
        reader = CatalogReader(made, learned.append)
        await reader.start()
        assert not learned
        waiting = asyncio.create_task(reader.reached(lambda: len(learned) == 2))
        await send(made, published(1), published(2))
        await waiting
        assert learned == [published(1), published(2)]
        await reader.stop()

    run(story())


def test_who_catches_up_knows_all_that_was_published_until_then(made: Settings) -> None:
    learned: list[CatalogMessage] = []

    async def story() -> None:
        reader = CatalogReader(made, learned.append)
        await reader.start()
        for version in range(1, 20):
            await send(made, published(version))
            await reader.catch_up()
            assert learned[-1] == published(version)
        await reader.stop()

    run(story())


def test_what_this_version_cannot_read_is_passed_over(made: Settings) -> None:
    learned: list[CatalogMessage] = []
    misplaced = encode(ProgramKnown(tenant="default", program="p", version=1))
    newer = b'{"type": "milepost.program.withdrawn.v7", "tenant": "default"}'

    async def story() -> None:
        await send(made, published(1))
        await send_raw(made, *[(b"default/x", value) for value in (newer, b"\xff{", None, misplaced)])
        await send(made, published(2))
        reader = CatalogReader(made, learned.append)
        await reader.start()
        assert learned == [published(1), published(2)]
        await reader.stop()

    run(story())


def test_who_waits_is_told_when_the_catalog_is_read_no_more(made: Settings) -> None:
    def refuse(_: CatalogMessage) -> None:
        raise KeyError("what nobody thought of")

    async def story() -> None:
        reader = CatalogReader(made, refuse)
        await reader.start()
        ending = asyncio.create_task(reader.lost())
        await send(made, published(1))
        with pytest.raises(CatalogLost) as lost:
            await ending
        assert isinstance(lost.value.__cause__, KeyError)
        with pytest.raises(CatalogLost):
            await reader.reached_position(99)
        await reader.stop()

    run(story())


def test_a_broker_that_is_not_there_is_named(kafka_prefix: str) -> None:
    async def story() -> None:
        reader = CatalogReader(Settings(kafka="127.0.0.1:1", topic_prefix=kafka_prefix), lambda _: None)
        with pytest.raises(BrokerAway, match="127"):
            await reader.start()

    run(story())
