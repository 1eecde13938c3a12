"""The acceptance of a gateway on Kafka: one message per request on the topic of raw messages, answered once it is safe.

Nothing is promised before every replica that is in step has the message. Where that does not come within
`kafka_seconds` of the stamp, the request is refused, so nothing that was promised lies in the topic later than that
after its stamp: the ticker, which keeps that far behind the clock, has covered it.

A message that was given up may still land: it was sent, and only the answer is missing. That does no harm. Its sender
was asked to send it again, and what comes a second time is known by the ids that its statements and facts have either
way; if it is never sent again, what was reported is in the store all the same, as a report that came late.

The client is confluent-kafka, which the benchmark `gateway_producer.py` chose: for a small message a quarter less
processor time than aiokafka, for a batch three quarters less. It does not compress: other clients could not read that.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, Protocol

import structlog
from confluent_kafka import KafkaError, KafkaException, Producer

from milepost.broker.acceptance_metrics import AcceptanceMetrics
from milepost.broker.acceptance_room import Limits, Room
from milepost.broker.acceptance_writing import write
from milepost.broker.client import for_confluent_producer
from milepost.broker.topics import name_of
from milepost.clock import Clock
from milepost.settings import Settings
from milepost.store.acceptance import (
    AcceptanceClosed,
    AcceptanceFull,
    NotAccepted,
    NotAcknowledged,
    SubmissionTooLarge,
)
from milepost.store.submission import Acknowledged, Outcome, StatementConflict, messages_of
from milepost_schemas.instants import SECOND
from milepost_schemas.streams import STREAMS
from milepost_schemas.submissions import Refusal, Submission
from milepost_schemas.topics import Topic, address

POLL_SECONDS = 0.05
"""How long the thread waits for acknowledgments before it looks at what has waited too long."""

LINGER_MS = 2
"""How long a message waits for others: sent together, they cost the client and the broker a fraction."""

CLOSING_SECONDS = 1.5
"""How long what is under way at the end may still take; requests have had their own time before."""

DEAF_AFTER = 3
"""After so many times as long as a request waits, in which nothing was acknowledged, a client that fails is replaced.

