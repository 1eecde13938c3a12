"""Every metric of Milepost, in one table. Labels come from closed sets, never a learner, a session or a name."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BATCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        """Make all of them, so that one that has not moved yet is there with 0."""
        self.registry = CollectorRegistry()

        # --- the gateway
        self.accepted = Counter(
            "milepost_messages_accepted_total",
            "Messages that were committed to the log, by the route that they came by.",
            ["route"],
            registry=self.registry,
        )
        self.refused = Counter(
            "milepost_requests_refused_total",
            "Requests that were refused, by route and reason.",
            ["route", "reason"],
            registry=self.registry,
        )
        self.acceptance_seconds = Histogram(
            "milepost_acceptance_commit_seconds",
            "How long one commit of accepted requests took, waiting for the turn included.",
            buckets=BATCH_SECONDS,
            registry=self.registry,
        )

        # --- the tracker
        self.processed = Counter(
            "milepost_messages_processed_total",
            "Messages of the log that the tracker has taken in.",
            registry=self.registry,
        )
        self.dead = Counter(
            "milepost_messages_dead_total",
            "Messages of the log that the tracker could not take in and has set aside.",
            registry=self.registry,
        )
        self.batch_seconds = Histogram(
            "milepost_batch_seconds",
            "How long the tracker took for one batch, its commit included.",
            ["kind"],
            buckets=BATCH_SECONDS,
            registry=self.registry,
        )
        self.failures = Counter(
            "milepost_tracker_failures_total",
            "Errors by which the tracker stopped the process.",
            registry=self.registry,
        )

        # --- read from the database when somebody asks
        self.lag = Gauge(
            "milepost_log_lag_messages",
            "Messages of the log that the tracker has not taken in yet.",
            registry=self.registry,
        )
        self.open_gaps = Gauge(
            "milepost_open_gaps",
            "Gaps that are open or mitigated, without historical ones, by type and severity.",
            ["gap", "severity"],
            registry=self.registry,
        )
        self.due_backlog = Gauge(
            "milepost_due_backlog_records",
            "Records whose moment had come by the last tick and that it did not visit.",
            registry=self.registry,
        )
        self.tick_age = Gauge(
            "milepost_tick_age_seconds",
            "How far the last tick lies behind the clock.",
            registry=self.registry,
        )

    def written(self) -> bytes:
        """Return all metrics as Prometheus reads them."""
        return generate_latest(self.registry)
