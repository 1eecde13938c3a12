"""How far the readers of a site are behind, asked of Kafka when somebody asks us."""

from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from milepost.broker.failing import BrokerError
from milepost.broker.progress import Progress
from milepost.broker.topics import Group
from milepost.settings import Settings
from milepost_schemas.streams import PROCESSOR_TOPICS
from milepost_schemas.topics import Topic

READ_BY: Mapping[Group, Sequence[Topic]] = {
    "tracker": PROCESSOR_TOPICS,
    "archive": (Topic.RAW_MESSAGES, Topic.FACTS),
    "projector": (Topic.PROJECTIONS,),
}
"""What each group reads."""

SECONDS_TO_ANSWER = 2.0


class Lag:
    """The metric of it. Where Kafka does not answer, it says nothing: who watches sees that it is missing."""

    def __init__(self, settings: Settings) -> None:
        """Ask this Kafka, over a connection of its own."""
        self._progress = Progress(settings, seconds=SECONDS_TO_ANSWER)
        self._registry = CollectorRegistry()
        self._messages = Gauge(
            "milepost_lag_messages",
            "Messages of a topic that a group of readers has not taken in yet.",
            ["group", "topic"],
            registry=self._registry,
        )

    def written(self) -> bytes:
        """Return it as Prometheus reads it."""
        self._messages.clear()
        try:
            for group, topics in READ_BY.items():
                self._read(group, topics)
        except BrokerError:
            self._messages.clear()
        return generate_latest(self._registry)

    def close(self) -> None:
        """Close the connection."""
        self._progress.close()

    def _read(self, group: Group, topics: Sequence[Topic]) -> None:
        behind = dict.fromkeys(topics, 0)
        for (topic, _), messages in self._progress.lag(group, topics).items():
            behind[topic] += messages
        for topic, messages in behind.items():
            self._messages.labels(group=group, topic=topic.value).set(messages)