It may have lost Kafka for good: a broker that has just begun may name no broker at all, and then librdkafka asks nobody
any more (its issue 5301).
"""

ASKING_SECONDS = 2.0

ENVELOPE_BYTES = 512
"""What Kafka adds to the key and value of a message, rounded up."""

logger = structlog.get_logger("milepost.gateway")


class Store(Protocol):
    """What this acceptance asks of the store that the archive writes."""

    def find_conflict(self, submission: Submission) -> StatementConflict | None:
        """Return a statement that is known to mean something else, if that can be said without waiting."""
        ...

    def is_due(self) -> bool:
        """Say whether a conflict would be looked for now."""
        ...

    def archived_until(self) -> int:
        """Return the instant up to which the archive is known to have taken everything in."""
        ...


@dataclass(slots=True, eq=False)
class _Work:
    """A message under way: who waits for it, and until when."""

    received_at: int
    size: int
    sent_at: float
    deadline: float
    answer: Any
    future: "Future[Any]" = field(default_factory=Future)
    is_answered: bool = False


class KafkaAcceptance:
    """Sends submissions from any thread; one thread of its own hears what becomes of them."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        store: Store,
        metrics: AcceptanceMetrics,
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
        build_producer: Callable[[dict[str, Any]], Producer] = Producer,
    ) -> None:
        """Connect in the background; Kafka need not be there yet."""
        self._clock = clock
        self._store = store
        self._metrics = metrics
        self._topic = name_of(settings, Topic.RAW_MESSAGES)
        self._seconds = settings.kafka_seconds
        self._most_bytes = STREAMS[Topic.RAW_MESSAGES].most_bytes - ENVELOPE_BYTES
        self._build: Callable[[], Producer] = partial(build_producer, self._options(settings, limits))
        self._producer = self._build()
        self._is_broken = False
        self._failing_since: float | None = None
        """Since when nothing was acknowledged, though something should have been."""

        self._handing_over = Lock()
        """Whoever sends by a client has done so before another takes its place, and hears what became of it."""

        self._room: Room[_Work] = Room(limits, metrics)
        self._ended = Event()
        self._closing_at: float | None = None
        self._thread = Thread(target=self._run, name="milepost-acceptance", daemon=True)
        self._thread.start()

    @property
    def is_exact(self) -> bool:
        """The archive takes it into the store some moments after the answer."""
        return False

    @contextmanager
    def receiving(self) -> Iterator[int]:
        """Give the `received_at` of a request; the ticker waits for as long as a request may take."""
        yield self._clock.now()

    def waits(self) -> bool:
        """Looking for a conflict waits for the database."""
        return self._store.is_due()

    def submit(self, submission: Submission, *, may_wait: bool = True) -> "Future[Outcome]":
        """Have a submission kept by Kafka; the answer comes once all replicas have it."""
        conflict = self._store.find_conflict(submission) if may_wait else None
        if conflict is not None:
            known: Future[Outcome] = Future()
            known.set_result(conflict)
            return known
        return self._send(submission, Acknowledged(messages_of(submission)))

    def refuse(self, refusal: Refusal) -> "Future[None]":
        """Have a refused request kept for who looks at its source."""
        return self._send(refusal, None)

    def consistent_through(self) -> int:
        """Return how far the archive is known to have come; every statement stored before can be read."""
        return self._store.archived_until()

    def close(self) -> None:
        """Take nothing more, and wait shortly for what is under way; what Kafka has not answered was not promised."""
        self._room.close()
        if self._closing_at is None:
            self._closing_at = monotonic()
        self._thread.join()

    def problem(self) -> str | None:
        """Say that nobody hears what Kafka answers any more, or None while somebody does."""
        return "the thread of the producer has ended" if self._ended.is_set() else None

    def broker_problem(self) -> str | None:
        """Ask Kafka for the topic; say in a few words why it cannot be written to, or None."""
        try:
            found = self._producer.list_topics(self._topic, timeout=ASKING_SECONDS).topics[self._topic]
        except KafkaException as error:
            return f"Kafka does not answer: {_name_of(error.args[0])}"
        if found.error is not None:
            return f"Kafka has no topic {self._topic}: {_name_of(found.error)}"
        leaderless = sum(partition.leader < 0 for partition in found.partitions.values())
        return f"{leaderless} partitions of {self._topic} have no leader" if leaderless else None

    def _options(self, settings: Settings, limits: Limits) -> dict[str, Any]:
        return for_confluent_producer(settings, "gateway") | {
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": LINGER_MS,
            "message.max.bytes": STREAMS[Topic.RAW_MESSAGES].most_bytes,
            "message.timeout.ms": int(settings.kafka_seconds * SECOND),
            "queue.buffering.max.messages": 2 * limits.messages,
            "queue.buffering.max.kbytes": 2 * limits.octets // 1024,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 500,  # it is back as soon as Kafka is
            "retry.backoff.max.ms": 500,
            "socket.connection.setup.timeout.ms": 5000,
            "socket.keepalive.enable": True,
            "log.connection.close": False,
            "error_cb": self._heard_error,
            "logger": logging.getLogger("milepost.librdkafka"),
        }

    def _send(self, message: Submission | Refusal, answer: Any) -> "Future[Any]":
        try:
            return self._try_to_send(message, answer)
        except NotAccepted as error:
            self._metrics.count_failure(error)
            raise

    def _try_to_send(self, message: Submission | Refusal, answer: Any) -> "Future[Any]":
        self._room.require_some()
        value, key = write(message), address(message).key.encode()
        size = len(value) + len(key)
        if size > self._most_bytes:
            raise SubmissionTooLarge(f"{size} bytes are more than the topic takes as one")
        now = monotonic()
        left = self._seconds - (self._clock.now() - message.received_at) / SECOND
        if left <= 0:
            raise NotAcknowledged("the time for an answer was over before it was sent")
        work = _Work(message.received_at, size, sent_at=now, deadline=now + left, answer=answer)
        self._room.enter(work)
        try:
            with self._handing_over:
                self._producer.produce(self._topic, value, key, on_delivery=partial(self._delivered, work))
        except BaseException as error:
            self._room.leave(work)
            raise _as_not_accepted(error) from error
        return work.future

    def _run(self) -> None:
        try:
            look_at = monotonic()
            while not self._is_done():
                self._producer.poll(POLL_SECONDS)
                if monotonic() >= look_at:
                    self._give_up_late_ones()
                    look_at = monotonic() + POLL_SECONDS
                if self._is_broken or self._is_deaf():
                    self._begin_anew()
        finally:
            self._ended.set()
            for work in self._room.close():
                self._fail(work, AcceptanceClosed("the server is going down; send it again later"))
            self._producer.purge()
            self._producer.flush(0.5)

    def _is_done(self) -> bool:
        if self._closing_at is None:
            return False
        return not self._room.under_way() or monotonic() > self._closing_at + CLOSING_SECONDS

    def _delivered(self, work: _Work, error: KafkaError | None, _message: object) -> None:
        """Hear from Kafka, or from the client that has given up, what became of a message."""
        self._room.leave(work)
        late = self._clock.now() - work.received_at > self._seconds * SECOND
        if error is not None:
            self._fail(work, _as_not_accepted(KafkaException(error)))
            return
        self._failing_since = None
        if late:
            self._fail(work, NotAcknowledged("the acknowledgment came too late"))
        else:
            self._metrics.acknowledged.inc()
            self._metrics.seconds.observe(monotonic() - work.sent_at)
            self._answer(work)

    def _give_up_late_ones(self) -> None:
        """Answer those who have waited long enough; their messages count as under way until the client drops them."""
        now = monotonic()
        for work in self._room.under_way():
            if now > work.deadline:
                self._fail(work, NotAcknowledged("Kafka has not acknowledged it in time"))

    def _answer(self, work: _Work) -> None:
        if not work.is_answered:
            work.is_answered = True
            if work.future.set_running_or_notify_cancel():
                work.future.set_result(work.answer)

    def _fail(self, work: _Work, error: NotAccepted) -> None:
        if not work.is_answered:
            work.is_answered = True
            self._metrics.count_failure(error)
            if isinstance(error, NotAcknowledged):
                self._failing_since = self._failing_since or monotonic()
            if work.future.set_running_or_notify_cancel():
                work.future.set_exception(error)

    def _heard_error(self, error: KafkaError) -> None:
        """Note that Kafka is away; a fatal error is of the client, which must be built anew."""
        self._is_broken = self._is_broken or bool(error.fatal())
        logger.warning("kafka_trouble", error=_name_of(error), fatal=bool(error.fatal()))

    def _is_deaf(self) -> bool:
        since = self._failing_since
        return since is not None and monotonic() - since > DEAF_AFTER * self._seconds

    def _begin_anew(self) -> None:
        fresh = self._build()
        with self._handing_over:
            broken, self._producer, self._is_broken = self._producer, fresh, False
        broken.purge()
        broken.flush(0.5)
        self._failing_since = None


def _as_not_accepted(error: BaseException) -> NotAccepted:
    if isinstance(error, BufferError):
        return AcceptanceFull("the client has no room for more")
    code = error.args[0].code() if isinstance(error, KafkaException) else None
    if code in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG_SIZE):
        return SubmissionTooLarge("Kafka takes no message of this size")
    return NotAcknowledged(f"Kafka has not acknowledged it: {type(error).__name__}")


def _name_of(error: KafkaError) -> str:
    return str(error.name())
