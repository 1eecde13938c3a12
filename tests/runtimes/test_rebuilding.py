"""Rebuilt at any moment, everything is as it was: what stands, what was told and when, what comes of what follows."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy import delete, select, update

from milepost.clock import ManualClock
from milepost.runtimes.rebuilding import RebuildFailed, rebuild_records, rebuild_shown
from milepost.runtimes.tracking import Tracking
from milepost.store.database import Database
from milepost.store.retelling import NewerFact
from milepost.store.tables import accepted, kept, shown
from milepost.stories import read_story, run_story
from milepost.stories.hosts import EmbeddedHost
from milepost.stories.reports import as_text
from milepost.stories.served import ServedWorld
from milepost.tracker.projector import REBUILT
from milepost_schemas.instants import DAY, HOUR
from tests.core.builders import Somebody, elearning, program
from tests.laws.effort import examples
from tests.laws.stories import START, Story, stories
from tests.runtimes.tracked import SEEDS, everything_known, everything_shown, say, tracked
from tests.stories.suite import SHIPPED, SUITE, told_as


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


@examples(25)
@given(story=stories(), seed=SEEDS)
def test_rebuilt_from_the_facts_everything_is_as_it_was(migrated: Path, story: Story, seed: int) -> None:
    with tracked(migrated, story, seed) as (database, _, _):
        was_shown, was_known = everything_shown(database), everything_known(database)

        rebuild_records(database)

        assert everything_shown(database) == was_shown
        assert everything_known(database) == was_known


@examples(10)
@given(story=stories(), seed=SEEDS)
def test_pages_that_are_lost_show_the_same_again(migrated: Path, story: Story, seed: int) -> None:
    with tracked(migrated, story, seed) as (database, _, _):
        was_shown, was_known = everything_shown(database), everything_known(database)
        lose(database, *REBUILT)

        rebuild_shown(database)

        assert everything_shown(database) == was_shown
        assert everything_known(database) == was_known


@pytest.fixture
def course(migrated: Path) -> Iterator[tuple[Database, Tracking, ManualClock]]:
    """Ana, who is also known from home, and Ben, who never began."""
    ana, home, ben = Somebody("ana"), Somebody("ana@home"), Somebody("ben")
    said = (
        program(elearning("e1"), published=START),
        ana.enrolled(START),
        ben.enrolled(START),
        home.linked(ana, START + HOUR),
        home.did("e1", "completed", START + 2 * HOUR),
    )
    with tracked(migrated, Story(said, START + 30 * DAY), 1) as parts:
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
