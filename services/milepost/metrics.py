"""What every process counts that takes requests. What else is counted stands beside who counts it.

Labels come from closed sets, never a learner, a session or a name. `docs/operations.md` has all metrics in one table.
"""

from prometheus_client import CollectorRegistry, Counter, generate_latest

BATCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""How long a batch takes, for whoever works in batches."""


class Metrics:
    """The metrics of one process, in a registry of their own, into which others may put theirs."""

    def __init__(self) -> None:
        """Make all of them, so that one that has not moved yet is there with 0."""
        self.registry = CollectorRegistry()
        self.accepted = Counter(
            "milepost_messages_accepted_total",
            "Messages that were accepted for good, by the route that they came by.",
            ["route"],
            registry=self.registry,
        )
        self.refused = Counter(
            "milepost_requests_refused_total",
            "Requests that were refused, by route and reason.",
            ["route", "reason"],
            registry=self.registry,
        )

    def written(self) -> bytes:
        """Return all metrics as Prometheus reads them."""
        return generate_latest(self.registry)
