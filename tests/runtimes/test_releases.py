"""A database of every earlier release is brought up to date, shows what it showed, and serves.

Each was dumped after the story `second_account`, by that release: somebody was linked, so the ids of both are there.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, insert, select, text

from milepost.runtimes.bootstrap import running
from milepost.runtimes.rebuilding import rebuild_records
from milepost.settings import Settings
from milepost.store import recording, sources
from milepost.store.database import Database
from milepost.store.migrate import MIGRATIONS, migrate
from milepost.store.tables import accepted, shown
from tests.runtimes.tracked import everything_shown
from tests.services.databases import Server

HERE = Path(__file__).parents[1] / "store" / "releases"
RELEASES = sorted(HERE.glob("*.sql"))


def test_there_is_a_database_of_every_release() -> None:
    assert [file.stem for file in RELEASES] == ["0001", "0002"]


@pytest.fixture(params=RELEASES, ids=lambda file: str(file.stem))
def release(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The database of a release, as a SQLite file."""
    place = tmp_path / "milepost.db"
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript(request.param.read_text())
    return place


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, release: Path) -> Iterator[str]:
    """The same in either kind of database."""
    if request.param == "sqlite":
        yield str(release)
        return
    postgres: Server = request.getfixturevalue("postgres")
    with postgres.empty_database() as url:
        carry_over(release, url)
        yield url


def carry_over(release: Path, url: str) -> None:
    """Fill a PostgreSQL database with the tables of a release, and its rows."""
    file, database = Database(release), Database(url)
    with file.reading() as source, database.writing() as target:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = target
        command.upgrade(config, source.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
        tables = MetaData()
        tables.reflect(target)
        for table in tables.sorted_tables:
            if table.name != "alembic_version" and (rows := source.execute(select(table)).mappings().all()):
                target.execute(insert(table), [dict(row) for row in rows])
    file.close()
    database.close()


def test_a_database_of_an_earlier_release_shows_what_it_showed_and_serves(
    release: Path, place: str, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(release)) as connection:
        columns = "SELECT gap_id, state, opened_at, row FROM gaps"
        before = sorted(connection.execute(columns).fetchall())
        owned = dict(connection.execute("SELECT actor, learner FROM identifiers").fetchall())
    assert before

    settings = Settings(database=place, server_key_file=tmp_path / "key", clock="manual", log_level="error")
    with running(settings) as parts:
        database, clock = parts.services.database, parts.services.clock
        parts.tracker.set_clock(clock.now()).result()
        with database.reading() as connection:
            head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == head
            gaps = connection.execute(select(*(shown.gaps.c[name] for name in ("gap_id", "state", "opened_at", "row"))))
            assert sorted(tuple(row) for row in gaps) == before
            assert recording.ticked_at(connection, "default") == clock.now()
            who = connection.execute(select(accepted.identifiers)).all()
        assert {row.actor: row.learner for row in who} == owned
        assert len({row.own_learner for row in who}) == len(who)
        was_shown = everything_shown(database)
        rebuild_records(database)
        assert everything_shown(database) == was_shown
        with database.writing() as connection:
            names = [each.name for each in sources.every(connection, "default")]
            key = sources.rotate(connection, parts.services.vault, "default", names[0], at=clock.now())
        assert parts.services.senders.find_by_key(key) is not None


def test_what_was_declared_of_a_source_is_listed_from_then_on(release: Path) -> None:
    with closing(sqlite3.connect(release)) as connection:
        connection.execute("UPDATE source_standings SET row = json_set(row, '$.rhythm', 120) WHERE source = 'lms'")
        connection.commit()

    database = Database(release)
    migrate(database)

    with database.reading() as connection:
        assert {each.name: each.rhythm for each in sources.every(connection, "default")}["lms"] == 120
    database.close()
