"""What both databases promise to who reads and who writes, and what each is told at the start."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError

from milepost.runtimes.local.postgres import LocalPostgres
from milepost.store import log, tenants
from milepost.store.database import Database, Turn, is_away
from milepost.store.migrate import migrate
from tests.store.builders import NOON, about, make_tenant

MOMENT = 0.3
PATIENCE = 30
ORIGIN = log.Origin(tenant="default", received_at=NOON)


@pytest.fixture
def other(place: str) -> Iterator[Database]:
    """The same database, as another process has it open."""
    opened = Database(place)
    yield opened
    opened.close()


class Writer:
    """Another process that writes when it is its turn."""

    def __init__(self, database: Database, turn: Turn = Turn.LOG) -> None:
        self._database = database
        self._turn = turn
        self.done = Event()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> "Writer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        with self._database.writing(self._turn) as connection:
            log.append(connection, ORIGIN, [about("second")])
        self.done.set()


def ends(database: Database) -> int:
    with database.reading() as connection:
        return log.end(connection)


def test_who_reads_past_a_position_never_skips_one_that_is_committed_later(database: Database, other: Database) -> None:
    with ExitStack() as second:
        with database.writing() as connection:
            log.append(connection, ORIGIN, [about("first")])
            writer = second.enter_context(Writer(other))
            assert not writer.done.wait(MOMENT)
            assert ends(database) == 0
        assert writer.done.wait(PATIENCE)

    with database.reading() as connection:
        assert [entry.position for entry in log.read(connection, 0, limit=9)] == [1, 2]


def test_a_writer_sees_what_the_writer_before_it_has_committed(database: Database, other: Database) -> None:
    with other.writing() as connection:
        log.append(connection, ORIGIN, [about("first")])

    with database.writing() as connection:
        assert log.end(connection) == 1


def test_nothing_is_kept_of_what_ended_in_an_error(database: Database) -> None:
    def write_and_fail() -> None:
        with database.writing() as connection:
            log.append(connection, ORIGIN, [about("first")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()

    assert ends(database) == 0
    with database.writing() as connection:
        assert log.append(connection, ORIGIN, [about("first")]) == 1


def test_a_reader_sees_one_state_of_everything(database: Database, other: Database) -> None:
    with database.reading() as connection:
        assert log.end(connection) == 0
        with other.writing() as writing:
            log.append(writing, ORIGIN, [about("first")])

        assert log.end(connection) == 0

    assert ends(database) == 1


def test_a_new_file_and_what_lies_beside_it_are_their_owner_s_alone(tmp_path: Path) -> None:
    made = Database(tmp_path / "milepost.db")
    with made.writing() as connection:
        connection.exec_driver_sql("create table some (thing text)")

    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()}
    made.close()

    assert modes == dict.fromkeys(("milepost.db", "milepost.db-wal", "milepost.db-shm"), "0o600")


def test_another_process_that_ends_takes_no_write_ahead_log_away_from_under_us(tmp_path: Path) -> None:
    file = tmp_path / "milepost.db"
    database = Database(file)
    migrate(database)
    with database.reading(), database.reading(), database.reading():
        pass  # so many connections are open, and stay so
    opens_and_ends = (
        "import sys; from milepost.store.database import Database; from milepost.store import log\n"
        "database = Database(sys.argv[1])\n"
        "with database.reading() as connection: log.end(connection)\n"
        "database.close()"
    )
    subprocess.run([sys.executable, "-c", opens_and_ends, str(file)], check=True)

    with database.writing() as connection:
        log.append(connection, ORIGIN, [about("second")])

    with closing(sqlite3.connect(file)) as elsewhere:
        assert elsewhere.execute("SELECT count(*) FROM log").fetchone() == (1,)
    database.close()


def test_texts_are_ordered_by_their_characters_numbers_in_every_database(database: Database) -> None:
    names = ["b", "B", "a", "ä", "A", "_", "ab", "a b"]

    with database.writing() as connection:
        for name in names:
            make_tenant(connection, name, at=NOON)

    with database.reading() as connection:
        assert tenants.every(connection) == sorted(names)


def test_a_commit_to_sqlite_is_on_the_disk_before_anybody_hears_of_it(sqlite_place: str) -> None:
    database = Database(Path(sqlite_place))

    with database.reading() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2
        assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1
    database.close()


def test_a_commit_to_postgresql_is_on_the_disk_before_anybody_hears_of_it(postgres_url: str) -> None:
    name = make_url(postgres_url).database
    setting_up = Database(postgres_url)
    with setting_up.writing() as connection:
        connection.execute(text(f'alter database "{name}" set synchronous_commit = off'))
    setting_up.close()

    database = Database(postgres_url)

    with database.reading() as connection:
        assert connection.execute(text("show synchronous_commit")).scalar() == "on"
    database.close()


@pytest.mark.parametrize("turn", [Turn.SHOWN, Turn.TAKEN])
def test_who_writes_what_is_shown_or_takes_in_does_not_wait_for_the_log(on_postgres: Database, turn: Turn) -> None:
    with on_postgres.writing(Turn.LOG), Writer(on_postgres, turn) as writer:
        assert writer.done.wait(PATIENCE)


@pytest.mark.parametrize("turn", [Turn.LOG, Turn.SHOWN, Turn.TAKEN])
def test_who_needs_every_turn_waits_for_each(on_postgres: Database, turn: Turn) -> None:
    with ExitStack() as waiting:
        with on_postgres.writing(turn):
            writer = waiting.enter_context(Writer(on_postgres, Turn.EVERY))
            assert not writer.done.wait(MOMENT)
        assert writer.done.wait(PATIENCE)


def test_who_reads_from_postgresql_cannot_write(on_postgres: Database) -> None:
    with pytest.raises(DBAPIError) as raised, on_postgres.reading() as connection:
        log.append(connection, ORIGIN, [about()])

    assert isinstance(raised.value.orig, psycopg.errors.ReadOnlySqlTransaction)


def test_a_url_without_a_driver_means_the_one_that_is_installed(postgres_url: str) -> None:
    database = Database(postgres_url.replace("postgresql+psycopg://", "postgresql://"))

    assert ends(database) == 0
    database.close()


def test_a_server_that_went_away_is_used_again_once_it_is_back(own_postgres: Callable[[], LocalPostgres]) -> None:
    server = own_postgres()
    database = Database(server.url())
    with database.reading() as connection:
        connection.execute(text("select 1"))

    server.stop()
    with pytest.raises(OperationalError) as refused, database.writing():
        pass
    server.start()

    assert is_away(refused.value)
    with database.reading() as connection:
        assert connection.execute(text("select 1")).scalar() == 1
    database.close()


def test_a_server_that_is_killed_within_a_transaction_is_away(own_postgres: Callable[[], LocalPostgres]) -> None:
    server = own_postgres()
    database = Database(server.url())

    def write_to_what_is_killed() -> None:
        with database.writing() as connection:
            server.kill()
            connection.execute(text("select pg_sleep(20)"))  # long enough to see that its server is gone

    with pytest.raises(DBAPIError) as lost:
        write_to_what_is_killed()

    assert is_away(lost.value)
    database.close()


def test_what_goes_wrong_with_a_file_has_to_be_looked_at(tmp_path: Path) -> None:
    database = Database(tmp_path / "nowhere" / "milepost.db")

    with pytest.raises(OperationalError) as refused, database.reading():
        pass

    assert not is_away(refused.value)
    database.close()
