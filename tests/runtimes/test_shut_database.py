"""A file that cannot be written for a while: nothing is acknowledged meanwhile, nothing lost, and it goes on alone."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine, event, select

from milepost.runtimes.bootstrap import running
from milepost.runtimes.embedded import build_app
from milepost.store import log, recording, sources
from milepost.store.database import Database
from milepost.store.tables import accepted
from milepost_schemas.facts import SourceDeclared
from tests.runtimes.asking import Asking, settings, statement
from tests.services.waiting import wait_until

PATIENCE = 60


@contextmanager
def shut(engine: Engine, pragma: str, *, after: str) -> Iterator[None]:
    """Have every connection begin with a pragma, and end that with another one."""

    def forbid(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    def allow(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA {after}")

    event.listen(engine, "checkout", forbid)
    event.listen(engine, "checkin", allow)
    try:
        yield
    finally:
        event.remove(engine, "checkout", forbid)
        event.remove(engine, "checkin", allow)


def taken_in(database: Database) -> bool:
    with database.reading() as connection:
        return recording.position(connection) == log.end(connection)


def full(database: Database) -> AbstractContextManager[None]:
    return shut(database.engine, "max_page_count = 1", after="max_page_count = 1000000")


def read_only(database: Database) -> AbstractContextManager[None]:
    return shut(database.engine, "query_only = ON", after="query_only = OFF")


@contextmanager
def held(database: Database) -> Iterator[None]:
    """Another program holds the file, for longer than anybody waits."""
    place = str(database.engine.url.database)
    with (
        shut(database.engine, "busy_timeout = 20", after="busy_timeout = 30000"),
        closing(sqlite3.connect(place, isolation_level=None)) as another,
    ):
        another.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.parametrize("shutting", [full, read_only, held])
def test_what_was_acknowledged_is_there_and_the_rest_is_told_to_come_again(
    tmp_path: Path, shutting: Callable[[Database], AbstractContextManager[None]]
) -> None:
    with running(settings(tmp_path, clock="system", clock_at=None)) as parts:
        database, at = parts.services.database, parts.services.clock.now()
        declared = SourceDeclared(
            tenant="default", fact_id="d", source="lms", occurred_at=at, recorded_at=at, received_at=at, kind="xapi"
        )
        with database.writing() as connection:
            key = sources.add(connection, parts.services.vault, declared)
        client = Asking(build_app(parts))
        acknowledged: list[str] = []

        def post() -> httpx.Response:
            id = str(uuid4())
            headers = {"X-Experience-API-Version": "1.0.3", "Authorization": f"Bearer {key}"}
            answer = client.post("/xapi/statements", json={"id": id, **statement("Ana" * 500)}, headers=headers)
            if answer.is_success:
                acknowledged.append(id)
            return answer

        assert post().status_code == 200
        with shutting(database):
            refused = [answer for answer in (post() for _ in range(40)) if not answer.is_success]
            metrics = client.get("/metrics").text
            assert parts.tracker.error is None
        wait_until(lambda: post().status_code == 200)
        wait_until(lambda: taken_in(database))

        assert refused
        assert {(answer.status_code, answer.headers["Retry-After"]) for answer in refused} == {(503, "10")}
        assert 'milepost_requests_refused_total{reason="store_unavailable",route="/xapi/statements"}' in metrics
        assert parts.tracker.error is None
        with database.reading() as connection:
            assert set(connection.execute(select(accepted.statements.c.statement_id)).scalars()) >= set(acknowledged)


def test_a_tracker_that_cannot_write_concludes_nothing_and_goes_on_by_itself(tmp_path: Path) -> None:
    with running(settings(tmp_path, clock="system", clock_at=None)) as parts:
        database = parts.services.database

        def ticked_at() -> int:
            with database.reading() as connection:
                return recording.ticked_at(connection, "default") or 0

        wait_until(lambda: ticked_at() > 0)
        with shut(database.engine, "query_only = ON", after="query_only = OFF"):
            before = ticked_at()
            wait_until(lambda: parts.services.clock.now() > before + 2_500)
            stood = ticked_at()
        wait_until(lambda: ticked_at() > stood)

        assert stood <= before + 1_500
        assert parts.tracker.error is None
