"""How far readers have come is moved on as a whole, by whoever is right about where they stood."""

import pytest

from milepost.store import positions
from milepost.store.database import Database
from milepost.store.positions import Move, Overtaken
from milepost_schemas.topics import Topic


def stand(database: Database, **reached: int) -> None:
    with database.writing() as connection:
        positions.move_all(connection, [Move(reader, None, to) for reader, to in reached.items()])


def standing(database: Database, *readers: str) -> list[int | None]:
    with database.reading() as connection:
        return [positions.find(connection, reader) for reader in readers]


def test_readers_that_go_on_and_one_that_begins_are_moved_together(database: Database) -> None:
    stand(database, a=5, b=7, c=9)

    with database.writing() as connection:
        positions.move_all(connection, [Move("b", 7, 8), Move("new", None, 3), Move("a", 5, 6)])

    assert standing(database, "a", "b", "c", "new") == [6, 8, 9, 3]


@pytest.mark.parametrize("wrong", [Move("b", 6, 8), Move("b", None, 8), Move("unheard", 1, 2)])
def test_where_one_reader_was_overtaken_none_is_moved(database: Database, wrong: Move) -> None:
    stand(database, a=5, b=7)

    with pytest.raises(Overtaken, match=f"{wrong.reader} no longer stands at"), database.writing() as connection:
        positions.move_all(connection, [Move("a", 5, 6), wrong])

    assert standing(database, "a", "b", "unheard") == [5, 7, None]


def test_the_readers_of_some_partitions_are_past_their_ends_once_each_of_them_is(database: Database) -> None:
    facts, shown = (positions.of_partition(topic, 1) for topic in (Topic.FACTS, Topic.PROJECTIONS))
    stand(database, **{facts: 5, shown: 7})

    with database.reading() as connection:
        assert positions.passed(connection, {(Topic.FACTS, 1): 5, (Topic.PROJECTIONS, 1): 6, (Topic.FACTS, 0): 0})
        assert not positions.passed(connection, {(Topic.FACTS, 1): 5, (Topic.PROJECTIONS, 1): 8})
        assert not positions.passed(connection, {(Topic.FACTS, 0): 1})


def test_to_move_nothing_is_nothing(database: Database) -> None:
    with database.writing() as connection:
        positions.move_all(connection, [])
        assert positions.of_topic(connection, Topic.FACTS) == {}
