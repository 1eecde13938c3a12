"""Rebuilt at any moment, everything is as it was: what stands, what was told and when, what comes of what follows."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from sqlalchemy import delete, select, update

from milepost.clock import ManualClock
from milepost.runtimes.embedded_metrics import EmbeddedMetrics
from milepost.runtimes.rebuilding import RebuildFailed, rebuild_records, rebuild_shown
from milepost.runtimes.tracking import Tracking
from milepost.store import log, people
from milepost.store.arrivals import Arrivals
from milepost.store.database import Database
from milepost.store.migrate import migrate
from milepost.store.retelling import NewerFact
from milepost.store.tables import accepted, kept, shown
from milepost.stories import read_story, run_story
from milepost.stories.hosts import EmbeddedHost
from milepost.stories.reports import as_text
from milepost.stories.served import ServedWorld
from milepost.tracker.projector import REBUILT
from milepost_schemas.instants import DAY, HOUR
from milepost_schemas.submissions import LogMessage
from milepost_schemas.topics import Message
from tests.core.builders import TENANT, Somebody, elearning, program
from tests.laws.delivery import evidence_in
from tests.laws.effort import examples
from tests.laws.stories import START, Story, received_at, stories
from tests.store.builders import make_tenant
from tests.stories.test_scenarios import SHIPPED, SUITE, told_as

SEEDS = st.integers(0, 2**20)
ANEW = ("version", "as_of")
"""What says when a record was looked at, and not what is true."""


class RebuiltHost(EmbeddedHost):
    """The embedded runtime, rebuilt while it runs, after every tick: first its records, then its pages."""

    def tick(self, at: int) -> None:
        super().tick(at)
        rebuild_records(self.database)
        rebuild_shown(self.database)


@pytest.mark.slow
@pytest.mark.parametrize("file", [*SUITE, *SHIPPED], ids=told_as)
def test_the_story_is_true_of_a_server_that_is_rebuilt_all_the_time(file: Path) -> None:
    outcome = run_story(read_story(file), make=lambda story: ServedWorld(story, host=RebuiltHost))

    assert outcome.passed, as_text([outcome])


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("empty") / "milepost.db"
    opened = Database(place)
    migrate(opened)
    opened.close()
    return place


@contextmanager
def tracked(empty: Path, story: Story, seed: int) -> Iterator[tuple[Database, Tracking, ManualClock]]:
    """A new file in which a story came by the log, with ticks in between, up to its last."""
    with TemporaryDirectory() as folder:
        database = Database(shutil.copy(empty, Path(folder) / "milepost.db"))
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


@examples(25)
@given(story=stories(), seed=SEEDS)
def test_rebuilt_from_the_facts_everything_is_as_it_was(empty: Path, story: Story, seed: int) -> None:
    with tracked(empty, story, seed) as (database, _, _):
        was_shown, was_known = everything_shown(database), everything_known(database)

        rebuild_records(database)

        assert everything_shown(database) == was_shown
        assert everything_known(database) == was_known


@examples(10)
@given(story=stories(), seed=SEEDS)
def test_pages_that_are_lost_show_the_same_again(empty: Path, story: Story, seed: int) -> None:
    with tracked(empty, story, seed) as (database, _, _):
        was_shown, was_known = everything_shown(database), everything_known(database)
        lose(database, *REBUILT)

        rebuild_shown(database)

        assert everything_shown(database) == was_shown
        assert everything_known(database) == was_known


@pytest.fixture
def course(empty: Path) -> Iterator[tuple[Database, Tracking, ManualClock]]:
    """Ana, who is also known from home, and Ben, who never began."""
    ana, home, ben = Somebody("ana"), Somebody("ana@home"), Somebody("ben")
    said = (
        program(elearning("e1"), published=START),
        ana.enrolled(START),
        ben.enrolled(START),
        home.linked(ana, START + HOUR),
        home.did("e1", "completed", START + 2 * HOUR),
    )
    with tracked(empty, Story(said, START + 30 * DAY), 1) as parts:
        yield parts


def test_records_that_are_lost_come_back_and_nobody_is_told_twice(course: Any) -> None:
    database, tracking, clock = course
    was_shown, was_known = everything_shown(database), everything_known(database)
    assert was_shown["gaps"]
    assert was_shown["changes"]
    lose(database, kept.records, kept.waits)

    rebuild_records(database)
    clock.set(START + 31 * DAY)
    tracking.tick()

    assert everything_shown(database) == was_shown
    assert everything_known(database)["evidence"] == was_known["evidence"]


def test_a_record_that_is_wrong_is_put_right_and_only_that_is_told(course: Any) -> None:
    database, _, _ = course
    right = everything_shown(database)
    with database.writing() as connection:
        lost = connection.execute(delete(shown.gaps).returning(shown.gaps.c.gap_id)).scalars().all()

    rebuild_records(database)

    again = everything_shown(database)
    told_anew = [change.gap_id for change in again["changes"][len(right["changes"]) :]]
    assert {gap["gap_id"] for gap in again["gaps"]} == set(lost)
    assert set(told_anew) <= set(lost)
    assert again["journeys"] == right["journeys"]


def test_who_was_linked_before_a_rebuild_is_themselves_again_once_that_is_undone(course: Any) -> None:
    database, tracking, _ = course
    rebuild_records(database)

    say(database, Somebody("ana@home").unlinked(START + 31 * DAY))
    tracking.catch_up()

    with database.reading() as connection:
        rows = connection.execute(select(accepted.identifiers.c.actor, accepted.identifiers.c.learner))
        assert {row.actor: row.learner for row in rows} == {who: f"learner-{who}" for who in ("ana", "ana@home", "ben")}


def test_what_is_filed_while_records_are_rebuilt_is_in_them(course: Any) -> None:
    database, tracking, _ = course

    def meanwhile(done: int, total: int) -> None:
        if done < total:
            return
        say(database, Somebody("eve").enrolled(START))
        tracking.catch_up()

    rebuild_records(database, said=once(meanwhile))

    with database.reading() as connection:
        assert set(connection.execute(select(shown.journeys.c.learner)).scalars()) == {
            "learner-ana",
            "learner-ben",
            "learner-eve",
        }


def test_a_program_that_is_published_meanwhile_ends_a_rebuild_that_has_changed_nothing(course: Any) -> None:
    database, tracking, _ = course
    was_shown = everything_shown(database)

    def meanwhile(_done: int, _total: int) -> None:
        say(database, program(elearning("e1"), published=START, program="Q"))
        tracking.catch_up()

    with pytest.raises(RebuildFailed, match="begin again"):
        rebuild_records(database, said=once(meanwhile))
    assert everything_shown(database) == was_shown


def test_a_fact_of_a_newer_version_ends_a_rebuild_that_has_changed_nothing(course: Any) -> None:
    database, _, _ = course
    was_shown = everything_shown(database)
    with database.writing() as connection:
        connection.execute(update(kept.facts).values(type="milepost.thing.done.v9"))

    with pytest.raises(NewerFact, match="newer version"):
        rebuild_records(database)
    assert everything_shown(database) == was_shown


def lose(database: Database, *tables: Any) -> None:
    with database.writing() as connection:
        for table in tables:
            connection.execute(delete(table))


def once(say: Callable[[int, int], None]) -> Callable[[int, int], None]:
    calls = [say]

    def say_once(done: int, total: int) -> None:
        while calls:
            calls.pop()(done, total)

    return say_once
