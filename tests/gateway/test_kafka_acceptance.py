import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event, Semaphore, Thread
from typing import Any

import pytest
import structlog
from confluent_kafka import KafkaError
from prometheus_client import CollectorRegistry

from milepost.broker.acceptance import KafkaAcceptance
from milepost.broker.acceptance_metrics import AcceptanceMetrics
from milepost.broker.acceptance_room import Limits
from milepost.broker.partitioning import partition_of
from milepost.clock import Clock, ManualClock, SystemClock
from milepost.runtimes.local.kafka import LocalKafka
from milepost.runtimes.local.ports import free_port
from milepost.settings import Settings
from milepost.store.acceptance import (
    AcceptanceClosed,
    AcceptanceFull,
    NotAccepted,
    NotAcknowledged,
    SubmissionTooLarge,
)
from milepost.store.submission import Acknowledged, Outcome, StatementConflict
from milepost_schemas.instants import SECOND
from milepost_schemas.submissions import RawMessage, Refusal, Submission
from tests.gateway.raw import PARTITIONS, kafka_settings, make_topic, read_all
from tests.services.brokers import Kafka
from tests.services.waiting import wait_until
from tests.store.builders import NOON, about, statement, submission

PATIENCE = 60
"""Seconds after which a test gives up; nothing takes so long."""


class NothingStored:
    """A store that knows of nothing, or of one conflict."""

    def __init__(self, conflict: StatementConflict | None = None) -> None:
        self._conflict = conflict

    def find_conflict(self, submission: Submission) -> StatementConflict | None:
        return self._conflict

    def is_due(self) -> bool:
        return self._conflict is not None

    def archived_until(self) -> int:
        return NOON


