"""A gateway on Kafka in this process: who sends to it, and what lies in the topic afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

from milepost.clock import ManualClock
from milepost.runtimes.gateway import Gateway, build_app, running
from milepost.settings import Settings
from milepost.store.accepting import accept
from milepost_schemas.instants import from_text
from milepost_schemas.submissions import Submission
from tests.gateway.raw import read_all
from tests.gateway.senders import Http, World, declared
from tests.store.builders import make_tenant

NOW = from_text("2026-09-07T10:00:00Z")


class KafkaWorld(World):
    """A gateway whose store is written by somebody else: `archive` does that, when the test says so."""

    def __init__(self, gateway: Gateway, clock: ManualClock) -> None:
        super().__init__(gateway.services, clock)
        self.gateway = gateway
        self.http = Http(build_app(gateway))

    def raw(self) -> list[Submission]:
        """Return the submissions in the topic."""
        found = [each.message for each in read_all(self.services.settings)]
        return [each for each in found if isinstance(each, Submission)]

    def archive(self) -> None:
        """Take everything in the topic into the store."""
        for each in self.raw():
            with self.services.database.writing() as connection:
                accept(connection, each)


@contextmanager
def kafka_world(settings: Settings) -> Iterator[KafkaWorld]:
    """Start a gateway with a source of each kind; its clock stands still."""
    clock = ManualClock(NOW)
    with running(settings, clock=clock) as gateway:
        world = KafkaWorld(gateway, clock)
        with world.services.database.writing() as connection:
            make_tenant(connection, "default", at=NOW)
        for name, kind in (("lms", "moodle"), ("player", "xapi"), ("zoom-emea", "zoom"), ("office", "office")):
            world.add(declared(name, kind, NOW))
        gateway.glimpse.look()
        yield world
