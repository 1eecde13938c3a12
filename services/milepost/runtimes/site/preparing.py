"""What comes before any process of a site: the server key, the tables, the topics."""

from milepost.broker import topics
from milepost.broker.failing import BrokerError
from milepost.runtimes.bootstrap import NotStarted, open_database, vault_of
from milepost.settings import Settings


def prepare(settings: Settings) -> None:
    """Make what is missing, as often as it is asked; raise NotStarted, in words, where something is in the way."""
    if settings.kafka is None:
        raise NotStarted("a site needs Kafka: name it with --kafka or MILEPOST_KAFKA")
    vault_of(settings)
    open_database(settings).close()
    try:
        left = topics.create(settings).left
    except BrokerError as error:
        raise NotStarted(str(error)) from error
    if left:
        raise NotStarted(" ".join(str(difference) for difference in left))
