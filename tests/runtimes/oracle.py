"""What must hold of a database after everything was sent, whatever happened to the processes meanwhile."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import msgspec
from sqlalchemy import select

from milepost.store import dead_letters, log, recording
from milepost.store.database import Database
from milepost.store.showing import gap_rows, journey_rows, participant_rows, seat_rows, session_rows
from milepost.store.tables import accepted, kept, shown
from milepost.tracker.cascade import Cascade
from milepost.tracker.memory import MemoryKeep
from milepost_schemas.instants import DAY
from milepost_schemas.projections import LearnerProjected, OfferingProjected, Projected
from milepost_schemas.topics import decode_logged
from tests.laws.delivery import differences, evidence, evidence_in
from tests.runtimes.traffic import BEGIN, END, LEARNERS, Request


def assert_nothing_is_missing(database: Database, every: list[Request]) -> None:
    with database.reading() as connection:
        ids = set(connection.execute(select(accepted.statements.c.statement_id)).scalars())
        bodies = set(connection.execute(select(accepted.raw_messages.c.body)).scalars())
        assert recording.position(connection) == log.end(connection)
        assert dead_letters.count(connection) == 0
        filed = set(connection.execute(select(kept.facts.c.fact_id)).scalars())
    messages = everything_logged(database)
    for request in every:
        if request["url"] == "/xapi/statements":
            assert ids >= {statement["id"] for statement in request["json"]}
        elif "content" in request:
            assert request["content"].encode() in bodies
    told = {message.fact.fact_id for message in messages if hasattr(message, "fact")}
    assert filed >= told


def assert_nothing_was_concluded_twice(database: Database) -> None:
    sequences: dict[str, list[str]] = defaultdict(list)
    with database.reading() as connection:
        rows = connection.execute(select(shown.changes).order_by(shown.changes.c.number)).mappings().all()
    for row in rows:
        if row["gap_id"] and "severity" not in row["type"]:
            sequences[row["gap_id"]].append(row["type"])
    assert sequences
    for told in sequences.values():
        assert all(one != other for one, other in pairwise(told)), told


def pure_fold(database: Database) -> MemoryKeep:
    """Return what the core makes of everything that was logged, by itself."""
    keep = MemoryKeep(tracking_from=BEGIN - 30 * DAY)
    cascade = Cascade(keep)
    cascade.take(everything_logged(database))
    cascade.tick("default", END)
    return keep


def assert_evidence_is_that_of_the_pure_fold(database: Database, records: Mapping[str, bytes]) -> None:
    """Compare the evidence in the records of the resolver."""
    assert differences(evidence(pure_fold(database)), evidence_in(records)) == []


def assert_shown_is_what_the_pure_fold_shows(database: Database) -> None:
    keep = pure_fold(database)
    learners = [row for row in keep.rows.values() if isinstance(row, LearnerProjected)]
    offerings = [row for row in keep.rows.values() if isinstance(row, OfferingProjected)]
    assert len(learners) >= LEARNERS
    assert rows(database, shown.journeys) == comparable(row for one in learners for row in journey_rows(one))
    assert rows(database, shown.seats) == comparable(row for one in learners for row in seat_rows(one))
    assert rows(database, shown.sessions) == comparable(row for one in offerings for row in session_rows(one))
    assert rows(database, shown.participants) == comparable(row for one in offerings for row in participant_rows(one))
    standing = [gap for gap in rows(database, shown.gaps) if gap["state"] in ("open", "mitigated")]
    projected: list[Projected] = [*learners, *offerings]
    expected = comparable(row for one in projected for row in gap_rows(one))
    assert standing == [gap for gap in expected if gap["state"] in ("open", "mitigated")]
    assert standing


def everything_logged(database: Database) -> list[Any]:
    with database.reading() as connection:
        return [decode_logged(entry.body) for entry in log.read(connection, 0, limit=1_000_000)]


TOLD = ("opened_at", "changed_at", "as_of", "version", "told", "severity", "urgency", "shown_by")
"""What depends on when something was told, and not on what is true."""


def rows(database: Database, table: Any) -> list[Any]:
    with database.reading() as connection:
        return comparable(connection.execute(select(table)).mappings().all())


def comparable(found: Any) -> list[Any]:
    """Return rows in one order, opened up, without what depends on when it was told."""
    opened = []
    for row in found:
        whole = {name: value for name, value in dict(row).items() if name not in ("row", "tenant")}
        whole |= msgspec.json.decode(row["row"]) if "row" in row else {}
        opened.append({name: value for name, value in whole.items() if name not in TOLD})
    return sorted(opened, key=repr)
