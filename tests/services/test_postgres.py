"""PostgreSQL in the tests: a database for each, and a server that may be killed."""

import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from milepost.runtimes.local.child import ServerFailed
from milepost.runtimes.local.postgres import LocalPostgres
from milepost.runtimes.local.programs import get_programs, reachable, server_user
from tests.services.databases import Server, own_folder
from tests.services.waiting import is_alive


def run(url: str, *statements: str) -> list[object]:
    """Run statements in one transaction and return the first column of what the last one answers."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        *_, answer = [connection.execute(text(statement)) for statement in statements]
        return list(answer.scalars()) if answer.returns_rows else []


def answers(url: str) -> bool:
    """Say whether a server answers."""
    try:
        run(url, "SELECT 1")
    except OperationalError:
        return False
    return True


def test_each_test_has_a_database_with_all_tables_and_nothing_in_them(postgres: Server, postgres_url: str) -> None:
    run(postgres_url, "INSERT INTO positions (reader, position) VALUES ('reader', 7)")

    with postgres.fresh_database() as other:
        assert run(other, "SELECT count(*) FROM positions") == [0]
        assert other != postgres_url
    assert run(postgres_url, "SELECT position FROM positions") == [7]


def test_a_database_is_gone_after_its_test_even_if_somebody_is_still_connected(postgres: Server) -> None:
    with postgres.empty_database() as url:
        connection = psycopg.connect(url.replace("+psycopg", ""))
        assert run(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [0]

    connection.close()
    assert not answers(url)


def test_a_server_that_was_killed_comes_back_with_what_was_committed(own_postgres: Callable[[], LocalPostgres]) -> None:
    server = own_postgres()
    server.ensure_database("milepost")
    url = server.url("milepost")
    run(url, "CREATE TABLE kept (number integer)", "INSERT INTO kept VALUES (7)")

    server.kill()
    answered = answers(url)
    server.start()

    assert not answered
    assert run(url, "SELECT number FROM kept") == [7]


def test_a_database_that_is_there_is_left_as_it_is(own_postgres: Callable[[], LocalPostgres]) -> None:
    server = own_postgres()
    server.ensure_database("milepost")
    run(server.url("milepost"), "CREATE TABLE kept (number integer)")

    server.ensure_database("milepost")

    assert run(server.url("milepost"), "SELECT count(*) FROM kept") == [0]


def test_nothing_is_left_of_a_server_that_was_stopped_but_its_folder(own_postgres: Callable[[], LocalPostgres]) -> None:
    server = own_postgres()
    pid = server.pid
    assert pid is not None
    assert answers(server.url())

    server.stop()

    assert server.pid is None
    assert not is_alive(pid)
    assert not answers(server.url())


def test_only_its_owner_may_enter_the_folder_of_a_server(own_postgres: Callable[[], LocalPostgres]) -> None:
    sockets = Path(str(create_engine(own_postgres().url()).url.query["host"]))

    assert sockets.stat().st_mode & 0o077 == 0
    assert sockets.stat().st_uid == (sockets.parent / "cluster").stat().st_uid


def test_a_server_that_cannot_make_its_folder_says_why() -> None:
    with own_folder() as folder:
        programs = broken_programs(folder / "pg" / "bin")

        with pytest.raises(ServerFailed, match="could not make its folder: no space left"):
            LocalPostgres(folder / "postgres", programs=programs).start()


def test_a_folder_that_is_closed_to_the_server_is_said_to_be_so(tmp_path: Path) -> None:
    only_root()
    tmp_path.chmod(0o700)
    server = LocalPostgres(tmp_path / "postgres", programs=get_programs())

    with pytest.raises(ServerFailed, match=r"Permission denied|may not enter"):
        server.start()


def test_where_programs_and_folder_are_closed_to_the_server_it_is_said_who_that_is(tmp_path: Path) -> None:
    only_root()
    tmp_path.chmod(0o700)
    closed = broken_programs(tmp_path / "package" / "pginstall" / "bin")

    with pytest.raises(ServerFailed, match=f"as the user {server_user()} .* who may not enter"):
        LocalPostgres(tmp_path / "postgres", programs=closed).start()


def test_programs_in_a_folder_that_is_closed_to_the_server_are_copied_to_where_it_may_go(tmp_path: Path) -> None:
    only_root()
    tmp_path.chmod(0o700)
    with own_folder() as folder:
        closed = broken_programs(tmp_path / "package" / "pginstall" / "bin")

        found = reachable(closed, server_user(), within=folder)

        assert found == folder / "package" / "pginstall" / "bin"
        assert reachable(found, server_user(), within=folder) == found


def only_root() -> None:
    """Leave out a test of what only root meets."""
    if os.geteuid() != 0:
        pytest.skip("only root has to start PostgreSQL as somebody else")


def broken_programs(folder: Path) -> Path:
    """Make programs that know their version and otherwise fail."""
    folder.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / name).write_text('#!/bin/sh\n[ "$1" = --version ] && exit\necho "no space left" >&2\nexit 1\n')
        (folder / name).chmod(0o755)
    return folder
