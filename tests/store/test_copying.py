"""A copy holds everything of one moment, whichever the database, and whole or not at all."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from milepost.ports import Filed
from milepost.sources.xapi.documents import Content
from milepost.store import copying, documents, filing, log, projecting
from milepost.store.accepting import accept
from milepost.store.copying import CopyRefused
from milepost.store.database import Database
from milepost.store.documents import Address, Place
from milepost.store.tables import METADATA, accepted
from tests.store.builders import NOON, about, activity, learner, person, statement, submission


@pytest.fixture
def filled(database: Database, declared: str) -> Database:
    with database.writing() as connection:
        for n in range(3):
            said = about(fact=activity(f"f{n}"))
            accept(connection, submission(statement(None, said), people=(person(name="Ana \N{SNOWMAN}"),)))
            filing.file(connection, [Filed("default", "identifier-ana", said.fact, "ana", known=n != 1)])
        projecting.project(connection, [learner()])
        place = Place(tenant="default", source="lms", resource="agents/profile", agent="mailto:ana@example.net")
        documents.keep(connection, Address(place, name="x"), Content("image/png", b"\x89PNG\x00"), at=NOON)
        connection.execute(accepted.log.delete().where(accepted.log.c.position == log.end(connection)))
    return database


def everything(database: Database) -> dict[str, list[Any]]:
    with database.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in METADATA.sorted_tables
        }


@pytest.fixture(params=["into sqlite", pytest.param("into postgresql", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """An empty database of either kind."""
    if request.param == "into sqlite":
        opened = Database(tmp_path / "restored.db")
        yield opened
        opened.close()
    else:
        with request.getfixturevalue("postgres").empty_database() as url:
            opened = Database(url)
            yield opened
            opened.close()


def test_what_is_restored_is_what_was_copied_and_no_number_is_used_twice(
    filled: Database, empty: Database, tmp_path: Path
) -> None:
    before = everything(filled)
    assert all(before[name] for name in ("statements", "documents", "people", "facts", "gaps", "log"))
    with filled.reading() as connection:
        used = log.end(connection) + 1

    copying.back_up(filled, tmp_path / "copy")
    copying.restore(tmp_path / "copy", empty)

    assert everything(empty) == before
    with empty.writing() as connection:
        log.append(connection, log.Origin(tenant="default", received_at=NOON), [about()])
        assert log.end(connection) > used


def test_a_copy_is_for_its_owner_alone(filled: Database, tmp_path: Path) -> None:
    copying.back_up(filled, tmp_path / "copy")

    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_a_copy_replaces_nothing(filled: Database, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("mine")

    with pytest.raises(CopyRefused, match="never replaces"):
        copying.back_up(filled, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "mine"


def test_a_copy_that_cannot_be_written_says_so(filled: Database, tmp_path: Path) -> None:
    with pytest.raises(CopyRefused, match="cannot be written"):
        copying.back_up(filled, tmp_path / "nowhere" / "copy")


def test_what_is_written_meanwhile_is_in_a_copy_whole_or_not_at_all(filled: Database, tmp_path: Path) -> None:
    ended = Event()

    def write() -> None:
        n = 0
        while not ended.is_set():
            n += 1
            said = [statement(None, about(fact=activity(f"m{n}-{part}"))) for part in range(5)]
            with filled.writing() as connection:
                accept(connection, submission(*said))

    writer = Thread(target=write)
    writer.start()
    try:
        for n in range(5):
            copying.back_up(filled, tmp_path / f"copy-{n}")
    finally:
        ended.set()
        writer.join()

    for n in range(5):
        with sqlite3.connect(tmp_path / f"copy-{n}") as copy:
            (kept,) = copy.execute("SELECT count(*) FROM statements").fetchone()
            (said,) = copy.execute('SELECT count(*) FROM log WHERE body LIKE \'%"fact_id":"m%\'').fetchone()
        copy.close()
        assert (kept - 3) % 5 == 0
        assert said == kept - 3


def test_a_restore_that_is_given_up_leaves_the_database_empty(
    filled: Database, empty: Database, tmp_path: Path
) -> None:
    copying.back_up(filled, tmp_path / "copy")
    broken = Path(shutil.copy(tmp_path / "copy", tmp_path / "broken"))
    with closing(sqlite3.connect(broken)) as copy:
        copy.execute("UPDATE people SET name = 'Ana' || char(0)")  # no text to PostgreSQL
        copy.commit()

    with suppress(DBAPIError):
        copying.restore(broken, empty)
        return  # a SQLite file takes it

    copying.restore(tmp_path / "copy", empty)
    assert everything(empty) == everything(filled)


KILLED = """
import os, signal, sys
from pathlib import Path
from milepost.store import copying

with copying.opened(Path(sys.argv[1])) as copy, copy.writing() as connection:
    connection.exec_driver_sql("CREATE TABLE more AS SELECT zeroblob(32000000)")  # more than is kept in memory
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_restore_that_is_killed_leaves_nothing_behind(filled: Database, tmp_path: Path) -> None:
    copying.back_up(filled, tmp_path / "copy")
    (tmp_path / "passing").mkdir()
    passing = {name: str(tmp_path / "passing") for name in ("TMPDIR", "SQLITE_TMPDIR")}

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "copy")], env={**os.environ, **passing}, check=False
    )

    assert killed.returncode == -signal.SIGKILL
    assert list((tmp_path / "passing").iterdir()) == []


def test_nothing_is_restored_over_anything(filled: Database, tmp_path: Path) -> None:
    copying.back_up(filled, tmp_path / "copy")
    before = everything(filled)

    with pytest.raises(CopyRefused, match="not empty"):
        copying.restore(tmp_path / "copy", filled)
    assert everything(filled) == before


def test_what_is_no_copy_or_damaged_or_newer_is_refused(filled: Database, tmp_path: Path) -> None:
    empty = Database(tmp_path / "restored.db")
    copying.back_up(filled, tmp_path / "copy")
    whole = (tmp_path / "copy").read_bytes()
    (tmp_path / "text").write_text("not a copy at all, and longer than the head of a database would be" * 9)
    (tmp_path / "damaged").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "newer").write_bytes(whole)
    with sqlite3.connect(tmp_path / "newer") as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    newer.close()

    for name, says in (("text", "no copy"), ("damaged", "damaged"), ("newer", "newer version"), ("missing", "no copy")):
        with pytest.raises(CopyRefused, match=says):
            copying.restore(tmp_path / name, empty)
    copying.require_empty(empty)
    empty.close()
