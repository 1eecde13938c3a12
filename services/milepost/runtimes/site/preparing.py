"""What comes before any process of a site: the server key, the tables, the topics.

The database says how far it has read the topics. Where they reach less far, they are other ones: a site that was put
back from a copy, or whose Kafka was lost, begins on new ones, as does what was one process.
"""

from collections.abc import Mapping
from contextlib import closing

from sqlalchemy import Connection

from milepost.broker import topics
from milepost.broker.failing import BrokerError
from milepost.broker.progress import Partition, Progress
from milepost.clock import Clock
from milepost.runtimes.bootstrap import NotStarted, open_database, vault_of
from milepost.runtimes.holding import hold_until_rebuilt
from milepost.settings import Settings
from milepost.store import positions, recording
from milepost.store.database import Database, Turn
from milepost_schemas.topics import Topic

READ_INTO_DATABASE = (Topic.RAW_MESSAGES, Topic.FACTS, Topic.PROJECTIONS)


def prepare(settings: Settings) -> None:
    """Make what is missing, as often as it is asked; raise NotStarted, in words, where something is in the way."""
    with closing(_make(settings)) as database, database.reading() as connection:
        why = _why_not(connection, _ends(settings))
    if why is not None:
        raise NotStarted(
            f"{why}. To begin on the topics under {settings.topic_prefix!r} with what the database holds, say "
            "`milepost site prepare --from-database`"
        )


def begin_from_database(settings: Settings, clock: Clock) -> None:
    """Make what is missing, and have a site begin on its topics with what its database holds.

    Workers wait until the records are made from it. Done again it changes nothing that matters; raise NotStarted.
    """
    with closing(_make(settings)) as database:
        try:
            hold_until_rebuilt(settings, clock)
        except BrokerError as error:
            raise NotStarted(str(error)) from error
        with database.writing(Turn.EVERY) as connection:
            for topic in READ_INTO_DATABASE:
                positions.forget_topic(connection, topic)
            positions.raise_to(connection, positions.RELAY, recording.position(connection))


def _make(settings: Settings) -> Database:
    """Make the server key, the tables and the topics where they are missing; return the database."""
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
    return Database(settings.database)


def _ends(settings: Settings) -> Mapping[Partition, int]:
    with closing(Progress(settings)) as progress:
        try:
            return progress.ends(READ_INTO_DATABASE)
        except BrokerError as error:
            raise NotStarted(str(error)) from error


def _why_not(connection: Connection, ends: Mapping[Partition, int]) -> str | None:
    """Return why the database does not go on by itself where topics end so, or None where it does."""
    if positions.find(connection, positions.RELAY) is None and recording.position(connection):
        return "one process has kept this database until now, and its records are not in Kafka yet"
    for topic in READ_INTO_DATABASE:
        for partition, at in positions.of_topic(connection, topic).items():
            if at > ends.get((topic, partition), 0):
                return (
                    f"the database has read partition {partition} of {topic} up to {at}, and there it ends at "
                    f"{ends.get((topic, partition), 0)}: Kafka was made anew, or the database comes from another site"
                )
    return None
