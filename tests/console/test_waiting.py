"""While the database is away, nobody is told that something went wrong: they are told to come again."""

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from starlette.types import Receive, Scope, Send

from milepost.console.app import build_console
from milepost.console.waiting import ToldToComeAgain
from milepost.runtimes.local.ports import free_port
from milepost.store.database import Database
from tests.console.http import Http
from tests.console.world import World


@pytest.fixture
def cut_off(world: World) -> Http:
    """A console whose database is a server that nobody reaches."""
    database = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    return Http(build_console(world.desk(database), open_here=True))


@pytest.mark.parametrize("path", ["/gaps", "/learners/somebody", "/v1/gaps", "/gaps.json", "/live"])
def test_whoever_asks_meanwhile_is_told_to_come_again(cut_off: Http, path: str) -> None:
    answer = cut_off.get(path)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert answer.headers["cache-control"] == "no-store"
    assert "Come again" in answer.text


def test_whoever_signs_in_meanwhile_is_told_to_come_again(cut_off: Http) -> None:
    answer = cut_off.post(
        "/sign-in", data={"name": "ana", "password": "four words in a row"}, headers={"sec-fetch-site": "same-origin"}
    )

    assert answer.status_code == 503


def test_what_is_no_matter_of_waiting_is_not_hidden() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise OperationalError("select", {}, psycopg.errors.UndefinedTable("no such table"))

    with pytest.raises(OperationalError):
        Http(ToldToComeAgain(broken)).get("/gaps")
