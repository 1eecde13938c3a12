"""The chosen PostgreSQL while it runs, and a fresh database of Milepost's tables for each test."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import assert_never

from sqlalchemy import NullPool, create_engine, make_url, text

from milepost.runtimes.local.postgres import LocalPostgres
from milepost.store.database import Database
from milepost.store.migrate import migrate
from tests.services.choosing import NamedPostgres, NoPostgres, PostgresChoice, PostgresFromPrograms

UNSAFE_AND_FAST = {"fsync": "off", "full_page_writes": "off"}
"""What is lost by these when the machine loses its power, and only then, no test needs. A commit still reaches the
system before it is answered (`synchronous_commit` stays on), so that a killed server has all that it confirmed."""


class Server:
    """The PostgreSQL of this run."""

    def __init__(self, url: str) -> None:
        """Name it by the URL of a database in which we may create others."""
        self._url = make_url(url)
        self._template: str | None = None

    @contextmanager
    def fresh_database(self) -> Iterator[str]:
        """Give the URL of a new database with Milepost's tables, empty, and drop it at the end."""
        name = _new_name()
        self._administer(f'CREATE DATABASE "{name}" TEMPLATE "{self._migrated()}"')
        try:
            yield self.url(name)
        finally:
            self._drop(name)

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """Give the URL of a new database without any table, and drop it at the end."""
        name = _new_name()
        self._administer(f'CREATE DATABASE "{name}"')
        try:
            yield self.url(name)
        finally:
            self._drop(name)

    def url(self, name: str) -> str:
        """Return the URL of one of its databases."""
        return self._url.set(database=name).render_as_string(hide_password=False)

    def close(self) -> None:
        """Drop what was made for the whole run."""
        if self._template is not None:
            self._drop(self._template)

    def _migrated(self) -> str:
        """Return the name of a database with Milepost's tables, which is made once and then copied."""
        if self._template is None:
            name = _new_name()
            self._administer(f'CREATE DATABASE "{name}"')
            try:
                _migrate(self.url(name))
            except BaseException:
                self._drop(name)
                raise
            self._template = name
        return self._template

    def _drop(self, name: str) -> None:
        self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        engine = create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def running_postgres(choice: PostgresChoice) -> Iterator[Server]:
    """Start what was chosen, if it is not somebody's server, and stop it at the end."""
    match choice:
        case NamedPostgres(url=url):
            with closing(Server(url)) as server:
                yield server
        case PostgresFromPrograms(programs=programs):
            with own_folder() as folder:
                postgres = LocalPostgres(folder / "postgres", programs=programs, settings=UNSAFE_AND_FAST)
                postgres.start()
                try:
                    yield Server(postgres.url())
                finally:
                    postgres.stop()
        case NoPostgres(why=why):
            raise RuntimeError(why)
        case _:
            assert_never(choice)


@contextmanager
def own_folder() -> Iterator[Path]:
    """Give a folder that PostgreSQL's user can reach even where root runs the tests, and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="milepost-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _migrate(url: str) -> None:
    database = Database(url)
    try:
        migrate(database)
    finally:
        database.close()


def _new_name() -> str:
    return f"milepost_test_{secrets.token_hex(6)}"
