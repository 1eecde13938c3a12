"""What a worker counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from milepost.metrics import BATCH_SECONDS
from milepost_schemas.streams import PROCESSOR_TOPICS
from milepost_schemas.topics import Topic

RECOVERY_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class WorkerMetrics:
    """The metrics of one worker, in a registry of their own; topics are labels, keys never are."""

    def __init__(self) -> None:
        """Make all of them, so that one that has not moved yet is there with 0."""
        self._registry = CollectorRegistry()
        self._taken = self._counter("milepost_worker_messages_total", "Messages that were taken in and acknowledged.")
        self._outputs = self._counter("milepost_worker_outputs_total", "Messages that a processor has said.")
        self._dead = self._counter("milepost_worker_dead_letters_total", "Messages that were set aside.")
        self._records = self._gauge("milepost_worker_records", "Records that are held.")
        self._partitions = self._gauge("milepost_worker_partitions", "Partitions that are held.")
        self._batch_seconds = Histogram(
            "milepost_worker_batch_seconds",
            "How long a batch took, until all that follows from it was acknowledged.",
            ["topic"],
            buckets=BATCH_SECONDS,
            registry=self._registry,
        )
        self._rebalances = Counter(
            "milepost_worker_rebalances_total",
            "How often partitions were given out anew.",
            registry=self._registry,
        )
        self._recovery_seconds = Histogram(
            "milepost_worker_recovery_seconds",
            "How long it took from an assignment until messages were let through.",
            buckets=RECOVERY_SECONDS,
            registry=self._registry,
        )
        for topic in PROCESSOR_TOPICS:
            for labeled in (self._taken, self._outputs, self._dead, self._records, self._partitions):
                labeled.labels(topic=topic.value)
            self._batch_seconds.labels(topic=topic.value)

    def took(self, topic: Topic, messages: int, seconds: float) -> None:
        """Count a batch that was taken in."""
        self._taken.labels(topic=topic.value).inc(messages)
        self._batch_seconds.labels(topic=topic.value).observe(seconds)

    def sent(self, topic: Topic, outputs: int, *, dead: int) -> None:
        """Count what a processor said, and how many messages it set aside."""
        self._outputs.labels(topic=topic.value).inc(outputs)
        self._dead.labels(topic=topic.value).inc(dead)

    def rebalanced(self) -> None:
        """Count an assignment."""
        self._rebalances.inc()

    def recovered(self, seconds: float) -> None:
        """Note how long it took until messages could come again."""
        self._recovery_seconds.observe(seconds)

    def holds(self, topic: Topic, *, partitions: int, records: int) -> None:
        """Note what is held now."""
        self._partitions.labels(topic=topic.value).set(partitions)
        self._records.labels(topic=topic.value).set(records)

    def written(self) -> bytes:
        """Return all of them as Prometheus reads them."""
        return generate_latest(self._registry)

    def _counter(self, name: str, what: str) -> Counter:
        return Counter(name, what, ["topic"], registry=self._registry)

    def _gauge(self, name: str, what: str) -> Gauge:
        return Gauge(name, what, ["topic"], registry=self._registry)
