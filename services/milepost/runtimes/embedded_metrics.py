"""What one process counts that does everything, beside what every gateway counts."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from milepost.metrics import BATCH_SECONDS


class EmbeddedMetrics:
    """The metrics of the writer and the tracker."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Make all of them in a registry, so that one that has not moved yet is there with 0."""
        self.commit_seconds = Histogram(
            "milepost_acceptance_commit_seconds",
            "How long one commit of accepted requests took, waiting for the turn included.",
            buckets=BATCH_SECONDS,
            registry=registry,
        )
        self.processed = Counter(
            "milepost_messages_processed_total",
            "Messages of the log that the tracker has taken in.",
            registry=registry,
        )
        self.dead = Counter(
            "milepost_messages_dead_total",
            "Messages of the log that the tracker could not take in and has set aside.",
            registry=registry,
        )
        self.batch_seconds = Histogram(
            "milepost_batch_seconds",
            "How long the tracker took for one batch, its commit included.",
            ["kind"],
            buckets=BATCH_SECONDS,
            registry=registry,
        )
        self.failures = Counter(
            "milepost_tracker_failures_total",
            "Errors by which the tracker stopped the process.",
            registry=registry,
        )
