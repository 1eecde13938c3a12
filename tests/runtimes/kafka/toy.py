"""A processor that is small enough to be sure of, as a worker of its own: it counts the distinct ids of each key.

It says one thing for each id that is new: the id, and how many the key has now. Lost, doubled or reordered, these
numbers show it.
"""

import asyncio
import json
import logging
import os
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from milepost.runtimes.kafka.quiet import quiet_libraries
from milepost.runtimes.kafka.worker import run_stations
from milepost.runtimes.logs import set_up_logs
from milepost.settings import Settings
from milepost.tracker.outgoing import Output
from milepost.tracker.station import Arrived, Step
from milepost.tracker.stored import watermark_of
from milepost_schemas.messages import ProgramKnown, SourceRedeclared
from milepost_schemas.topics import Topic

PADDING = "x" * int(os.environ.get("TOY_PADDING", "0"))


class ToyStation:
    """Counts ids; follows the order that a station keeps: state with what it owes first, then the outputs."""

    def __init__(self, topic: Topic = Topic.LEARNERS, to: Topic = Topic.CHANGES) -> None:
        self.topic = topic
        self._to = to
        self._partitions: dict[int, dict[bytes, bytes]] = {}
        self._resumed: set[int] = set()

    def assign(self, partition: int, items: Iterable[tuple[bytes, bytes]]) -> None:
        self._partitions[partition] = dict(items)
        self._resumed.discard(partition)

    def revoke(self, partition: int) -> None:
        del self._partitions[partition]

    def needs(self, arrived: Sequence[Arrived]) -> Sequence[ProgramKnown | SourceRedeclared]:
        return ()

    def take(self, partition: int, arrived: Sequence[Arrived]) -> Iterator[Step]:
        records = self._partitions[partition]
        if partition not in self._resumed:
            self._resumed.add(partition)
            yield Step({}, list(self._owed(partition, arrived[0].offset)))
        step = Step({}, [])
        for one in arrived:
            assert one.key is not None
            held = records.get(one.key)
            if held is not None and one.offset <= watermark_of(held):
                continue
            ids, owed = unpacked(held) if held is not None else ([], [])
            owed = owed if one.key in step.stored else []
            said = one.value.decode()
            if said not in ids:
                ids.append(said)
                owed.append(f"{said}={len(ids)}")
                step.outputs.append(Output(self._to, partition, one.key, owed[-1].encode()))
            step.stored[one.key] = records[one.key] = packed(one.offset, ids, owed)
        yield step

    def _owed(self, partition: int, first: int) -> Iterator[Output]:
        for key, value in self._partitions[partition].items():
            if watermark_of(value) >= first:
                for said in unpacked(value)[1]:
                    yield Output(self._to, partition, key, said.encode())


def packed(watermark: int, ids: list[str], owed: list[str]) -> bytes:
    return struct.pack(">q", watermark) + json.dumps([ids, owed, PADDING]).encode()


def unpacked(value: bytes) -> tuple[list[str], list[str]]:
    ids, owed, _ = json.loads(value[8:])
    return ids, owed


async def nothing_to_learn(needed: Sequence[Any]) -> None:
    assert not needed


def main() -> None:
    """Run a worker of toys; the settings come from the environment."""
    set_up_logs("info")
    quiet_libraries()
    import uvloop

    settings = Settings()
    ready = Path(os.environ["TOY_READY"]) if "TOY_READY" in os.environ else None

    def tell(address: str) -> None:
        if ready is not None:
            ready.write_text(address)

    stations: list[ToyStation] = [ToyStation()]
    if os.environ.get("TOY_CHAIN"):
        stations = [ToyStation(Topic.ACTORS, Topic.LEARNERS), ToyStation()]
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_stations(settings, stations, learned=nothing_to_learn, listening=tell))


if __name__ == "__main__":
    main()
    sys.exit(0)
