"""The last tick that may have been heard is known from before it was sent."""

from milepost.store import recording, sent_ticks
from milepost.store.database import Database


def test_a_tick_that_was_sent_counts_before_every_record_has_taken_it_in(database: Database) -> None:
    with database.writing() as connection:
        recording.note_tick(connection, "default", 10)
        recording.note_tick(connection, "other", 30)
        sent_ticks.note(connection, "default", 20)
        sent_ticks.note(connection, "other", 5)
        sent_ticks.note(connection, "new", 7)

        assert sent_ticks.latest(connection) == {"default": 20, "other": 30, "new": 7}


def test_a_ticker_that_comes_back_late_takes_nothing_back(database: Database) -> None:
    with database.writing() as connection:
        sent_ticks.note(connection, "default", 20)
        sent_ticks.note(connection, "default", 19)

        assert sent_ticks.latest(connection) == {"default": 20}
