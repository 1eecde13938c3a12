"""Killed at any moment under load, the real process loses nothing that it acknowledged and concludes nothing twice."""

import random
from pathlib import Path

import pytest

from milepost.store.database import Database
from milepost_schemas.instants import HOUR
from tests.runtimes.killing import send_and_kill
from tests.runtimes.oracle import (
    assert_nothing_is_missing,
    assert_nothing_was_concluded_twice,
    assert_shown_is_what_the_pure_fold_shows,
)
from tests.runtimes.serving import Served
from tests.runtimes.traffic import END, SESSION, requests, set_up


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_acknowledged_outlives_being_killed_at_any_moment(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    with Served(tmp_path, "--clock", "manual") as served:
        every = requests(set_up(served), draw)
        served.start()
        served.set_clock(SESSION + 2 * HOUR)
        send_and_kill(served, every, draw)
        served.set_clock(END)
        served.kill()

    database = Database(tmp_path / "milepost.db")
    assert_nothing_is_missing(database, every)
    assert_nothing_was_concluded_twice(database)
    assert_shown_is_what_the_pure_fold_shows(database)
    database.close()
