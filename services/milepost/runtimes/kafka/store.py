"""The records of one table, kept in memory by partition; what the newest message made of a record wins.

Stock Faust keeps one dictionary for all partitions, and in it keys of partitions that this worker lost long ago: when
such a partition comes back, records that others have moved on since stand there as if they were current. Here a
partition that goes takes its records with it, and one that comes begins empty.

Stock Faust applies a changelog in the order in which it lies there. A worker that was paused, and wrote once more over
the new owner's record when it woke up, would then win: everything that the new owner had taken in is lost at the next
recovery. Here the record that has read furthest wins, wherever it lies. Which records were hidden behind such a
stale one is remembered, so that they can be written again behind it before compaction forgets them.

A record without a value takes back all that lies before it, whatever that had read: so begins a record that is made
anew, behind one that may be wrong.
"""

# ruff: noqa: ARG002 - Faust gives its stores more than this one needs

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from faust.stores import STORES, base
from faust.types import TP, CollectionT, EventT, StoreT

from milepost.runtimes.kafka.bundle import Bundle
from milepost.tracker.stored import NoRecord, watermark_of

SCHEME = "milepost-memory"
URL = f"{SCHEME}://"


class Store(base.Store[bytes, bytes], StoreT[bytes, bytes]):
    """One table's records."""

    def __post_init__(self) -> None:
        """Hold nothing yet."""
        self.partitions: dict[int, dict[bytes, bytes]] = defaultdict(dict)
        self.touched: set[int] = set()
        """Partitions whose records are not what they were when they were last handed over."""
        self.hidden: dict[int, set[bytes]] = defaultdict(set)
        """Keys behind whose good record a stale one lies in the changelog."""

    def put(self, partition: int, records: Mapping[bytes, bytes]) -> None:
        """Keep what this worker has just made durable."""
        self.partitions[partition].update(records)

    def apply_changelog_batch(
        self, batch: Iterable[EventT[bytes]], to_key: Callable[[Any], bytes], to_value: Callable[[Any], bytes]
    ) -> None:
        """Take in what was read of the changelog."""
        for event in batch:
            bundle = cast(Bundle, event.message)
            for record in bundle.records:
                self.apply(bundle.partition, record.key, record.value)

    def apply(self, partition: int, key: bytes | None, value: bytes | None) -> None:
        """Take in one record of the changelog; of two, the one that has read further counts, else the later."""
        if key is None:
            raise TypeError("a record of a changelog has a key")
        records = self.partitions[partition]
        held = records.get(key)
        if held is not None and value is not None and _has_read_further(held, value):
            self.hidden[partition].add(key)
            return
        self.hidden[partition].discard(key)
        if held != value:
            self.touched.add(partition)
        if value is None:
            records.pop(key, None)
        else:
            records[key] = value

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Drop the partitions that go, and begin with nothing in those that come."""
        changelog = self.table.changelog_topic.get_topic_name()
        for tp in (*revoked, *newly_assigned):
            if tp.topic == changelog:
                self.partitions.pop(tp.partition, None)
                self.hidden.pop(tp.partition, None)
                self.touched.add(tp.partition)

    def persisted_offset(self, tp: TP) -> int | None:
        """Return None: what is in memory is read anew after every start."""
        return None

    def set_persisted_offset(self, tp: TP, offset: int) -> None:
        """Do nothing: nothing outlives the process."""

    def reset_state(self) -> None:
        """Do nothing: nothing outlives the process."""

    async def backup_partition(self, tp: TP | int, flush: bool = True, purge: bool = False, keep: int = 1) -> None:
        """Do nothing: the changelog is the backup."""

    def restore_backup(self, tp: TP | int, latest: bool = True, backup_id: int = 0) -> None:
        """Do nothing: the changelog is the backup."""

    @property
    def data(self) -> dict[bytes, bytes]:  # type: ignore[override]
        """All records, in one copy: for who looks from outside."""
        return {key: value for records in self.partitions.values() for key, value in records.items()}


def _has_read_further(one: bytes, other: bytes) -> bool:
    """Compare two records; one that is no record at all has to be told by who reads it, if it is still there then."""
    try:
        return watermark_of(one) > watermark_of(other)
    except NoRecord:
        return False


def store_of(table: CollectionT) -> Store:
    """Return the store of a table; all of ours are of this kind."""
    return cast(Store, cast(Any, table).data)


def register_store() -> None:
    """Make the store known to Faust by its scheme."""
    STORES.aliases[SCHEME] = f"{__name__}:Store"