class Counted:
    """The metrics of one acceptance, as numbers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = AcceptanceMetrics(self.registry)

    def of(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"milepost_raw_messages_{name}", labels) or 0.0


@contextmanager
def accepting(
    settings: Settings,
    *,
    clock: Clock | None = None,
    counted: Counted | None = None,
    store: NothingStored | None = None,
    **more: Any,
) -> Iterator[KafkaAcceptance]:
    acceptance = KafkaAcceptance(
        settings,
        clock or SystemClock(),
        store=store or NothingStored(),
        metrics=(counted or Counted()).metrics,
        **more,
    )
    try:
        yield acceptance
    finally:
        acceptance.close()


def send(acceptance: KafkaAcceptance, *, source: str = "lms", body: bytes = b"{}") -> "Future[Outcome]":
    with acceptance.receiving() as received_at:
        raw = RawMessage(route="/xapi/statements", body=body)
        return acceptance.submit(submission(statement(), source=source, received_at=received_at, raw=raw))


def outcome(acceptance: KafkaAcceptance, **more: Any) -> Outcome | NotAccepted:
    """Send, and return what became of it, a refusal included."""
    try:
        return send(acceptance, **more).result(PATIENCE)
    except NotAccepted as error:
        return error


def as_many_as_fit(acceptance: KafkaAcceptance) -> Iterator[Future[Outcome]]:
    for _ in range(1000):
        try:
            yield send(acceptance, body=b"x" * 10_000)
        except AcceptanceFull:
            return
    raise AssertionError("there was room for a thousand")


# --- on a real broker ------------------------------------------------------------------------------------------------


@pytest.fixture
def settings(kafka: Kafka, kafka_prefix: str) -> Settings:
    found = kafka_settings(kafka.bootstrap, kafka_prefix)
    make_topic(found)
    return found


@pytest.mark.kafka
def test_what_is_acknowledged_lies_in_the_topic_as_it_was_submitted(settings: Settings) -> None:
    new = submission(statement(None, about("ana")), messages=(about("ben"),), received_at=SystemClock().now())
    refusal = Refusal(
        tenant="default",
        source="lms",
        received_at=SystemClock().now(),
        raw=RawMessage(route="/", body=b"\xff"),
        reason="?",
    )

    with accepting(settings) as acceptance:
        assert acceptance.submit(new).result(PATIENCE) == Acknowledged(2)
        acceptance.refuse(refusal).result(PATIENCE)

        assert [each.message for each in read_all(settings)] == [new, refusal]


@pytest.mark.kafka
def test_the_messages_of_a_source_lie_in_the_partition_of_its_key_by_murmur2_in_their_order(settings: Settings) -> None:
    sources = [f"source-{number}" for number in range(30)]

    with accepting(settings) as acceptance:
        _, not_done = wait(
            [send(acceptance, source=source, body=b"%d" % turn) for turn in range(5) for source in sources], PATIENCE
        )
    assert not not_done
    found = read_all(settings)

    assert {each.partition for each in found} == set(range(PARTITIONS))
    assert all(each.partition == partition_of(each.key, PARTITIONS) for each in found)
    for source in sources:
        bodies = [each.message.raw.body for each in found if each.message.source == source and each.message.raw]
        assert bodies == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.kafka
def test_many_senders_at_once_are_all_kept_once(settings: Settings) -> None:
    futures: list[Future[Outcome]] = []
    counted = Counted()

    def sender(number: int) -> None:
        futures.extend(send(acceptance, source=f"s{number}", body=b"%d" % turn) for turn in range(100))

    with accepting(settings, counted=counted) as acceptance:
        threads = [Thread(target=sender, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait(futures, PATIENCE)

    assert [future.result(0) for future in futures] == [Acknowledged(0)] * 800
    assert len({(each.key, each.message.raw.body) for each in read_all(settings) if each.message.raw}) == 800
    assert len(read_all(settings)) == 800
    assert (counted.of("acknowledged_total"), counted.of("under_way"), counted.of("under_way_bytes")) == (800, 0, 0)


@pytest.mark.kafka
def test_what_the_topic_does_not_take_as_one_is_too_large(kafka: Kafka, kafka_prefix: str) -> None:
    settings = kafka_settings(kafka.bootstrap, kafka_prefix)
    make_topic(settings, most_bytes=50_000)

    with accepting(settings) as acceptance:
        refused_by_the_broker = outcome(acceptance, body=b"x" * 100_000)
        refused_by_us = outcome(acceptance, body=b"x" * 26_000_000)
        taken = outcome(acceptance)

    assert isinstance(refused_by_the_broker, SubmissionTooLarge)
    assert isinstance(refused_by_us, SubmissionTooLarge)
    assert taken == Acknowledged(0)


@pytest.mark.kafka
def test_after_the_end_nothing_is_taken_and_everything_from_before_is_answered(settings: Settings) -> None:
    with accepting(settings) as acceptance:
        outcome(acceptance)
        futures = [send(acceptance, body=b"%d" % turn) for turn in range(50)]

        acceptance.close()

        assert [future.result(0) for future in futures] == [Acknowledged(0)] * 50
        assert isinstance(outcome(acceptance), AcceptanceClosed)
    assert len(read_all(settings)) == 51


@pytest.mark.kafka
def test_a_topic_that_is_not_there_is_named_to_those_who_watch(kafka: Kafka, kafka_prefix: str) -> None:
    settings = kafka_settings(kafka.bootstrap, kafka_prefix)

    with accepting(settings) as acceptance:
        missing = acceptance.broker_problem()
        make_topic(settings)
        wait_until(lambda: acceptance.broker_problem() is None)

    assert missing is not None
    assert "raw-messages" in missing


# --- a broker that dies or stands still ------------------------------------------------------------------------------


@pytest.fixture
def broker(own_kafka: Callable[[], LocalKafka]) -> LocalKafka:
    return own_kafka()


@pytest.fixture
def mortal(broker: LocalKafka) -> Settings:
    found = kafka_settings(broker.bootstrap, "t.", kafka_seconds=1.5)
    make_topic(found)
    return found


def test_without_kafka_requests_are_refused_in_bounded_memory_until_it_is_back(
    broker: LocalKafka, mortal: Settings
) -> None:
    counted, limits = Counted(), Limits(messages=20, octets=100_000)

    with accepting(mortal, counted=counted, limits=limits) as acceptance:
        wait_until(lambda: outcome(acceptance) == Acknowledged(0))
        broker.kill()
        under_way = list(as_many_as_fit(acceptance))
        assert 0 < len(under_way) < 20
        assert 0 < counted.of("under_way_bytes") <= 100_000
        assert acceptance.broker_problem() is not None

        given_up = [future.exception(PATIENCE) for future in under_way]
        wait_until(lambda: counted.of("under_way") == 0)
        broker.start()
        wait_until(lambda: outcome(acceptance) == Acknowledged(0))

        assert {type(error) for error in given_up} == {NotAcknowledged}
        assert acceptance.broker_problem() is None
        assert acceptance.problem() is None


def test_a_broker_that_stands_still_refuses_in_time_and_what_was_promised_is_there(
    broker: LocalKafka, mortal: Settings
) -> None:
    with accepting(mortal) as acceptance:
        wait_until(lambda: outcome(acceptance, body=b"before") == Acknowledged(0))
        broker.pause()
        refused = outcome(acceptance, body=b"meanwhile")
        broker.resume()
        wait_until(lambda: outcome(acceptance, body=b"again") == Acknowledged(0))
        bodies = [each.message.raw.body for each in read_all(mortal) if each.message.raw]

    assert isinstance(refused, NotAcknowledged)
    assert bodies[0] == b"before"
    assert bodies[-1] == b"again"
    assert set(bodies) <= {b"before", b"meanwhile", b"again"}  # what was given up may have landed


def test_nothing_that_came_is_logged_while_kafka_is_away(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings = kafka_settings(f"127.0.0.1:{free_port()}", "t.", kafka_seconds=1.0)

    with structlog.testing.capture_logs() as logged, accepting(settings) as acceptance:
        assert isinstance(outcome(acceptance, body=b"ana@example.org"), NotAcknowledged)
        wait_until(lambda: bool(logged))

    assert "ana" not in repr(logged) + caplog.text


# --- by a client that does as it is told -----------------------------------------------------------------------------


class ObedientProducer:
    """Keeps what is produced until the test says what becomes of it."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.waiting: list[Callable[[KafkaError | None, object], None]] = []
        self.becomes: list[Callable[[], None]] = []
        self.has_room = True
        self.held = Semaphore(1_000)
        self.purged = Event()

    def produce(self, topic: str, value: bytes, key: bytes, *, on_delivery: Callable[..., None]) -> None:
        if not self.has_room:
            raise BufferError
        self.held.acquire()
        self.waiting.append(on_delivery)

    def poll(self, seconds: float) -> None:
        while self.becomes:
            self.becomes.pop(0)()
        time.sleep(0.001)

    def deliver(self, error: KafkaError | None = None) -> None:
        def become() -> None:
            while self.waiting:
                self.waiting.pop(0)(error, None)

        self.becomes.append(become)

    def purge(self) -> None:
        self.purged.set()

    def flush(self, seconds: float) -> int:
        while self.purged.is_set() and self.waiting:
            self.waiting.pop(0)(KafkaError(KafkaError._PURGE_QUEUE), None)
        return 0


