"""The Kafka and the PostgreSQL of a site that was given none, kept in its folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from milepost.runtimes.bootstrap import NotStarted
from milepost.runtimes.local.child import ServerFailed
from milepost.runtimes.local.jars import NoLocalKafka, get_distribution
from milepost.runtimes.local.kafka import LocalKafka
from milepost.runtimes.local.postgres import LocalPostgres
from milepost.runtimes.local.programs import NoLocalPostgres, get_programs
from milepost.runtimes.local.server import LocalServer
from milepost.runtimes.site.supervising import Tell
from milepost.settings import Settings

DATABASE = "milepost"


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers that a site has started itself, and the settings that lead to all that it needs."""

    settings: Settings
    own: dict[str, LocalServer]

    def look_after(self, tell: Tell) -> None:
        """Start those again that have ended."""
        for name, server in self.own.items():
            if server.pid is None:
                tell(name, "has ended; it is started again")
                try:
                    server.start()
                except ServerFailed as error:
                    tell(name, str(error))


@contextmanager
def servers(settings: Settings, folder: Path, tell: Tell) -> Iterator[Servers]:
    """Start what the settings do not name, and stop it at the end.

    Raise NotStarted where a server is missing on this machine, or does not start.
    """
    own: dict[str, LocalServer] = {}
    try:
        if settings.kafka is None:
            tell("kafka", "is started")
            kafka = own["kafka"] = LocalKafka(folder / "kafka", distribution=get_distribution())
            kafka.start()
            settings = settings.model_copy(update={"kafka": kafka.bootstrap})
        if "://" not in settings.database:
            tell("postgresql", "is started")
            postgres = own["postgresql"] = LocalPostgres(folder / "postgres", programs=get_programs())
            postgres.start()
            postgres.ensure_database(DATABASE)
            settings = settings.model_copy(update={"database": postgres.url(DATABASE)})
        yield Servers(settings, own)
    except (NoLocalKafka, NoLocalPostgres, ServerFailed) as error:
        raise NotStarted(str(error)) from error
    finally:
        for server in own.values():
            server.stop()
