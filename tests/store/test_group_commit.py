"""What was answered is kept, however many ask at once, and no tick runs ahead of it."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Barrier, Event, Thread
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from milepost.clock import ManualClock
from milepost.store import log
from milepost.store.acceptance import AcceptanceClosed, TooLate
from milepost.store.database import Database
from milepost.store.group_commit import GroupCommit
from milepost.store.submission import Accepted, Outcome
from milepost.store.tables.accepted import identifiers, raw_messages
from milepost_schemas.submissions import RawMessage, Refusal
from tests.store.accepted import logged, rows
from tests.store.builders import NOON, about, activity, person, statement, submission


def test_a_refused_request_is_kept_and_a_sign_of_life(database: Database, declared: str) -> None:
    acceptance = GroupCommit(database, ManualClock(NOON))
    refusal = Refusal(
        tenant="default",
        source=declared,
        received_at=NOON,
        raw=RawMessage(route="/xapi/statements", body=b"nonsense"),
        reason="no JSON",
    )

    acceptance.refuse(refusal).result(10)
    acceptance.close()

    assert [(row["outcome"], row["reason"], row["body"]) for row in rows(database, raw_messages)] == [
        ("refused", "no JSON", b"nonsense")
    ]
    assert [type(message).__name__ for message in logged(database)] == ["SourceHeard"]


def test_many_requests_at_once_are_all_kept_in_few_commits(database: Database) -> None:
    commits: list[float] = []
    acceptance = GroupCommit(database, ManualClock(NOON), committed=commits.append)
    futures: list[Future[Outcome]] = []
    barrier = Barrier(8)

    def send(sender: int) -> None:
        barrier.wait()
        for n in range(50):
            new = statement(str(uuid4()), about(f"{sender}-{n}", activity(f"{sender}-{n}")))
            futures.append(acceptance.submit(submission(new)))

    threads = [Thread(target=send, args=(sender,)) for sender in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait(futures, 30)
    acceptance.close()

    assert sorted(future.result().logged for future in futures if isinstance(future.result(), Accepted)) == [1] * 400  # type: ignore[union-attr]
    assert len(logged(database)) == 400
    assert len(commits) < 100


def test_one_that_cannot_be_written_spoils_no_other(database: Database) -> None:
    acceptance = GroupCommit(database, ManualClock(NOON))
    broken = submission(people=(person(name=object()),))

    with database.writing():  # holds the writer up, so that the three come in one group
        futures = [acceptance.submit(each) for each in (submission(messages=(about(),)), broken, submission())]
    wait(futures, 10)
    acceptance.close()

    assert [future.exception() is None for future in futures] == [True, False, True]
    assert logged(database) == [about()]
    assert acceptance.arrivals.settled(NOON + 1, timeout=0)


def test_nothing_is_taken_after_the_end_and_everything_from_before_is_written(database: Database) -> None:
    acceptance = GroupCommit(database, ManualClock(NOON))
    future = acceptance.submit(submission(messages=(about(),)))

    acceptance.close()

    assert isinstance(future.result(0), Accepted)
    with pytest.raises(AcceptanceClosed):
        acceptance.submit(submission())


class HeldClock(ManualClock):
    """Whoever asks it is held up until somebody lets them go on."""

    def __init__(self) -> None:
        super().__init__(NOON)
        self.is_asked, self.goes_on = Event(), Event()

    def now(self) -> int:
        self.is_asked.set()
        assert self.goes_on.wait(10)
        return super().now()


def test_what_is_just_being_submitted_when_the_end_comes_is_written_before_it(database: Database) -> None:
    clock = HeldClock()
    acceptance = GroupCommit(database, clock)
    with ThreadPoolExecutor(3) as others:
        stamping = others.submit(acceptance.arrivals.sample)
        assert clock.is_asked.wait(10)
        submitting = others.submit(acceptance.submit, submission(messages=(about(),)))
        wait([submitting], 0.2)  # it waits for who is held up
        closing = others.submit(acceptance.close)
        wait([closing], 0.2)
        clock.goes_on.set()
        closing.result(10)

        assert stamping.result(10) == NOON
        assert isinstance(submitting.result(10).result(10), Accepted)


def test_a_request_under_way_holds_back_the_tick_of_any_later_moment(database: Database) -> None:
    clock = ManualClock(NOON)
    acceptance = GroupCommit(database, clock)
    arrivals = acceptance.arrivals

    with acceptance.receiving() as received_at:
        clock.set(NOON + 5)

        assert received_at == NOON
        assert arrivals.settled(NOON, timeout=0)
        assert not arrivals.settled(arrivals.sample(), timeout=0)
        with database.writing():
            future = acceptance.submit(submission(received_at=received_at))
        future.result(10)

    assert arrivals.settled(NOON + 5, timeout=0)
    acceptance.close()


def test_what_was_submitted_holds_back_the_tick_until_its_commit_even_if_nobody_waits(database: Database) -> None:
    acceptance = GroupCommit(database, ManualClock(NOON))

    with database.writing():
        with acceptance.receiving() as received_at:
            future = acceptance.submit(submission(received_at=received_at))
        future.cancel()

        assert not acceptance.arrivals.settled(NOON + 1, timeout=0.05)

    assert acceptance.arrivals.settled(NOON + 1, timeout=10)
    acceptance.close()


def test_where_the_ticker_counts_on_it_nothing_is_written_long_after_its_stamp(database: Database) -> None:
    clock = ManualClock(NOON)
    acceptance = GroupCommit(database, clock, within=4_000)

    with acceptance.receiving() as received_at:
        clock.set(NOON + 4_000)
        in_time = acceptance.submit(submission(messages=(about(),), received_at=received_at)).result(10)
        clock.set(NOON + 4_001)
        late = acceptance.submit(submission(messages=(about("ben"),), received_at=received_at))
        with pytest.raises(TooLate, match="do it again"):
            late.result(10)

    acceptance.close()
    assert in_time == Accepted(position=1, logged=1)
    assert len(logged(database)) == 1


def test_a_fresh_reader_sees_what_was_answered(database: Database) -> None:
    acceptance = GroupCommit(database, ManualClock(NOON))

    for n in range(20):
        acceptance.submit(submission(messages=(about(fact=activity(f"f{n}")),))).result(10)
        with database.reading() as connection:
            assert connection.execute(select(func.count()).select_from(identifiers)).scalar() == 1
            assert log.end(connection) == n + 1

    acceptance.close()
