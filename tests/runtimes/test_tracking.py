from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError

from milepost.clock import ManualClock
from milepost.runtimes import tracking
from milepost.runtimes.embedded_metrics import EmbeddedMetrics
from milepost.runtimes.tracking import Tracking
from milepost.store import dead_letters, log, recording
from milepost.store.arrivals import Arrivals
from milepost.store.database import Database
from milepost.store.keep import SqlKeep
from milepost.store.tables import accepted, kept
from milepost.tracker.setting_aside import DEAD_BEFORE_STOPPING, TooManyDeadLetters
from milepost_schemas.messages import AboutActor
from milepost_schemas.topics import Message
from tests.store.builders import NOON, about, activity, make_tenant


class FakeCascade:
    """Keeps one record per message, and stumbles over what it is told to."""

    stumbles: dict[str, Exception]
    ticks: list[int]
    built = 0

    def __init__(self, keep: SqlKeep) -> None:
        FakeCascade.built += 1
        self._keep = keep

    def take(self, messages: Iterable[Message]) -> None:
        for message in messages:
            assert isinstance(message, AboutActor)
            row = {"topic": "taken", "key": message.fact.fact_id, "record": b""}
            self._keep._connection.execute(insert(kept.records), row)
            if message.fact.fact_id in self.stumbles:
                raise self.stumbles[message.fact.fact_id]

    def tick(self, tenant: str, at: int) -> None:
        if "tick" in self.stumbles:
            raise self.stumbles["tick"]
        self.ticks.append(at)


@pytest.fixture
def cascade(monkeypatch: pytest.MonkeyPatch) -> type[FakeCascade]:
    monkeypatch.setattr(tracking, "Cascade", FakeCascade)
    FakeCascade.stumbles, FakeCascade.ticks = {}, []
    return FakeCascade


def write(database: Database, *fact_ids: str, received_at: int = NOON) -> None:
    with database.writing() as connection:
        make_tenant(connection, "default", at=NOON)
        origin = log.Origin(tenant="default", received_at=received_at)
        log.append(connection, origin, [about(fact=activity(fact_id)) for fact_id in fact_ids])


def track(database: Database, clock: ManualClock | None = None) -> Tracking:
    return Tracking(database, Arrivals(clock or ManualClock(NOON)), EmbeddedMetrics(CollectorRegistry()))


def taken(database: Database) -> list[str]:
    with database.reading() as connection:
        rows = connection.execute(select(kept.records.c.key).order_by(kept.records.c.key))
        return list(rows.scalars())


def position(database: Database) -> int:
    with database.reading() as connection:
        return recording.position(connection)


def test_every_message_is_taken_in_once_across_processes(database: Database, cascade: Any) -> None:
    write(database, "f1", "f2")
    assert track(database).take() == 2
    write(database, "f3")

    again = track(database)

    assert [again.take(), again.take()] == [1, 0]
    assert taken(database) == ["f1", "f2", "f3"]


def test_a_message_that_cannot_be_taken_in_is_set_aside_and_the_others_are_not(
    database: Database, cascade: Any
) -> None:
    write(database, "f1", "f2", "f3")
    cascade.stumbles = {"f2": ValueError("ana@example.org has no such step")}

    track(database).take()

    assert taken(database) == ["f1", "f3"]
    assert position(database) == 3
    with database.reading() as connection:
        (letter,) = dead_letters.every(connection)
    assert letter.position == 2
    assert letter.reason.startswith("ValueError at tests.runtimes.test_tracking:")


def test_what_is_no_message_at_all_is_set_aside(database: Database, cascade: Any) -> None:
    write(database, "f1")
    with database.writing() as connection:
        connection.execute(insert(accepted.log), {"tenant": "default", "received_at": NOON, "body": "{}"})

    track(database).take()

    assert taken(database) == ["f1"]
    assert position(database) == 2


