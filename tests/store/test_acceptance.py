from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Barrier, Event, Thread
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from milepost.clock import ManualClock
from milepost.store import log, statements
from milepost.store.acceptance import AcceptanceClosed, TooLate
from milepost.store.accepting import Answer, accept_all
from milepost.store.database import Database
from milepost.store.group_commit import GroupCommit
from milepost.store.linking import SOMEBODY_ELSE, UNKNOWN
from milepost.store.submission import Accepted, Outcome, StatementConflict
from milepost.store.tables.accepted import identifiers, people, raw_messages
from milepost_schemas.facts import SourceHeard
from milepost_schemas.instants import DAY, MINUTE
from milepost_schemas.messages import FactRevoked, IdentityDecided
from milepost_schemas.submissions import LogMessage, RawMessage, Refusal, SamePerson, Submission
from milepost_schemas.topics import decode_logged
from tests.store.builders import NOON, about, activity, person, statement, submission, void

ONE, TWO = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def take(database: Database, *submissions: Submission) -> list[Answer]:
    with database.writing() as connection:
        return accept_all(connection, submissions)


def logged(database: Database) -> list[LogMessage]:
    with database.reading() as connection:
        return [decode_logged(entry.body) for entry in log.read(connection, 0, limit=10_000)]


def rows(database: Database, table: Any) -> list[Any]:
    with database.reading() as connection:
        return list(connection.execute(select(table)).mappings())


def test_what_was_accepted_stands_in_the_log_in_its_order(database: Database) -> None:
    first, second = about("ana"), about("ben", activity("f2"))

    outcome = take(database, submission(statement(ONE, first), messages=(second,)))

    assert outcome == [Accepted(position=2, logged=2)]
    assert logged(database) == [first, second]


def test_an_equal_statement_again_is_fine_and_says_nothing_new(database: Database) -> None:
    take(database, submission(statement(ONE, about())))

    outcome = take(database, submission(statement(ONE, about())))

    assert outcome == [Accepted(position=1, logged=0)]


def test_another_meaning_under_a_known_id_refuses_the_whole_submission(database: Database) -> None:
    take(database, submission(statement(ONE, about())))

    outcome = take(
        database,
        submission(statement(TWO, about("ben")), statement(ONE, about(), object={"id": "https://lms.example/other"})),
    )

    assert outcome == [StatementConflict(ONE)]
    assert len(logged(database)) == 1
    assert len(rows(database, raw_messages)) == 1
    with database.reading() as connection:
        assert statements.find(connection, "default", "lms", TWO) is None


def test_the_same_id_is_another_statement_for_another_tenant(database: Database) -> None:
    outcomes = take(
        database,
        submission(statement(ONE, about())),
        submission(statement(ONE, about(), object={"id": "https://lms.example/other"}), tenant="other"),
    )

    assert all(isinstance(each, Accepted) for each in outcomes)


def test_a_void_withdraws_the_facts_of_its_target_at_once(database: Database) -> None:
    take(database, submission(statement(ONE, about("ana"), about("ben", activity("f2")))))

    take(database, submission(void(ONE, id=TWO), received_at=NOON + 5))

    revoked = [message for message in logged(database) if isinstance(message, FactRevoked)]
    assert [(each.actor, each.target, each.withdrawn_at) for each in revoked] == [
        ("ana", "f1", NOON),
        ("ben", "f2", NOON),
    ]
    with database.reading() as connection:
        assert statements.find(connection, "default", "lms", ONE) is None
        assert statements.find_voided(connection, "default", "lms", ONE) is not None


def test_a_provisional_fact_stands_a_day_longer(database: Database) -> None:
    fact = activity(provisional=True)

    take(database, submission(statement(ONE, about(fact=fact))), submission(void(ONE, recorded_at=NOON + 7)))

    assert [m.withdrawn_at for m in logged(database) if isinstance(m, FactRevoked)] == [NOON + 7 + DAY]


def test_a_void_may_come_before_its_target(database: Database) -> None:
    take(database, submission(void(ONE)))

    take(database, submission(statement(ONE, about())))

    assert [type(message).__name__ for message in logged(database)] == ["AboutActor", "FactRevoked"]
    with database.reading() as connection:
        assert statements.find(connection, "default", "lms", ONE) is None


def test_a_void_and_its_target_may_come_in_one_batch(database: Database) -> None:
    take(database, submission(void(ONE), statement(ONE, about())))

    assert [type(message).__name__ for message in logged(database)] == ["AboutActor", "FactRevoked"]


def test_the_earliest_of_two_voids_counts_even_if_it_comes_last(database: Database) -> None:
    take(database, submission(statement(ONE, about())))

    take(database, submission(void(ONE, recorded_at=NOON + 9)), submission(void(ONE, recorded_at=NOON + 3)))

    assert [m.withdrawn_at for m in logged(database) if isinstance(m, FactRevoked)] == [NOON + 9, NOON + 3]


