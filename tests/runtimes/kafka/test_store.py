"""What stands in a changelog, and what a worker makes of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from faust.stores.memory import Store as StockStore
from faust.types import TP

from milepost.runtimes.kafka.store import Store, store_of
from tests.runtimes.kafka.scripted import app_of, changelog_event
from tests.runtimes.kafka.toy import packed

CHANGELOG = "t.learners-records"
BETTER = packed(9, ["a", "b"], [])
STALE = packed(4, ["a"], [])


def stores(folder: Path) -> tuple[Store, StockStore[Any, Any]]:
    """Return one of ours and a stock one, of the same table."""

    async def make() -> tuple[Store, StockStore[Any, Any]]:
        app = app_of(folder)
        table = app.tables["learners"]
        return store_of(table), StockStore("memory://", app, table)

    return asyncio.run(make())


def read(store: Any, *records: tuple[int, bytes, bytes]) -> None:
    store.apply_changelog_batch([changelog_event(*record) for record in records], lambda key: key, lambda value: value)


def test_what_a_paused_worker_wrote_last_does_not_win_over_what_had_read_further(tmp_path: Path) -> None:
    ours, stock = stores(tmp_path)

    for store in (ours, stock):
        read(store, (0, b"k", BETTER), (0, b"k", STALE))

    assert ours.partitions[0] == {b"k": BETTER}
    assert stock.data == {b"k": STALE}, "the loss that it prevents"


def test_a_record_behind_which_a_stale_one_lies_is_remembered(tmp_path: Path) -> None:
    ours, _ = stores(tmp_path)

    read(ours, (0, b"k", BETTER), (0, b"k", STALE))

    assert ours.hidden[0] == {b"k"}


def test_a_stale_record_that_was_written_over_again_hides_nothing(tmp_path: Path) -> None:
    ours, _ = stores(tmp_path)

    read(ours, (0, b"k", BETTER), (0, b"k", STALE), (0, b"k", BETTER))

    assert ours.hidden[0] == set()


def test_of_two_records_that_have_read_equally_far_the_later_counts(tmp_path: Path) -> None:
    ours, _ = stores(tmp_path)
    ticked = packed(9, ["a", "b"], ["told"])

    read(ours, (0, b"k", BETTER), (0, b"k", ticked))

    assert ours.partitions[0] == {b"k": ticked}


def test_a_partition_that_goes_takes_its_records_with_it(tmp_path: Path) -> None:
    ours, stock = stores(tmp_path)
    ours.put(0, {b"k": STALE})
    ours.put(1, {b"other": STALE})
    stock.data[b"k"] = STALE
    gone, kept = TP(CHANGELOG, 0), TP(CHANGELOG, 1)

    for store in (ours, stock):
        asyncio.run(store.on_rebalance({kept}, {gone}, set()))
        asyncio.run(store.on_recovery_completed({kept}, set()))

    assert set(ours.data) == {b"other"}
    assert set(stock.data) == {b"k"}, "the loss that it prevents: this comes back as if it were current"


def test_what_comes_again_begins_empty_and_is_handed_over_anew(tmp_path: Path) -> None:
    ours, _ = stores(tmp_path)
    ours.put(2, {b"k": STALE})
    ours.touched.clear()

    asyncio.run(ours.on_rebalance({TP(CHANGELOG, 2)}, set(), {TP(CHANGELOG, 2)}))

    assert 2 not in ours.partitions
    assert ours.touched == {2}


def test_the_partitions_of_another_table_are_none_of_its_business(tmp_path: Path) -> None:
    ours, _ = stores(tmp_path)
    ours.put(0, {b"k": STALE})

    asyncio.run(ours.on_rebalance(set(), {TP("t.actors-records", 0)}, set()))

    assert ours.partitions[0] == {b"k": STALE}


def test_reading_again_what_is_held_already_touches_nothing(tmp_path: Path) -> None:
    ours, _ = stores(tmp_path)
    ours.put(0, {b"k": BETTER})

    read(ours, (0, b"k", BETTER))

    assert ours.touched == set()


def test_a_record_that_is_taken_back_is_gone_whatever_it_had_read(tmp_path: Path) -> None:
    ours, _ = stores(tmp_path)

    ours.apply(0, b"k", BETTER)
    ours.apply(0, b"k", None)

    assert ours.partitions[0] == {}
    assert ours.touched == {0}


def test_behind_one_that_was_taken_back_a_record_counts_that_has_read_less(tmp_path: Path) -> None:
    ours, _ = stores(tmp_path)

    for value in (BETTER, None, STALE):
        ours.apply(0, b"k", value)

    assert ours.partitions[0] == {b"k": STALE}
    assert ours.hidden[0] == set()


@pytest.mark.parametrize("spoiled", [b"", b"short"])
def test_what_is_no_record_at_all_hides_none_and_is_behind_none(spoiled: bytes, tmp_path: Path) -> None:
    ours, _ = stores(tmp_path)

    ours.apply(0, b"k", BETTER)
    ours.apply(0, b"k", spoiled)
    assert ours.partitions[0] == {b"k": spoiled}

    ours.apply(0, b"k", STALE)
    assert ours.partitions[0] == {b"k": STALE}


def test_a_record_without_a_key_is_refused(tmp_path: Path) -> None:
    ours, _ = stores(tmp_path)

    with pytest.raises(TypeError, match="has a key"):
        ours.apply(0, None, BETTER)
