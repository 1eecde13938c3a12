"""What a ticker counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from milepost.clock import Clock
from milepost_schemas.instants import SECOND

ROUND_BUCKETS = (0.25, 0.5, 1, 2, 3, 5, 8, 13, 21, 34, 60)


class TickerMetrics:
    """The metrics of a ticker, in a registry of their own."""

    def __init__(self, clock: Clock) -> None:
        """Make all of them, so that one that has not moved yet is there with 0."""
        self.registry = CollectorRegistry()
        self.ticked_at: int | None = None
        self.active = Gauge(
            "milepost_ticker_active",
            "1 while this ticker is the active one, 0 while it stands by.",
            registry=self.registry,
        )
        self.rounds = Counter(
            "milepost_ticker_rounds_total", "Rounds in which every clock was moved.", registry=self.registry
        )
        self.failures = Counter(
            "milepost_ticker_failures_total",
            "Rounds that were given up, because Kafka or the database was away.",
            registry=self.registry,
        )
        self.stage_seconds = Histogram(
            "milepost_ticker_stage_seconds",
            "How long each stage of a round was waited for.",
            ["stage"],
            buckets=ROUND_BUCKETS,
            registry=self.registry,
        )
        self.lag = Gauge(
            "milepost_ticker_lag_seconds",
            "How far the last tick that is through lies behind the clock; time stands still where it grows.",
            registry=self.registry,
        )
        self.lag.set_function(lambda: 0 if self.ticked_at is None else max(0, clock.now() - self.ticked_at) / SECOND)

    def written(self) -> bytes:
        """Return all metrics as Prometheus reads them."""
        return generate_latest(self.registry)
