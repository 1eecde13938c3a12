"""What records show reaches the tables that pages read, whoever projects it and however often."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from milepost.broker.inbox import Received
from milepost.runtimes.projector import Projector
from milepost.runtimes.reprojecting import rebuild_shown
from milepost.settings import Settings
from milepost.store import people, positions
from milepost.store.database import Database, Turn
from milepost.store.tables import accepted, shown
from milepost.tracker.exactly_once import ExactlyOnce
from milepost.tracker.projector import empty, projecting_work, writing_shown
from milepost_schemas.changes import StepCompleted
from milepost_schemas.messages import DeadLetter, Owner, OwnerStated
from milepost_schemas.projections import LearnerProjected
from milepost_schemas.topics import Topic, encode
from tests.archive.topics import place_of, put, put_bytes, said
from tests.services.waiting import wait_until
from tests.store.builders import NOON, about, learner

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


@contextmanager
def running(site: Settings, database: Database) -> Iterator[str]:
    """Run a projector until the end; give its address."""
    stopping, codes = Event(), list[int]()
    process = Projector(site, database)
    with process.watched() as address:
        thread = Thread(target=lambda: codes.append(process.run(stopping)))
        thread.start()
        try:
            yield address
        finally:
            stopping.set()
            thread.join(20)
    assert codes == [0]


def spoken(name: str, version: int) -> LearnerProjected:
    """A learner who has said something in this version."""
    done = StepCompleted(tenant="default", at=NOON, learner=name, program="course", step="theory", done_at=NOON)
    return learner(name, version=version, changes=(done,))


def versions(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return {row.learner: row.version for row in connection.execute(select(shown.learners))}


def changes(database: Database) -> list[tuple[str, int]]:
    with database.reading() as connection:
        return sorted((row.owner, row.version) for row in connection.execute(select(shown.changes)))


def rows(database: Database) -> dict[str, list[Any]]:
    tables = (shown.learners, shown.journeys, shown.steps, shown.gaps)
    with database.reading() as connection:
        return {table.name: sorted(map(tuple, connection.execute(select(table)))) for table in tables}


def owned(identifier: str, to: str, version: int) -> OwnerStated:
    owner = Owner(identifier=identifier, learner=to, standing="known", version=version)
    return OwnerStated(tenant="default", actor="ana", owner=owner)


def owner_of(database: Database, identifier: str) -> str | None:
    with database.reading() as connection:
        mine = accepted.identifiers.c.identifier == identifier
        return connection.execute(select(accepted.identifiers.c.learner).where(mine)).scalar()


def lying(site: Settings, said_by: Sequence[LearnerProjected]) -> list[Received]:
    """Messages as they would lie in one partition."""
    return [Received(Topic.PROJECTIONS, 0, offset, b"", encode(one)) for offset, one in enumerate(said_by)]


def test_rows_are_replaced_by_newer_ones_and_every_change_is_told_once(site: Settings, database: Database) -> None:
    with database.writing() as connection:
        people.propose(connection, [about("ana")])

    with running(site, database) as address:
        put(site, [spoken(name, version) for version in (1, 2, 3) for name in ("ana", "ben", "cem")])
        put(site, [owned("identifier-ana", "somebody", 1), owned("identifier-ana", "ana-herself", 2)])
        put(site, [spoken("ana", 2)])
        wait_until(lambda: versions(database) == {"ana": 3, "ben": 3, "cem": 3})
        wait_until(lambda: owner_of(database, "identifier-ana") == "ana-herself")
        assert httpx.get(f"{address}/health/ready").json() == {"status": "ok"}
        assert httpx.get(f"{address}/health/live").json() == {"status": "ok"}
        assert "milepost_projector_partitions 3.0" in httpx.get(f"{address}/metrics").text

    assert changes(database) == [(name, version) for name in ("ana", "ben", "cem") for version in (1, 2, 3)]


def test_of_what_one_batch_says_of_an_identifier_the_highest_version_counts(database: Database) -> None:
    with database.writing() as connection:
        people.propose(connection, [about("ana")])
    stated = [owned("identifier-ana", "later", 7), owned("identifier-ana", "earlier", 6)]
    once = ExactlyOnce(projecting_work(lambda _: None), writing_shown(database), lambda _: None)

    once.take([Received(Topic.PROJECTIONS, 0, n, b"", encode(one)) for n, one in enumerate(stated)])

    assert owner_of(database, "identifier-ana") == "later"


def test_several_projectors_share_the_partitions_and_one_that_leaves_is_replaced(
    site: Settings, database: Database
) -> None:
    names = [f"learner-{n}" for n in range(30)]
    with running(site, database) as first, ExitStack() as others:
        second = others.enter_context(running(site, database))
        wait_until(lambda: {held(first), held(second)} == {1, 2})
        put(site, [spoken(name, 1) for name in names])
        wait_until(lambda: len(versions(database)) == 30)

        others.close()
        put(site, [spoken(name, 2) for name in names])
        wait_until(lambda: set(versions(database).values()) == {2})

    assert len(changes(database)) == 60


def held(address: str) -> int:
    """Return how many partitions a projector reads."""
    lines = httpx.get(f"{address}/metrics").text.splitlines()
    return round(float(next(line for line in lines if line.startswith("milepost_projector_partitions ")).split()[1]))


def test_a_projector_begins_where_the_database_says_and_not_where_the_group_does(
    site: Settings, database: Database
) -> None:
    with running(site, database):
        put(site, [spoken("ana", 1)])
        wait_until(lambda: versions(database) == {"ana": 1})
    with database.writing(Turn.SHOWN) as connection:
        empty(connection)

    with running(site, database):
        wait_until(lambda: versions(database) == {"ana": 1})


def test_what_shows_nothing_is_set_aside_and_a_deleted_key_is_passed_over(site: Settings, database: Database) -> None:
    good = spoken("ana", 1)
    _, partition, _ = place_of(site, good)
    put_bytes(site, Topic.PROJECTIONS, partition, b"\xff", b"", encode(about()))
    put(site, [good])

    with running(site, database):
        wait_until(lambda: versions(database) == {"ana": 1})

    letters = [letter for letter in said(site, Topic.DEAD_LETTERS) if isinstance(letter, DeadLetter)]
    assert [(letter.topic, letter.offset) for letter in letters] == [("projections", 0), ("projections", 2)]


def test_a_rebuild_shows_the_same_again_and_tells_nobody_twice(site: Settings, database: Database) -> None:
    names = [f"learner-{n}" for n in range(20)]
    with running(site, database):
        put(site, [spoken(name, version) for version in (1, 2) for name in names])
        wait_until(lambda: set(versions(database).values()) == {2} and len(versions(database)) == 20)
        before, told = rows(database), changes(database)
        with database.writing(Turn.SHOWN) as connection:
            connection.execute(shown.journeys.delete())
            connection.execute(shown.gaps.update().values(state="resolved"))
        said_of: list[tuple[int, int]] = []

        rebuild_shown(site, said=lambda done, total: said_of.append((done, total)))

        assert rows(database) == before
        assert changes(database) == told
        assert all(total == 40 for _, total in said_of)
        put(site, [spoken(name, 3) for name in names])
        wait_until(lambda: set(versions(database).values()) == {3})
    assert Counter(version for _, version in changes(database)) == {1: 20, 2: 20, 3: 20}
    with database.reading() as connection:
        assert sum(positions.of_topic(connection, Topic.PROJECTIONS).values()) == 60
