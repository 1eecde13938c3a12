"""How partitions are taken over, and what happens when they are taken away meanwhile."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from faust.tables.recovery import RebalanceAgain
from faust.tables.recovery import Recovery as StockRecovery
from faust.types import TP

from milepost.runtimes.kafka.app import App
from milepost.runtimes.kafka.bundle import Bundle
from milepost.runtimes.kafka.recovery import Recovery
from milepost.runtimes.kafka.store import store_of
from tests.runtimes.kafka.scripted import Ended, Noted, app_of, bundle, record
from tests.runtimes.kafka.toy import packed

SOURCE = TP("t.learners", 0)
CHANGELOG = TP("t.learners-records", 0)
GOOD = packed(9, ["a", "b"], [])
STALE = packed(4, ["a"], [])


class ScriptedConsumer:
    """A consumer that notes what it is told, and answers at the next turn of the loop."""

    def __init__(self, noted: Noted) -> None:
        self.noted = noted
        self.committed: dict[TP, int | None] = {SOURCE: 40}
        self.earliest = 0
        self.fetched = noted.note_async("waited for fetches")
        self.perform_seek = noted.note_async("looked up what is committed")
        self.resume_flow = noted.note("flow resumed")

    def assignment(self) -> set[TP]:
        return {SOURCE, CHANGELOG}

    async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
        return dict.fromkeys(tps, self.earliest)

    async def seek_wait(self, offsets: dict[TP, int]) -> None:
        await asyncio.sleep(0)
        self.noted += [f"sought {tp.topic} {offset}" for tp, offset in offsets.items()]

    def resume_partitions(self, tps: Any) -> None:
        self.noted += [f"resumed {tp.topic}" for tp in tps]


class ScriptedProducer:
    """A producer that notes what it is told to send."""

    def __init__(self, noted: Noted) -> None:
        self.noted = noted

    async def send_all(self, letters: Any) -> None:
        self.noted += [f"wrote {letter.topic}/{letter.partition} {letter.value!r}" for letter in letters]


def scene(folder: Path, kind: type[StockRecovery] = Recovery) -> tuple[App, Any, Noted]:
    """Return an app, the recovery of its tables, and what happens around it."""
    noted = Noted()
    app = app_of(folder)
    cast(Any, app.tables)._recovery = kind(app, app.tables)
    app.consumer = cast(Any, ScriptedConsumer(noted))
    app.producer = cast(Any, ScriptedProducer(noted))
    app.consumer_generation_id = 1
    app._assignment = {SOURCE, CHANGELOG}
    app._rebalancing_sensor_state = {}
    app.__dict__["assignor"] = SimpleNamespace(assigned_standbys=set, assigned_actives=lambda: {SOURCE, CHANGELOG})
    app.__dict__["_fetcher"] = SimpleNamespace(maybe_start=noted.note_async("fetching"), app=app)
    recovery = cast(Any, app.tables).recovery
    table = app.tables["learners"]
    recovery.tp_to_table[CHANGELOG] = table
    recovery.active_tps.add(CHANGELOG)
    recovery.actives_for_table[table].add(CHANGELOG)
    return app, recovery, noted


def changelog_message(offset: int, value: bytes, *, generation: int = 1) -> Bundle:
    return bundle(CHANGELOG, record(offset, value=value), generation=generation)


def test_sources_are_sought_while_they_are_paused_and_resumed_last(tmp_path: Path) -> None:
    async def complete(kind: type[StockRecovery]) -> Noted:
        _, recovery, noted = scene(tmp_path, kind)
        await recovery.on_recovery_completed(1)
        return noted

    ours, stock = asyncio.run(complete(Recovery)), asyncio.run(complete(StockRecovery))

    assert ours == [
        "waited for fetches",
        "looked up what is committed",
        "sought t.learners 40",
        "resumed t.learners",
        "flow resumed",
        "fetching",
    ]
    assert stock.index("resumed t.learners") < stock.index("looked up what is committed"), "the loss that it prevents"


def test_a_partition_of_which_nothing_was_committed_is_sought_too(tmp_path: Path) -> None:
    async def complete() -> Noted:
        app, recovery, noted = scene(tmp_path)
        cast(Any, app.consumer).committed = {SOURCE: None}
        await recovery.on_recovery_completed(1)
        return noted

    assert "sought t.learners 0" in asyncio.run(complete())


def test_where_the_topic_has_forgotten_what_is_committed_it_begins_with_what_is_left(tmp_path: Path) -> None:
    async def complete() -> Noted:
        app, recovery, noted = scene(tmp_path)
        cast(Any, app.consumer).earliest = 60
        await recovery.on_recovery_completed(1)
        return noted

    assert "sought t.learners 60" in asyncio.run(complete())


@pytest.mark.parametrize("what", ["revoked", "generation", "assigned"])
def test_nothing_is_let_through_once_another_rebalance_has_begun(tmp_path: Path, what: str) -> None:
    async def complete() -> Noted:
        app, recovery, noted = scene(tmp_path)
        if what == "revoked":
            recovery.on_partitions_revoked({SOURCE})
        elif what == "generation":
            app.consumer_generation_id = 2
        else:
            recovery.signal_recovery_start.set()
        with pytest.raises(RebalanceAgain):
            await recovery.on_recovery_completed(1)
        return noted

    assert asyncio.run(complete()) == []


def test_partitions_that_are_taken_away_while_they_are_handed_over_are_not_resumed(tmp_path: Path) -> None:
    async def complete() -> Noted:
        app, recovery, noted = scene(tmp_path)
        handed = app.hand_over

        async def hand_over(first: Any) -> None:
            await handed(first)
            recovery.on_partitions_revoked({SOURCE})

        app.__dict__["hand_over"] = hand_over
        with pytest.raises(RebalanceAgain):
            await recovery.on_recovery_completed(1)
        return noted

    assert "resumed t.learners" not in asyncio.run(complete())


def test_a_record_behind_which_a_stale_one_lies_is_written_again(tmp_path: Path) -> None:
    async def complete() -> Noted:
        app, recovery, noted = scene(tmp_path)
        recovery._apply(bundle(CHANGELOG, record(7, value=GOOD), record(8, value=STALE)))
        await recovery.on_recovery_completed(1)
        assert not store_of(app.tables["learners"]).hidden
        return noted

    assert asyncio.run(complete())[0] == f"wrote t.learners-records/0 {GOOD!r}"


def test_what_waited_for_room_since_an_earlier_recovery_is_not_taken_for_a_part_of_this_one(tmp_path: Path) -> None:
    async def apply() -> tuple[dict[bytes, bytes], Any]:
        app, recovery, _ = scene(tmp_path)
        app.consumer_generation_id = 2
        recovery._apply(changelog_message(900, STALE, generation=1))
        recovery._apply(changelog_message(5, GOOD, generation=2))
        return store_of(app.tables["learners"]).partitions[0], recovery.active_offsets[CHANGELOG]

    assert asyncio.run(apply()) == ({b"k": GOOD}, 5)


def test_a_partition_that_comes_back_after_an_assignment_that_was_skipped_is_read_from_its_beginning(
    tmp_path: Path,
) -> None:
    async def skip(kind: type[StockRecovery]) -> Any:
        app, recovery, _ = scene(tmp_path, kind)
        recovery.active_offsets[CHANGELOG] = 500
        # It goes with generation 2, but 3 is there already; with that one it is ours again.
        app.consumer_generation_id = 3
        await recovery.on_rebalance(set(), {CHANGELOG}, set(), 2)
        await recovery.on_rebalance({CHANGELOG}, set(), {CHANGELOG}, 3)
        return recovery.active_offsets[CHANGELOG]

    assert asyncio.run(skip(Recovery)) is None
    assert asyncio.run(skip(StockRecovery)) == 500, "the loss that it prevents: the records before are never read"


def test_a_request_that_takes_too_long_ends_the_process(tmp_path: Path) -> None:
    async def wait() -> None:
        _, recovery, _ = scene(tmp_path)
        await recovery._wait(asyncio.Event().wait(), timeout=0.01)

    with pytest.raises(Ended, match="took too long"):
        asyncio.run(wait())


def test_another_rebalance_ends_a_wait(tmp_path: Path) -> None:
    async def wait() -> None:
        _, recovery, _ = scene(tmp_path)
        recovery.signal_recovery_start.set()
        await recovery._wait(asyncio.Event().wait())

    with pytest.raises(RebalanceAgain):
        asyncio.run(wait())


def test_a_record_that_cannot_be_kept_ends_the_process(tmp_path: Path) -> None:
    async def slurp() -> None:
        app, recovery, _ = scene(tmp_path)
        event = SimpleNamespace(message=bundle(CHANGELOG, record(5, key=cast(Any, None))))
        cast(Any, app.tables).changelog_queue.force_put_nowait(event)
        await type(recovery)._slurp_changelogs.fun(recovery)

    with pytest.raises(Ended, match="a record cannot be kept"):
        asyncio.run(slurp())


def test_what_a_worker_holds_already_and_nobody_changed_stays_with_it(tmp_path: Path) -> None:
    async def rebalance() -> list[Any]:
        app, recovery, _ = scene(tmp_path)
        recovery._apply(changelog_message(5, GOOD))
        await recovery.on_recovery_completed(1)
        pump = app.pumps["t.learners"]
        station: Any = pump.station
        first = station._partitions[0]
        recovery._apply(changelog_message(6, GOOD))
        await recovery.on_recovery_completed(1)
        again = station._partitions[0]
        recovery._apply(changelog_message(7, packed(12, ["a", "b", "c"], [])))
        await recovery.on_recovery_completed(1)
        return [first is again, station._partitions[0] is first, pump.partitions]

    assert asyncio.run(rebalance()) == [True, False, {0}]