def test_a_void_by_another_source_counts_for_nothing(database: Database) -> None:
    take(database, submission(statement(ONE, about())))

    take(database, submission(void(ONE), source="intruder"))

    assert len(logged(database)) == 1
    with database.reading() as connection:
        assert statements.find(connection, "default", "lms", ONE) is not None


def test_a_void_cannot_be_voided(database: Database) -> None:
    take(database, submission(statement(ONE, about())), submission(void(ONE, id=TWO)), submission(void(TWO)))

    assert len(logged(database)) == 2
    with database.reading() as connection:
        assert statements.find(connection, "default", "lms", TWO) is not None


def test_the_first_random_ids_proposed_for_somebody_are_kept(database: Database) -> None:
    take(database, submission(messages=(about("ana", candidate="first"),)))
    take(database, submission(messages=(about("ana", candidate="second"),)))

    assert [(row["actor"], row["identifier"], row["learner"]) for row in rows(database, identifiers)] == [
        ("ana", "identifier-first", "learner-first")
    ]


@pytest.mark.parametrize(
    ("seen", "name", "mail", "label"),
    [
        ([person(name="Ana Ruiz")], "Ana Ruiz", None, "Ana Ruiz"),
        ([person(mail="ana@example.org")], None, "ana@example.org", "ana@example.org"),
        ([person()], None, None, "ana"),
        ([person(name="Ana Ruiz"), person()], "Ana Ruiz", None, "Ana Ruiz"),
        ([person(name="Ana"), person(name="Ana Ruiz", mail="a@b.c")], "Ana Ruiz", "a@b.c", "Ana Ruiz"),
        ([person(name="Ana Ruiz", rank=30), person(name="Ana's iPad", rank=10)], "Ana Ruiz", None, "Ana Ruiz"),
        ([person(name="Ana's iPad", rank=10), person(name="Ana Ruiz", rank=30)], "Ana Ruiz", None, "Ana Ruiz"),
        ([person(rank=30), person(name="Ana Ruiz", rank=10)], "Ana Ruiz", None, "Ana Ruiz"),
    ],
)
def test_a_person_is_called_as_the_most_trusted_source_says(
    database: Database, seen: list[Any], name: str | None, mail: str | None, label: str
) -> None:
    for each in seen:
        take(database, submission(people=(each,)))

    assert [(row["name"], row["mail"], row["label"]) for row in rows(database, people)] == [(name, mail, label)]


def test_a_source_is_heard_once_a_minute(database: Database, declared: str) -> None:
    for at in (NOON, NOON + 1, NOON + MINUTE - 1, NOON + MINUTE, NOON + 90_000):
        take(database, submission(source=declared, received_at=at))

    assert [m.occurred_at for m in logged(database) if isinstance(m, SourceHeard)] == [NOON, NOON + MINUTE]


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


# --- identifiers of one person ---------------------------------------------------------------------------------------


def same(actor: str = "ana", other: str = "ana-at-work") -> SamePerson:
    return SamePerson(fact_id=f"{actor}={other}", actor=actor, other=other)


def decided(database: Database) -> list[tuple[str, str | None]]:
    return [(each.actor, each.learner) for each in logged(database) if isinstance(each, IdentityDecided)]


def reasons(database: Database) -> list[str | None]:
    return [row["reason"] for row in rows(database, raw_messages)]


def test_another_identifier_is_linked_to_the_learner_of_the_person_in_the_same_transaction(database: Database) -> None:
    take(database, submission(messages=(about("ana"),), same_people=(same(),)))

    assert decided(database) == [("ana-at-work", "learner-ana")]
    assert reasons(database) == [None]


def test_a_link_is_made_once_and_for_good(database: Database) -> None:
    take(database, *(submission(messages=(about("ana"),), same_people=(same(),)) for _ in range(2)))

    assert len(decided(database)) == 1


def test_nobody_is_linked_to_a_person_of_whom_nothing_was_reported_until_it_is_declared_again(
    database: Database,
) -> None:
    take(database, submission(same_people=(same(),), note="a score was not read"))
    unlinked = decided(database)
    take(database, submission(messages=(about("ana"),), same_people=(same(),)))

    assert unlinked == []
    assert reasons(database) == [f"a score was not read; {UNKNOWN}", None]
    assert decided(database) == [("ana-at-work", "learner-ana")]


def test_an_identifier_of_somebody_else_is_left_to_people(database: Database) -> None:
    take(database, submission(messages=(about("ana"), about("ben"), about("ben-at-work"))))
    with database.writing() as connection:  # as is done once the link of Ben's two is read
        connection.execute(
            update(identifiers).where(identifiers.c.actor == "ben-at-work").values(learner="learner-ben")
        )

    take(database, submission(same_people=(same("ana", "ben-at-work"), same("ben", "ben-at-work"))))

    assert decided(database) == [("ben-at-work", "learner-ben")]
    assert reasons(database)[-1] == SOMEBODY_ELSE


def test_a_name_of_any_length_is_kept(database: Database) -> None:
    name = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(3000))

    take(database, submission(people=(person("ana", name=name),)))

    assert [row["label"] for row in rows(database, people)] == [name]