class Obedient:
    """Makes such producers, and remembers them."""

    def __init__(self) -> None:
        self.made: list[ObedientProducer] = []

    def __call__(self, options: dict[str, Any]) -> Any:
        self.made.append(ObedientProducer(options))
        return self.made[-1]


@pytest.fixture
def obedient() -> Obedient:
    return Obedient()


NOWHERE = kafka_settings("nowhere:9", "t.")


def test_an_acknowledgment_that_comes_too_late_for_the_ticker_is_none(obedient: Obedient) -> None:
    clock = ManualClock(NOON)
    with accepting(NOWHERE, clock=clock, build_producer=obedient) as acceptance:
        in_time: list[Future[Outcome]] = []
        late: list[Future[Outcome]] = []
        for elapsed, into in ((4 * SECOND, in_time), (4 * SECOND + 1, late)):
            into.append(send(acceptance))
            clock.set(clock.now() + elapsed)
            obedient.made[0].deliver()
            wait(into, PATIENCE)

    assert in_time[0].result(0) == Acknowledged(0)
    assert isinstance(late[0].exception(0), NotAcknowledged)


def test_what_took_too_long_to_read_is_not_sent_at_all(obedient: Obedient) -> None:
    clock = ManualClock(NOON)
    with accepting(NOWHERE, clock=clock, build_producer=obedient) as acceptance:
        with acceptance.receiving() as received_at:
            clock.set(NOON + 4 * SECOND)
            with pytest.raises(NotAcknowledged):
                acceptance.submit(submission(received_at=received_at))

        assert obedient.made[0].waiting == []


def test_a_client_without_room_is_full_and_holds_nothing_of_it(obedient: Obedient) -> None:
    counted = Counted()
    with accepting(NOWHERE, build_producer=obedient, counted=counted) as acceptance:
        obedient.made[0].has_room = False

        assert isinstance(outcome(acceptance), AcceptanceFull)
        assert (counted.of("under_way"), counted.of("failed_total", reason="full")) == (0, 1)


