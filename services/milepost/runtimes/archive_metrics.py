"""What the archive counts."""

from collections import Counter as Counted

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from milepost.metrics import BATCH_SECONDS


class ArchiveMetrics:
    """The metrics of an archive, in a registry of their own."""

    def __init__(self) -> None:
        """Make all of them, so that one that has not moved yet is there with 0."""
        self.registry = CollectorRegistry()
        self.active = Gauge(
            "milepost_archive_active",
            "1 while this archive is the active one, 0 while it stands by.",
            registry=self.registry,
        )
        self.taken = Counter(
            "milepost_archive_requests_total",
            "Requests that the gateway had acknowledged and the archive has taken in, by what became of them.",
            ["outcome"],
            registry=self.registry,
        )
        self.conflicting = Counter(
            "milepost_archive_conflicting_statements_total",
            "Statements that were acknowledged and not kept, as their id had another meaning already.",
            registry=self.registry,
        )
        self.relayed = Counter(
            "milepost_archive_relayed_messages_total",
            "Messages of the log that were sent to their topic, by topic.",
            ["topic"],
            registry=self.registry,
        )
        self.filed = Counter(
            "milepost_archive_filed_facts_total",
            "Facts of identifiers that were put into the facts table.",
            registry=self.registry,
        )
        self.answered = Counter(
            "milepost_archive_answers_total",
            "Messages that were appended to the log because a processor asked, by what was asked.",
            ["asked"],
            registry=self.registry,
        )
        self.dead = Counter(
            "milepost_archive_dead_letters_total",
            "Messages that the archive has set aside, by where it found them.",
            ["stage"],
            registry=self.registry,
        )
        self.batch_seconds = Histogram(
            "milepost_archive_batch_seconds",
            "How long one batch took, its commit included.",
            ["stage"],
            buckets=BATCH_SECONDS,
            registry=self.registry,
        )
        self.relay_lag = Gauge(
            "milepost_archive_relay_lag_messages",
            "Messages of the log that were not sent to their topic yet.",
            registry=self.registry,
        )
        self.archived_until = Gauge(
            "milepost_archive_archived_until_seconds",
            "The instant, in seconds since 1970, before which everything acknowledged can be read.",
            registry=self.registry,
        )
        for stage in ("taking", "relaying", "filing"):
            self.dead.labels(stage=stage)
            self.batch_seconds.labels(stage=stage)

    def took(self, counted: Counted[str]) -> None:
        """Count what became of raw messages."""
        self.taken.labels(outcome="accepted").inc(counted["accepted"])
        self.taken.labels(outcome="refused").inc(counted["refused"])
        self.conflicting.inc(counted["conflicting"])
        self.dead.labels(stage="taking").inc(counted["dead"])

    def sent(self, counted: Counted[str]) -> None:
        """Count what was relayed, by topic."""
        self.dead.labels(stage="relaying").inc(counted.pop("dead", 0))
        for topic, count in counted.items():
            self.relayed.labels(topic=topic).inc(count)

    def put(self, counted: Counted[str]) -> None:
        """Count what was filed, and what was answered."""
        self.filed.inc(counted["filed"])
        self.answered.labels(asked="refiling").inc(counted["refiled"])
        self.answered.labels(asked="refeeding").inc(counted["fed_again"])
        self.dead.labels(stage="filing").inc(counted["dead"])

    def written(self) -> bytes:
        """Return all metrics as Prometheus reads them."""
        return generate_latest(self.registry)
