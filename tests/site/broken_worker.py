"""`milepost worker`, broken on purpose, as `broken_worker.py HOW worker ...`: the suite of chaos has to see it."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from milepost.cli import main
from milepost.core.processors import meetings
from milepost.runtimes.kafka import worker
from milepost.runtimes.kafka.pump import Pump
from milepost_schemas.facts import ParticipantJoined, ParticipantLeft


def acknowledge_before_storing() -> None:
    """Commit messages as soon as they are read: what follows from them is lost where the worker dies then."""
    process: Any = worker
    right, right_build = Pump._take, process.build_app
    apps: list[Any] = []

    async def take(self: Any, batch: Sequence[Any]) -> None:
        for taking in batch:
            taking.acknowledge()
            taking.acknowledge = lambda: None
        await apps[-1].consumer.commit()
        await asyncio.sleep(0.3)
        await right(self, batch)

    def build(*arguments: Any, **options: Any) -> Any:
        apps.append(right_build(*arguments, **options))
        return apps[-1]

    Pump._take = take  # type: ignore[method-assign]
    process.build_app = build


def count_in_place_of_a_set() -> None:
    """Take a join or a leave that comes again for one more."""
    right = meetings._add_point

    def add(record: meetings.MeetingRecord, identifier: str, fact: ParticipantJoined | ParticipantLeft) -> None:
        times = sum(point.fact_id.startswith(fact.fact_id) for point in record.points.get(identifier, ()))
        if times:
            fact = replace(fact, fact_id=f"{fact.fact_id}#{times}", connection=f"{fact.connection}#{times}")
        right(record, identifier, fact)

    meetings._add_point = add


BREAKINGS = {"acknowledges-first": acknowledge_before_storing, "counts": count_in_place_of_a_set}

if __name__ == "__main__":
    BREAKINGS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
