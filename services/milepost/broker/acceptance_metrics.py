"""What a gateway on Kafka counts beside what every gateway counts."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from milepost.store.acceptance import (
    AcceptanceClosed,
    AcceptanceFull,
    NotAccepted,
    NotAcknowledged,
    SubmissionTooLarge,
)

ACKNOWLEDGED_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REASONS: Mapping[type[NotAccepted], str] = {
    AcceptanceClosed: "closed",
    AcceptanceFull: "full",
    NotAcknowledged: "not_acknowledged",
    SubmissionTooLarge: "too_large",
}


class AcceptanceMetrics:
    """What went to Kafka, what did not, and how long it took."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Make all of them in a registry, so that one that has not moved yet is there with 0."""
        self.acknowledged = Counter(
            "milepost_raw_messages_acknowledged_total",
            "Requests that all replicas in step have, refused ones that are kept for their source included.",
            registry=registry,
        )
        self._failed = Counter(
            "milepost_raw_messages_failed_total",
            "Requests that were not promised to be kept, by why.",
            ["reason"],
            registry=registry,
        )
        self.seconds = Histogram(
            "milepost_raw_message_acknowledgment_seconds",
            "How long Kafka took to acknowledge a request.",
            buckets=ACKNOWLEDGED_SECONDS,
            registry=registry,
        )
        self.under_way = Gauge(
            "milepost_raw_messages_under_way",
            "Requests that were sent to Kafka and of which it is not known yet what became of them.",
            registry=registry,
        )
        self.under_way_bytes = Gauge(
            "milepost_raw_messages_under_way_bytes",
            "How large the requests under way to Kafka are together.",
            registry=registry,
        )
        for reason in REASONS.values():
            self._failed.labels(reason=reason)

    def count_failure(self, error: NotAccepted) -> None:
        """Count why a request was not promised to be kept."""
        self._failed.labels(reason=REASONS[type(error)]).inc()
