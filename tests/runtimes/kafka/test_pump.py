"""Nothing is acknowledged before all that follows from it is durable."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest
from faust.types import TP

from milepost.runtimes.kafka.producer import Letter
from milepost.runtimes.kafka.pump import MOST_AT_ONCE, MOST_WAITING, Hole, Pump
from milepost.runtimes.kafka.worker_metrics import WorkerMetrics
from milepost.tracker.outgoing import Output
from milepost.tracker.station import Step
from milepost_schemas.topics import Topic
from tests.runtimes.kafka.scripted import NAMES, Noted, ScriptedStation, bundle, event, in_envelope, record

CHANGELOG = "t.learners-records"

FIRST = Step({b"k": b"one"}, [Output(Topic.CHANGES, 3, b"k", b"first")])
SECOND = Step({b"k": b"two"}, [Output(Topic.CHANGES, 3, b"k", b"second")])


class Broker:
    """Acknowledges what it is sent, a moment later; or fails at a topic."""

    def __init__(self, noted: Noted, *, failing: str | None = None) -> None:
        self._noted = noted
        self._failing = failing

    async def send(self, letters: Iterable[Letter]) -> None:
        for letter in letters:
            self._noted.append(f"sent {letter.topic}/{letter.partition} {letter.value.decode()}")
            await asyncio.sleep(0)
            if letter.topic == self._failing:
                raise OSError("the broker is away")


def pump_of(
    noted: Noted, *steps: Step, failing: str | None = None, needed: Sequence[Any] = (), learned: Any = None
) -> Pump:
    def keep(partition: int, records: Mapping[bytes, bytes]) -> None:
        noted.extend(f"kept {partition} {value.decode()}" for value in records.values())

    async def learn(needed: Sequence[Any]) -> None:
        noted.append(f"learned {', '.join(needed)}")

    return Pump(
        ScriptedStation(steps, noted, needed=needed),
        WorkerMetrics(),
        names=NAMES,
        changelog=CHANGELOG,
        send=Broker(noted, failing=failing).send,
        keep=keep,
        learned=learned or learn,
    )


async def run_until_idle(pump: Pump) -> None:
    running = asyncio.create_task(pump.run())
    while pump.is_busy and not running.done():
        await asyncio.sleep(0)
    running.cancel()
    try:
        await running
    except asyncio.CancelledError:
        return


async def pass_through(pump: Pump, *events: Any) -> None:
    pump.hold(0, {})
    pump.begin(0, events[0].message.offset)
    for one in events:
        await pump.add(one)
    await run_until_idle(pump)


def test_a_step_is_durable_then_kept_then_sent_before_the_next_and_only_then_acknowledged() -> None:
    noted = Noted()

    asyncio.run(pass_through(pump_of(noted, FIRST, SECOND), event(7, noted=noted), event(8, noted=noted)))

    assert noted == [
        "hold 0",
        "step 1",
        "sent t.learners-records/0 one",
        "kept 0 one",
        "sent t.changes/3 first",
        "step 2",
        "sent t.learners-records/0 two",
        "kept 0 two",
        "sent t.changes/3 second",
        "acknowledged 0/7",
        "acknowledged 0/8",
    ]


def test_where_the_changelog_fails_nothing_is_kept_sent_or_acknowledged() -> None:
    noted = Noted()

    with pytest.raises(OSError, match="away"):
        asyncio.run(pass_through(pump_of(noted, FIRST, failing="t.learners-records"), event(7, noted=noted)))

    assert noted == ["hold 0", "step 1", "sent t.learners-records/0 one"]


def test_where_an_output_fails_nothing_is_acknowledged() -> None:
    noted = Noted()

    with pytest.raises(OSError, match="away"):
        asyncio.run(pass_through(pump_of(noted, FIRST, failing="t.changes"), event(7, noted=noted)))

    assert noted[-1] == "sent t.changes/3 first"


def test_what_a_message_refers_to_is_learned_first() -> None:
    noted = Noted()

    asyncio.run(pass_through(pump_of(noted, FIRST, needed=["a program"]), event(7, noted=noted)))

    assert noted[1:3] == ["learned a program", "step 1"]


@pytest.mark.parametrize("offset", [6, 8])
def test_a_message_that_is_missing_or_comes_twice_stops_everything(offset: int) -> None:
    async def add() -> None:
        pump = pump_of(Noted())
        pump.hold(0, {})
        pump.begin(0, 7)
        await pump.add(event(offset))

    with pytest.raises(Hole, match=f"t.learners/0: {offset} came where 7 was due"):
        asyncio.run(add())


def test_a_message_that_is_missing_within_a_bundle_stops_everything() -> None:
    async def add() -> None:
        pump = pump_of(Noted())
        pump.hold(0, {})
        pump.begin(0, 7)
        await pump.add(in_envelope(bundle(TP("t.learners", 0), record(7), record(9))))

    with pytest.raises(Hole, match="only 2 of 7 to 9 came"):
        asyncio.run(add())


def test_bundles_are_taken_together_up_to_what_is_taken_at_once() -> None:
    noted, half = Noted(), MOST_AT_ONCE // 2 - 1

    async def several() -> None:
        pump = pump_of(noted, FIRST)
        pump.hold(0, {})
        pump.begin(0, 0)
        for begin in range(0, 4 * half, half):
            some = bundle(TP("t.learners", 0), *map(record, range(begin, begin + half)))
            await pump.add(in_envelope(some, noted))
        await run_until_idle(pump)

    asyncio.run(several())

    steps_and_acknowledgments = [what for what in noted if what.startswith(("step", "ack"))]
    assert steps_and_acknowledgments == [
        *("step 1", f"acknowledged 0/{half - 1}", f"acknowledged 0/{2 * half - 1}"),
        *("step 1", f"acknowledged 0/{3 * half - 1}", f"acknowledged 0/{4 * half - 1}"),
    ]


def test_a_message_of_a_partition_that_is_not_held_stops_everything() -> None:
    async def add() -> None:
        await pump_of(Noted()).add(event(0))

    with pytest.raises(Hole):
        asyncio.run(add())


def test_after_it_was_given_out_anew_a_partition_begins_where_it_is_told() -> None:
    noted = Noted()

    async def twice() -> None:
        pump = pump_of(noted)
        await pass_through(pump, event(7, noted=noted), event(8, noted=noted))
        await pass_through(pump, event(7, noted=noted))

    asyncio.run(twice())

    assert noted.count("acknowledged 0/7") == 2


def test_the_stream_waits_while_there_is_no_room() -> None:
    async def fill() -> bool:
        pump = pump_of(Noted())
        pump.hold(0, {})
        pump.begin(0, 0)
        for offset in range(MOST_WAITING - 1):
            await pump.add(event(offset))
        waiting = asyncio.create_task(pump.add(event(MOST_WAITING - 1)))
        await asyncio.sleep(0)
        waited = not waiting.done()
        await run_until_idle(pump)
        await waiting
        return waited

    assert asyncio.run(fill())


def test_a_round_waits_a_moment_for_company() -> None:
    rounds: list[list[str]] = []

    async def send(letters: Iterable[Letter]) -> None:
        rounds.append([f"{letter.topic}/{letter.partition}" for letter in letters])

    async def one_after_the_other() -> None:
        pump = Pump(
            ScriptedStation([FIRST], Noted(), needed=()),
            WorkerMetrics(),
            names=NAMES,
            changelog=CHANGELOG,
            send=send,
            keep=lambda *_: None,
            learned=lambda _: asyncio.sleep(0),
        )
        for partition in (0, 1):
            pump.hold(partition, {})
            pump.begin(partition, 5)
        await pump.add(event(5, partition=0))
        running = asyncio.create_task(run_until_idle(pump))
        for _ in range(3):  # turns of the loop: the round would have begun
            await asyncio.sleep(0)
        await pump.add(event(5, partition=1))
        await running

    asyncio.run(one_after_the_other())

    assert rounds[0] == ["t.learners-records/0", "t.learners-records/1"]


def test_partitions_go_through_side_by_side_each_in_its_own_order() -> None:
    noted = Noted()

    async def both() -> None:
        pump = pump_of(noted, FIRST)
        for partition in (0, 1):
            pump.hold(partition, {})
            pump.begin(partition, 5)
        for partition, offset in ((0, 5), (1, 5), (0, 6)):
            await pump.add(event(offset, partition=partition, noted=noted))
        await run_until_idle(pump)

    asyncio.run(both())

    assert [what for what in noted if what.startswith("acknowledged")] == [
        "acknowledged 0/5",
        "acknowledged 0/6",
        "acknowledged 1/5",
    ]
    assert noted.index("sent t.learners-records/1 one") < noted.index("sent t.changes/3 first")


def test_letting_a_partition_go_ends_what_is_held_of_it() -> None:
    noted = Noted()

    async def go() -> Pump:
        pump = pump_of(noted)
        pump.hold(2, {b"k": b"v"})
        pump.begin(2, 0)
        pump.let_go(2)
        return pump

    pump = asyncio.run(go())

    assert noted == ["hold 2", "let go 2"]
    assert pump.partitions == frozenset()
