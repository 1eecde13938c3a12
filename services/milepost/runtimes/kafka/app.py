"""The Faust app of a worker: one agent, one table and one pump for each processor, and all that keeps them from losing.

The group is one for all five inputs, whose topics and changelogs have one number of partitions: the worker that is
given a partition of an input is given the changelog of its records too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, cast

import faust
from faust.transport.drivers.aiokafka import Transport as StockTransport
from faust.types import TP
from yarl import URL

from milepost.broker.client import for_aiokafka
from milepost.broker.topics import group_name_of, name_of, records_name_of
from milepost.runtimes.kafka import store
from milepost.runtimes.kafka.bundle import Bundled
from milepost.runtimes.kafka.consumer import Consumer
from milepost.runtimes.kafka.ending import End, or_end
from milepost.runtimes.kafka.hold import HELD, Hold, NoHold
from milepost.runtimes.kafka.lease import Lease
from milepost.runtimes.kafka.producer import Producer
from milepost.runtimes.kafka.pump import Learned, Pump, Station
from milepost.runtimes.kafka.recovery import Tables
from milepost.runtimes.kafka.watch import Watch
from milepost.runtimes.kafka.worker_metrics import WorkerMetrics
from milepost.settings import Settings
from milepost_schemas.topics import Topic

REQUEST_SECONDS = 30
REBALANCE_SECONDS = 60
HEARTBEATS_PER_SESSION = 5
MESSAGES_PER_COMMIT = 10_000
BUNDLES_IN_A_QUEUE = 32
RECOVERY_SECONDS = 0.0


CatchUp = Callable[[], Awaitable[None]]
"""Waits until everything that the catalog holds now is learned."""


async def nothing_to_catch_up() -> None:
    """Return at once: for stations that read no catalog."""


class Transport(StockTransport):
    """The stock transport, with this consumer and this producer."""

    Consumer = Consumer
    Producer = Producer


class App(faust.App):
    """Runs the pumps."""

    watch: Watch
    lease: Lease
    end: End
    counts: WorkerMetrics
    client_options: Mapping[str, Any]
    pumps: Mapping[str, Pump]
    """The pump of each input, by the name of the topic."""

    catch_up: CatchUp
    hold: Hold

    async def require_free(self) -> None:
        """End the process where the records are being made anew, and so are nobody's.

        Whoever makes them says so in the catalog before looking whether the group is empty. So either what the catalog
        holds now says it, or we are seen there and waited for.
        """
        await self.catch_up()
        if self.hold.is_on:
            self.end(HELD)

    async def hand_over(self, first: Mapping[TP, int]) -> None:
        """Give each pump the partitions that are ours now, with their records and the offset that comes next.

        First the catalog is read up to where it ends now: who had a partition before may have read a program or a
        source there, and passed what says so. A record that is read by an older catalog would stay so.

        What a pump holds already, and nobody has changed, stays with it: to read a table takes time.
        """
        self.counts.rebalanced()
        await self.catch_up()
        for name, pump in self.pumps.items():
            mine = {tp.partition: offset for tp, offset in first.items() if tp.topic == name}
            held = self._store_of(pump)
            for partition in pump.partitions - mine.keys():
                pump.let_go(partition)
            for partition, offset in sorted(mine.items()):
                if partition in held.touched or partition not in pump.partitions:
                    # In a thread: the watch has to be touched meanwhile, and the group to hear of us.
                    await asyncio.to_thread(pump.hold, partition, held.partitions[partition])
                    held.touched.discard(partition)
                pump.begin(partition, offset)

    def count_records(self) -> None:
        """Tell the metrics what is held."""
        for pump in self.pumps.values():
            held = self._store_of(pump).partitions
            records = sum(len(held[partition]) for partition in pump.partitions if partition in held)
            self.counts.holds(pump.station.topic, partitions=len(pump.partitions), records=records)

    def _store_of(self, pump: Pump) -> store.Store:
        return store.store_of(self.tables[pump.station.topic.value])


def build_app(
    settings: Settings,
    stations: Iterable[Station],
    *,
    learned: Learned,
    end: End,
    catch_up: CatchUp = nothing_to_catch_up,
    hold: Hold | None = None,
) -> App:
    """Return an app that takes in the inputs of these stations; nothing is started. For the loop that runs now."""
    store.register_store()
    app = App(group_name_of(settings, "tracker"), **_options(settings))
    app.transport = Transport([URL("kafka://")], app)
    app.end = end
    app.catch_up = catch_up
    app.hold = hold or NoHold()
    app.counts = WorkerMetrics()
    app.watch = Watch(session_seconds=settings.session_seconds, end=end)
    app.lease = Lease(session_seconds=settings.session_seconds, end=end)
    app.client_options = for_aiokafka(settings, "worker")
    names = {topic: name_of(settings, topic) for topic in Topic}
    app.pumps = {names[station.topic]: _add(app, settings, station, names, learned) for station in stations}
    return app


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "broker": "kafka://",
        "store": store.URL,
        "TableManager": Tables,
        "datadir": settings.data_dir / f"worker-{settings.instance}",
        # The same after a restart, or the assignment that the group remembers is not taken for ours.
        "canonical_url": f"http://worker-{settings.instance}.invalid",
        "consumer_group_instance_id": f"worker-{settings.instance}",
        "web_enabled": False,
        "autodiscover": False,
        "key_serializer": "raw",
        "value_serializer": "raw",
        "table_standby_replicas": 0,
        "topic_partitions": settings.partitions,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "stream_wait_empty": True,
        "stream_recovery_delay": RECOVERY_SECONDS,
        "stream_buffer_maxsize": BUNDLES_IN_A_QUEUE,
        "broker_commit_every": MESSAGES_PER_COMMIT,
        "broker_session_timeout": settings.session_seconds,
        "broker_heartbeat_interval": settings.session_seconds / HEARTBEATS_PER_SESSION,
        "broker_request_timeout": REQUEST_SECONDS,
        "broker_rebalance_timeout": REBALANCE_SECONDS,
        "producer_request_timeout": REQUEST_SECONDS,
    }


def _add(app: App, settings: Settings, station: Station, names: Mapping[Topic, str], learned: Learned) -> Pump:
    """Give a station its table, its pump and its agent."""
    topic, records = station.topic, records_name_of(settings, station.topic)
    changelog = app.topic(records, schema=Bundled(), acks=False, internal=True, partitions=settings.partitions)
    table = app.Table(
        topic.value, key_type=bytes, value_type=bytes, partitions=settings.partitions, changelog_topic=changelog
    )
    pump = Pump(
        station,
        app.counts,
        names=names,
        changelog=records,
        send=lambda letters: cast(Producer, app.producer).send_all(letters),
        keep=lambda partition, records: store.store_of(table).put(partition, records),
        learned=learned,
    )
    source = app.topic(names[topic], schema=Bundled(), acks=True, partitions=settings.partitions)
    app.agent(source, name=topic.value, concurrency=1)(_agent(app, pump))
    return pump


def _agent(app: App, pump: Pump) -> Callable[[Any], Any]:
    async def fill(stream: Any) -> None:
        """Put every bundle of messages into the pump, as it comes."""
        async for event in stream.noack().events():
            await pump.add(event)

    async def feed(stream: Any) -> None:
        await or_end(fill(stream), f"the stream of {pump.station.topic}", app.end)

    return feed
