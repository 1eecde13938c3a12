"""Documents are kept in their last state, each in its place, on either database; of several writers one is first."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from threading import Barrier, BrokenBarrierError, Event, Thread

import pytest
from sqlalchemy import Connection

from milepost.sources.xapi.documents import Conditions, Content, obstacle
from milepost.store import documents
from milepost.store.database import Database, Turn
from milepost.store.documents import Address, Place
from tests.store.builders import NOON
from tests.store.test_database import MOMENT, PATIENCE, Writer

PLACE = Place(
    tenant="default",
    source="lms",
    resource="activities/state",
    activity="https://content.example.net/1",
    agent="mailto:ana@example.net",
)
HERE = Address(PLACE, name="bookmark")
REGISTRATION = "5d3f6a52-9b0d-4b56-8f3a-0d1d3b8a1c01"


def text(body: str) -> Content:
    return Content("text/plain", body.encode())


def keep(database: Database, address: Address, body: str = "page 7", *, at: int = NOON) -> None:
    with database.writing_at(address.place.digest) as connection:
        documents.keep(connection, address, text(body), at=at)


def find(database: Database, address: Address) -> str | None:
    with database.reading() as connection:
        found = documents.find(connection, address)
    return found and found.content.body.decode()


def names(database: Database, address: Address, since: int | None = None) -> dict[str, int]:
    with database.reading() as connection:
        return dict(documents.names(connection, address, since=since))


def test_a_document_has_one_state_which_is_the_last(database: Database) -> None:
    keep(database, HERE)
    keep(database, HERE, "page 8", at=NOON + 1)

    assert find(database, HERE) == "page 8"
    assert names(database, Address(PLACE)) == {"bookmark": NOON + 1}


@pytest.mark.parametrize(
    "elsewhere",
    [
        Address(PLACE, name="suspend_data"),
        Address(PLACE, REGISTRATION, "bookmark"),
        Address(replace(PLACE, tenant="acme"), name="bookmark"),
        Address(replace(PLACE, source="player"), name="bookmark"),
        Address(replace(PLACE, resource="agents/profile"), name="bookmark"),
        Address(replace(PLACE, activity="https://content.example.net/2"), name="bookmark"),
        Address(replace(PLACE, agent="mailto:ben@example.net"), name="bookmark"),
    ],
)
def test_whatever_makes_it_another_one_is_another_place(database: Database, elsewhere: Address) -> None:
    keep(database, HERE)

    assert find(database, elsewhere) is None
    keep(database, elsewhere, "of another")
    assert find(database, HERE) == "page 7"


def test_without_a_registration_all_are_named_and_with_it_those_of_one(database: Database) -> None:
    keep(database, HERE)
    keep(database, Address(PLACE, REGISTRATION, "bookmark"), at=NOON + 5)
    keep(database, Address(PLACE, REGISTRATION, "answers"), at=NOON + 1)

    assert names(database, Address(PLACE)) == {"answers": NOON + 1, "bookmark": NOON + 5}
    assert names(database, Address(PLACE, REGISTRATION)) == {"answers": NOON + 1, "bookmark": NOON + 5}
    assert names(database, Address(PLACE), since=NOON + 1) == {"bookmark": NOON + 5}


def test_all_of_a_registration_or_of_a_place_are_forgotten_together(database: Database) -> None:
    elsewhere = Address(Place(tenant="default", source="lms", resource="agents/profile", agent=PLACE.agent), name="x")
    for address in (HERE, Address(PLACE, REGISTRATION, "bookmark"), elsewhere):
        keep(database, address)

    with database.writing_at(PLACE.digest) as connection:
        documents.forget(connection, Address(PLACE, REGISTRATION))
    assert names(database, Address(PLACE)) == {"bookmark": NOON}
    with database.writing_at(PLACE.digest) as connection:
        documents.forget(connection, Address(PLACE))

    assert names(database, Address(PLACE)) == {}
    assert find(database, elsewhere) == "page 7"


Change = Callable[[Connection, documents.Document | None, str], bool]
"""Changes a document that was found, or does not, on behalf of somebody."""


def race(database: Database, change: Change, writers: int = 8) -> list[str]:
    """Have several change the document at the same time; return who did.

    Who has found it waits a moment for all others to have found it, too, which is in vain where they come in turns.
    """
    have_found, done = Barrier(writers), list[str]()

    def run(who: str) -> None:
        with database.writing_at(PLACE.digest) as connection:
            found = documents.find(connection, HERE)
            with suppress(BrokenBarrierError):
                have_found.wait(MOMENT)
            changed = change(connection, found, who)
        if changed:
            done.append(who)

    threads = [Thread(target=run, args=(f"writer {number}",)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return done


@pytest.mark.parametrize("was_there", [True, False])
def test_of_several_who_have_seen_the_same_state_exactly_one_changes_it(database: Database, was_there: bool) -> None:
    if was_there:
        keep(database, HERE)
    seen = Conditions(if_match=f'"{text("page 7").tag}"') if was_there else Conditions(if_none_match="*")

    def change(connection: Connection, found: documents.Document | None, who: str) -> bool:
        if obstacle(seen, found and found.content, must_be_seen=True) is not None:
            return False
        documents.keep(connection, HERE, text(who), at=NOON)
        return True

    (first,) = race(database, change)

    assert find(database, HERE) == first


def test_nobody_who_adds_to_it_takes_away_what_another_has_added(database: Database) -> None:
    keep(database, HERE, "")

    def change(connection: Connection, found: documents.Document | None, who: str) -> bool:
        assert found is not None
        documents.keep(connection, HERE, text(found.content.body.decode() + who[-1]), at=NOON)
        return True

    race(database, change)

    assert sorted(find(database, HERE) or "") == list("01234567")


def test_who_writes_at_a_place_waits_for_that_place_alone(on_postgres: Database) -> None:
    done = Event()

    def write(place: str) -> None:
        with on_postgres.writing_at(place):
            done.set()

    with ExitStack() as waiting:
        with on_postgres.writing_at("here"), Writer(on_postgres, Turn.EVERY) as writer:
            assert writer.done.wait(PATIENCE)
            with on_postgres.writing_at("elsewhere"):
                pass
            thread = Thread(target=write, args=("here",))
            waiting.callback(thread.join, PATIENCE)
            thread.start()
            assert not done.wait(MOMENT)
        assert done.wait(PATIENCE)