def test_too_many_messages_set_aside_in_a_row_stop_the_tracker(database: Database, cascade: Any) -> None:
    names = [f"f{n}" for n in range(50)]
    write(database, *names)
    cascade.stumbles = {name: KeyError(name) for name in names}

    with pytest.raises(TooManyDeadLetters):
        track(database).take()

    assert position(database) == DEAD_BEFORE_STOPPING


def test_some_that_are_far_between_stop_nobody(database: Database, cascade: Any) -> None:
    names = [f"f{n:02}" for n in range(60)]
    write(database, *names)
    cascade.stumbles = {name: KeyError(name) for name in names[::2]}

    track(database).take()

    assert taken(database) == names[1::2]
    assert position(database) == 60


def test_an_error_of_the_database_sets_nothing_aside(database: Database, cascade: Any) -> None:
    write(database, "f1", "f2")
    cascade.stumbles = {"f2": OperationalError("insert", {}, Exception("disk full"))}

    with pytest.raises(OperationalError):
        track(database).take()

    assert (taken(database), position(database)) == ([], 0)


def test_an_error_leaves_nothing_in_the_cascade_either(database: Database, cascade: Any) -> None:
    write(database, "f1")
    cascade.stumbles = {"f1": ValueError()}
    tracker = track(database)
    built = cascade.built

    tracker.take()

    assert cascade.built > built


def test_a_tick_that_fails_is_not_passed_over(database: Database, cascade: Any) -> None:
    write(database, "f1")
    cascade.stumbles = {"tick": ValueError()}

    with pytest.raises(ValueError):  # noqa: PT011 - that it comes through is all
        track(database).tick()

    with database.reading() as connection:
        assert recording.ticked_at(connection, "default") is None


def test_a_tick_comes_after_everything_that_was_received_before_it(database: Database, cascade: Any) -> None:
    write(database, "f1", received_at=NOON - 1)
    clock = ManualClock(NOON)

    at = track(database, clock).tick()

    assert at == NOON
    assert taken(database) == ["f1"]
    with database.reading() as connection:
        assert recording.ticked_at(connection, "default") == NOON


def test_a_tick_does_not_wait_for_what_was_received_after_it(database: Database, cascade: Any) -> None:
    write(database, "f1", received_at=NOON)

    track(database).tick()

    assert cascade.ticks == [NOON]
    assert taken(database) == []


def test_what_another_process_commits_while_we_come_to_tick_is_taken_in_first(
    database: Database, cascade: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(database, "f1", received_at=NOON - 1)
    tracker = track(database)
    owes, late = tracker._owes, iter(["f2"])

    def owes_and_then_late(at: int) -> bool:
        answer = owes(at)
        if not answer:
            write(database, *(name for name in late), received_at=NOON - 1)
        return answer

    monkeypatch.setattr(tracker, "_owes", owes_and_then_late)

    tracker.tick()

    assert taken(database) == ["f1", "f2"]
    assert cascade.ticks == [NOON]


def test_a_slow_batch_makes_the_next_one_smaller(database: Database) -> None:
    tracker = track(database)

    tracker._pace(500, 5.0)
    assert tracker._at_once == 25

    tracker._pace(25, 0.01)
    assert tracker._at_once == 500


def test_on_postgresql_who_is_accepted_holds_up_no_taking_in_but_the_tick(postgres_url: str, cascade: Any) -> None:
    database = Database(postgres_url)
    write(database, "f1")
    tracking = track(database, ManualClock(NOON + 1))
    with ThreadPoolExecutor(1) as another:
        with database.writing():
            assert another.submit(tracking.take).result(10) == 1
            ticking = another.submit(tracking.tick)
            with pytest.raises(TimeoutError):
                ticking.result(0.2)
            assert cascade.ticks == []

        assert ticking.result(10) == NOON + 1
    assert (taken(database), cascade.ticks) == (["f1"], [NOON + 1])
    database.close()