def test_a_client_that_is_broken_for_good_is_replaced(obedient: Obedient) -> None:
    with accepting(NOWHERE, build_producer=obedient) as acceptance:
        first = obedient.made[0]
        fatal = KafkaError(KafkaError._FATAL, "sequence lost", fatal=True)
        first.becomes.append(lambda: first.options["error_cb"](fatal))
        assert first.purged.wait(PATIENCE)
        future = send(acceptance)
        obedient.made[1].deliver()

        assert future.result(PATIENCE) == Acknowledged(0)


def test_a_client_that_hears_nothing_of_kafka_any_more_is_replaced(obedient: Obedient) -> None:
    settings = kafka_settings("nowhere:9", "t.", kafka_seconds=0.1)
    with accepting(settings, build_producer=obedient) as acceptance:
        assert isinstance(outcome(acceptance), NotAcknowledged)
        wait_until(lambda: len(obedient.made) == 2)
        future = send(acceptance)
        obedient.made[1].deliver()

        assert future.result(PATIENCE) == Acknowledged(0)
        assert obedient.made[0].purged.is_set()


def test_a_client_by_which_something_arrives_is_kept_whatever_else_fails(obedient: Obedient) -> None:
    settings = kafka_settings("nowhere:9", "t.", kafka_seconds=0.5)
    with accepting(settings, build_producer=obedient) as acceptance:
        for _ in range(5):
            assert isinstance(outcome(acceptance), NotAcknowledged)
            future = send(acceptance)
            obedient.made[0].deliver()
            future.exception(PATIENCE)

        assert len(obedient.made) == 1


def test_what_is_just_being_sent_when_a_client_is_replaced_holds_no_room_for_good(obedient: Obedient) -> None:
    counted = Counted()
    with accepting(NOWHERE, build_producer=obedient, counted=counted) as acceptance, ThreadPoolExecutor(1) as sender:
        first = obedient.made[0]
        first.held = Semaphore(0)
        sending = sender.submit(send, acceptance)
        while counted.of("under_way") == 0:
            time.sleep(0.001)
        first.becomes.append(lambda: first.options["error_cb"](KafkaError(KafkaError._FATAL, "lost", fatal=True)))
        while len(obedient.made) == 1:
            time.sleep(0.001)
        first.purged.wait(0.1)
        first.held.release()

        assert isinstance(sending.result(PATIENCE).exception(PATIENCE), NotAcknowledged)
        assert counted.of("under_way") == 0


def test_whoever_has_gone_keeps_nobody_waiting(obedient: Obedient) -> None:
    with accepting(NOWHERE, build_producer=obedient) as acceptance:
        gone, stays = send(acceptance), send(acceptance)
        gone.cancel()
        obedient.made[0].deliver()

        assert stays.result(PATIENCE) == Acknowledged(0)


def test_what_is_unanswered_at_the_end_was_not_promised(obedient: Obedient) -> None:
    with accepting(NOWHERE, build_producer=obedient) as acceptance:
        future = send(acceptance)
        acceptance.close()

        assert isinstance(future.exception(0), AcceptanceClosed)


def test_a_conflict_that_the_store_knows_is_told_and_not_sent(obedient: Obedient) -> None:
    conflict = StatementConflict("11111111-1111-4111-8111-111111111111")
    with accepting(NOWHERE, build_producer=obedient, store=NothingStored(conflict)) as acceptance:
        assert outcome(acceptance) == conflict
        assert obedient.made[0].waiting == []


def test_it_is_consistent_through_what_the_archive_has_reached(obedient: Obedient) -> None:
    with accepting(NOWHERE, build_producer=obedient) as acceptance:
        assert acceptance.consistent_through() == NOON
        assert not acceptance.is_exact


def test_whom_others_wait_for_hands_a_submission_over_without_looking_for_a_conflict(settings: Settings) -> None:
    with accepting(settings, store=NothingStored(StatementConflict("s1"))) as acceptance:
        new = submission(statement(), received_at=SystemClock().now())

        assert acceptance.waits()
        assert acceptance.submit(new).result(PATIENCE) == StatementConflict("s1")
        assert isinstance(acceptance.submit(new, may_wait=False).result(PATIENCE), Acknowledged)
