"""Making anew what pages show of a site: emptied, and filled again from the topic of projections."""

from collections.abc import Callable, Mapping
from contextlib import closing
from threading import Event, Thread

from milepost.broker import topics
from milepost.broker.inbox import Inbox
from milepost.runtimes.bootstrap import open_database
from milepost.runtimes.projector import Projector
from milepost.runtimes.rebuilding import RebuildFailed
from milepost.settings import Settings
from milepost.store import positions
from milepost.store.database import Database, Turn
from milepost.tracker import projector
from milepost_schemas.topics import Topic


def rebuild_shown(settings: Settings, *, said: Callable[[int, int], None]) -> None:
    """Empty what pages show and fill it again.

    Projectors that run do it together with this process. `said` hears how many messages are done, of how many.

    Raise RebuildFailed, BrokerError, and what the database raises.
    """
    topics.require(settings)
    database = open_database(settings)
    try:
        with database.writing(Turn.SHOWN) as connection:
            projector.empty(connection)
        _fill(settings, database, said)
    finally:
        database.close()


def _fill(settings: Settings, database: Database, said: Callable[[int, int], None]) -> None:
    """Project until everything is in the tables that is in the topic now."""
    partitions = range(settings.partitions)
    with closing(Inbox(settings, Topic.PROJECTIONS, group="projector")) as inbox:
        inbox.assign(partitions, {})
        beginnings, ends = inbox.beginnings, inbox.ends()
    total = sum(ends.values()) - sum(beginnings.values())
    stopping = Event()
    thread = Thread(target=Projector(settings, database).run, args=(stopping,), name="milepost-rebuild")
    thread.start()
    try:
        while missing := _missing(database, beginnings, ends):
            if not thread.is_alive():
                raise RebuildFailed("the projector has stopped; its log says why. Begin again once that is mended")
            said(total - missing, total)
            stopping.wait(0.2)
    finally:
        stopping.set()
        thread.join()


def _missing(database: Database, beginnings: Mapping[int, int], ends: Mapping[int, int]) -> int:
    """Return how many offsets are left to be read."""
    with database.reading() as connection:
        found = positions.of_topic(connection, Topic.PROJECTIONS)
    return sum(max(0, end - found.get(partition, beginnings[partition])) for partition, end in ends.items())
