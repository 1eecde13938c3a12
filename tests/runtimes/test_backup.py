"""A copy that is taken from a server under load, which is killed at once, serves elsewhere as if nothing had been."""

import random
import shutil
from pathlib import Path
from threading import Thread

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
from tests.services.databases import Server


@pytest.mark.slow
def test_a_copy_from_under_load_serves_elsewhere_and_takes_everything_once_more(tmp_path: Path) -> None:
    take_over(tmp_path, first=None, second=None)


@pytest.mark.slow
def test_a_copy_of_a_file_serves_from_postgresql(tmp_path: Path, postgres: Server) -> None:
    with postgres.empty_database() as url:
        take_over(tmp_path, first=None, second=url)


@pytest.mark.slow
def test_a_copy_of_postgresql_serves_from_a_file(tmp_path: Path, postgres_url: str) -> None:
    take_over(tmp_path, first=postgres_url, second=None)


def take_over(folder: Path, *, first: str | None, second: str | None) -> None:
    """Copy a server's database while senders send and it is killed; restore it for another one, and go on there."""
    draw = random.Random(4)
    here, there = folder / "here", folder / "there"
    here.mkdir()
    there.mkdir()
    with Served(here, "--clock", "manual", database=first) as served:
        every = requests(set_up(served), draw)
        served.start()
        served.set_clock(SESSION + 2 * HOUR)
        sending = Thread(target=send_and_kill, args=(served, every, draw))
        sending.start()
        said = served.milepost("backup", str(folder / "copy"))
        sending.join()
        served.kill()
    assert "The server key is not in it" in said

    with Served(there, "--clock", "manual", database=second) as served:
        shutil.copy(here / "milepost.key", there / "milepost.key")
        served.milepost("restore", str(folder / "copy"))
        served.start()  # its clock goes on from where it stood in the copy
        send_and_kill(served, every, draw)
        served.set_clock(END)
        served.kill()

    database = Database(second or there / "milepost.db")
    assert_nothing_is_missing(database, every)
    assert_nothing_was_concluded_twice(database)
    assert_shown_is_what_the_pure_fold_shows(database)
    database.close()
