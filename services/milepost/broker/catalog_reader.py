"""Reads the catalog whole, from its beginning and without a group, and goes on reading: what programs and sources are.

Everybody who needs the catalog reads all of it: a worker before it takes in the first message, the ticker before the
first tick. A message that cannot be read, of a newer version for one, is passed over: it stops no older worker.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from milepost.broker.client import addresses_of, for_aiokafka
from milepost.broker.failing import BrokerAway, BrokerError
from milepost.broker.topics import name_of
from milepost.settings import Settings
from milepost_schemas.streams import STREAMS
from milepost_schemas.topics import CatalogMessage, Topic, decode

SECONDS_TO_CONNECT = 10.0
READ_AT_MOST_MS = 1000
"""So long one read waits for something new; nothing else hangs on it."""

MOST_AT_ONCE = 500

logger = structlog.get_logger("milepost.broker.catalog")


class CatalogLost(BrokerError):
    """The catalog is read no more, and what is known of it grows old; the reason is the cause."""


class CatalogReader:
    """Tells `learn` every message of the catalog, in order. For one event loop."""

    def __init__(self, settings: Settings, learn: Callable[[CatalogMessage], None]) -> None:
        """Read nothing yet."""
        self._settings = settings
        self._learn = learn
        self._partition = TopicPartition(name_of(settings, Topic.CATALOG), 0)
        self._consumer: AIOKafkaConsumer | None = None
        self._reading: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()
        self._lost: BaseException | None = None
        self.position = 0
        """The offset of the next message to read."""

    async def start(self) -> None:
        """Read up to the end as it is now, and go on reading in the background; raise a BrokerError."""
        self._consumer = self._build_consumer()
        try:
            end = await self._connect(self._consumer)
        except (KafkaError, TimeoutError) as error:
            await self.stop()
            raise BrokerAway(", ".join(addresses_of(self._settings)), error) from error
        self._reading = asyncio.create_task(self._read(self._consumer), name="catalog-reader")
        await self.reached_position(end)

    async def stop(self) -> None:
        """Read no more."""
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading
            self._reading = None
        if self._consumer is not None:
            await self._consumer.stop()
            self._consumer = None

    async def reached(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so, looking again whenever there was something to learn.

        Raise CatalogLost where nothing more will be read.
        """
        while not holds():
            if self._lost is not None or self._reading is None:
                raise CatalogLost("the catalog is no longer read") from self._lost
            await self._moved.wait()

    async def catch_up(self) -> None:
        """Wait until everything that the catalog holds now is learned; raise BrokerAway or CatalogLost."""
        if self._consumer is None:
            raise CatalogLost("the catalog is not read yet")
        try:
            async with asyncio.timeout(SECONDS_TO_CONNECT):
                end = (await self._consumer.end_offsets([self._partition]))[self._partition]
        except (KafkaError, TimeoutError) as error:
            raise BrokerAway(", ".join(addresses_of(self._settings)), error) from error
        await self.reached_position(int(end))

    async def reached_position(self, position: int) -> None:
        """Wait until everything before a position is learned; raise CatalogLost."""
        await self.reached(lambda: self.position >= position)

    async def lost(self) -> None:
        """Wait for the end of reading, and raise CatalogLost: for whoever has to stop then."""
        await self.reached(lambda: False)

    def _build_consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **for_aiokafka(self._settings, "catalog"),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=STREAMS[Topic.CATALOG].most_bytes,
        )

    async def _connect(self, consumer: AIOKafkaConsumer) -> int:
        """Stand at the beginning; return the end."""
        async with asyncio.timeout(SECONDS_TO_CONNECT):
            await consumer.start()
            consumer.assign([self._partition])
            end = (await consumer.end_offsets([self._partition]))[self._partition]
            await consumer.seek_to_beginning(self._partition)
        return int(end)

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        try:
            while True:
                found = await consumer.getmany(timeout_ms=READ_AT_MOST_MS, max_records=MOST_AT_ONCE)
                for record in found.get(self._partition, ()):
                    self._take(record)
                # The position also moves past what compaction took away.
                self._move_to(await consumer.position(self._partition))
        except Exception as error:
            self._lost = error
            logger.error("catalog_lost", error=type(error).__name__)
            self._wake()

    def _take(self, record: ConsumerRecord) -> None:
        message = catalog_message(record.value, offset=record.offset)
        if message is not None:
            self._learn(message)

    def _move_to(self, position: int) -> None:
        if position != self.position:
            self.position = position
            self._wake()

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


def catalog_message(value: bytes | None, *, offset: int) -> CatalogMessage | None:
    """Return what lies in the catalog, None for a key that was taken back.

    None, too, with a line in the log, where this version cannot read it: what is known already still holds.
    """
    if not value:
        return None
    try:
        message = decode(value)
    except ValidationError as error:
        logger.warning("catalog_message_passed_over", offset=offset, problems=error.error_count())
        return None
    if not isinstance(message, CatalogMessage):
        logger.warning("catalog_message_passed_over", offset=offset, type=message.type)
        return None
    return message
