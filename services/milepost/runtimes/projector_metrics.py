"""What a projector counts."""

from collections import Counter as Counted

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from milepost.metrics import BATCH_SECONDS


class ProjectorMetrics:
    """The metrics of a projector, in a registry of their own."""

    def __init__(self) -> None:
        """Make all of them, so that one that has not moved yet is there with 0."""
        self.registry = CollectorRegistry()
        self.projected = Counter(
            "milepost_projector_records_total",
            "Records whose rows were written, or were newer already.",
            registry=self.registry,
        )
        self.owners = Counter(
            "milepost_projector_owners_total",
            "How often it was noted who an identifier is.",
            registry=self.registry,
        )
        self.dead = Counter(
            "milepost_projector_dead_letters_total",
            "Messages that the projector has set aside.",
            registry=self.registry,
        )
        self.batch_seconds = Histogram(
            "milepost_projector_batch_seconds",
            "How long one batch took, its commit included.",
            buckets=BATCH_SECONDS,
            registry=self.registry,
        )
        self.partitions = Gauge(
            "milepost_projector_partitions",
            "How many partitions of the projections this process reads.",
            registry=self.registry,
        )

    def did(self, counted: Counted[str]) -> None:
        """Count what was projected."""
        self.projected.inc(counted["projected"])
        self.owners.inc(counted["owners"])
        self.dead.inc(counted["dead"])

    def written(self) -> bytes:
        """Return all metrics as Prometheus reads them."""
        return generate_latest(self.registry)
