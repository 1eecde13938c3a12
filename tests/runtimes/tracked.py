"""A database in which a story came by the log, and all that it shows and knows."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, cast

import msgspec
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from milepost.clock import ManualClock
from milepost.runtimes.embedded_metrics import EmbeddedMetrics
from milepost.runtimes.tracking import Tracking
from milepost.store import log, people
from milepost.store.arrivals import Arrivals
from milepost.store.database import Database
from milepost.store.tables import accepted, kept, shown
from milepost.tracker.projector import REBUILT
from milepost_schemas.submissions import LogMessage
from milepost_schemas.topics import Message
from tests.core.builders import TENANT
from tests.laws.delivery import evidence_in
from tests.laws.stories import START, Story, received_at
from tests.store.builders import make_tenant

SEEDS = st.integers(0, 2**20)


ANEW = ("version", "as_of")
"""What says when a record was looked at, and not what is true."""


@contextmanager
def tracked(migrated: Path, story: Story, seed: int) -> Iterator[tuple[Database, Tracking, ManualClock]]:
    """A new file in which a story came by the log, with ticks in between, up to its last."""
    with TemporaryDirectory() as folder:
        database = Database(shutil.copy(migrated, Path(folder) / "milepost.db"))
        yield (database, *tracked_on(database, story, seed))
        database.close()


def tracked_on(database: Database, story: Story, seed: int) -> tuple[Tracking, ManualClock]:
    """Have a story come by the log of an empty database."""
    random = Random(seed)
    with database.writing() as connection:
        make_tenant(connection, TENANT, at=0)
    clock = ManualClock(START)
    tracking = Tracking(database, Arrivals(clock), EmbeddedMetrics(CollectorRegistry()))
    for message in story.said:
        at = received_at(message)
        say(database, message)
        if random.random() < 0.2 and clock.now() < at <= story.ends_at:
            clock.set(at)
            tracking.tick()
    tracking.catch_up()
    clock.set(story.ends_at)
    tracking.tick()
    return tracking, clock


def say(database: Database, message: Message) -> None:
    with database.writing() as connection:
        people.propose(connection, [message])
        origin = log.Origin(tenant=TENANT, received_at=received_at(message))
        log.append(connection, origin, [cast(LogMessage, message)])


def opened(row: Any) -> dict[str, Any]:
    whole = {**row, **(msgspec.json.decode(row["row"]) if "row" in row else {})}
    return {name: value for name, value in whole.items() if name not in (*ANEW, "row")}


def everything_shown(database: Database) -> dict[str, list[Any]]:
    with database.reading() as connection:
        found = {
            table.name: sorted(map(opened, connection.execute(select(table)).mappings()), key=repr)
            for table in (*REBUILT, accepted.identifiers)
        }
        return found | {"changes": list(connection.execute(select(shown.changes)))}


def everything_known(database: Database) -> dict[str, Any]:
    with database.reading() as connection:
        rows = connection.execute(select(kept.records).where(kept.records.c.topic == "actors"))
        waits = connection.execute(select(kept.waits)).all()
        return {"evidence": evidence_in({row.key: row.record for row in rows}), "waits": sorted(map(tuple, waits))}
