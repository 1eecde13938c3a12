"""The console as a process of its own: the pages of a site on Kafka, which reads and writes its database alone.

What people do on the pages goes into the log, as it does where one process does everything; the archive carries it into
Kafka. The process answers as long as its database does, whatever Kafka and the workers are doing.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.routing import Router

from milepost.clock import Clock, SystemClock
from milepost.console.acting import Watch, watch_tracker
from milepost.console.app import build_console
from milepost.console.origins import is_loopback
from milepost.console.visit import Desk
from milepost.runtimes.answering import Answering
from milepost.runtimes.bootstrap import NotStarted, open_database, require_server_key, vault_of
from milepost.runtimes.gauges import DatabaseGauges, ShownGauges
from milepost.runtimes.health import health_routes
from milepost.settings import Settings
from milepost.store import log, positions, tenants
from milepost.store.acceptance import Acceptance
from milepost.store.database import Database
from milepost.store.group_commit import GroupCommit
from milepost.store.tables import kept
from milepost.store.vault import Vault
from milepost_schemas.instants import SECOND
from milepost_schemas.topics import Topic


def serve_console(settings: Settings, *, listening: Callable[[str], None]) -> int:
    """Answer until a signal ends it; call `listening` with the address once it does. Return the exit code.

    Raise NotStarted for settings that do not fit.
    """
    if settings.clock != "system":
        raise NotStarted("a console of its own goes by the machine's clock; a manual clock is for `milepost serve`")
    clock, database = SystemClock(), open_database(settings)
    try:
        vault = vault_of(settings)
        with database.writing() as connection:
            require_server_key(connection, vault, clock)
            tenants.open_tenant(connection, tenants.DEFAULT, at=clock.now())
        acceptance = GroupCommit(database, clock, within=round(settings.kafka_seconds * SECOND))
        try:
            Answering(listening).answer(build_app(settings, database, acceptance, clock, vault), settings)
        finally:
            acceptance.close()
    finally:
        database.close()
    return 0


def build_app(settings: Settings, database: Database, acceptance: Acceptance, clock: Clock, vault: Vault) -> Router:
    """Return the pages, with what operators ask of every process."""
    shown = ShownMetrics(database, clock)
    desk = Desk(database, acceptance, clock, vault, watch_relay_and_projector)
    pages = build_console(desk, open_here=is_loopback(settings.host))
    routes = health_routes(live=lambda: None, ready=lambda: _problem(database), metrics=shown.written)
    return Router(routes, redirect_slashes=False, default=pages)


class ShownMetrics:
    """The metrics of what pages show, read from the database when somebody asks."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read from this database, by this clock."""
        self._clock = clock
        registry = CollectorRegistry()
        self._shown = ShownGauges(registry)
        self._relay_lag = Gauge(
            "milepost_relay_lag_messages",
            "Messages of the log that the archive has not carried into Kafka yet.",
            registry=registry,
        )
        self.written = DatabaseGauges(database, registry, self._read).written

    def _read(self, connection: Connection) -> None:
        self._shown.read(connection, now=self._clock.now())
        self._relay_lag.set(log.end(connection) - positions.reached(connection, positions.RELAY))


def watch_relay_and_projector(position: int) -> Watch:
    """Return what says when pages show what was accepted at a position of the log, or very probably do.

    They do when the ticker says so, at the end of a round, which takes seconds. They probably do before, when it has
    been carried into Kafka and the projector has stored something since: on a busy site perhaps what somebody else
    brought about. Pages renew themselves when what is due comes later.
    """
    is_certain = watch_tracker(position)
    projected: list[int] = []

    def is_shown(connection: Connection) -> bool:
        if is_certain(connection):
            return True
        if positions.reached(connection, positions.RELAY) < position:
            return False
        seen = _projected(connection)
        if not projected:
            projected.append(seen)
        return seen > projected[0]

    return is_shown


def _projected(connection: Connection) -> int:
    mine = kept.positions.c.reader.startswith(f"{Topic.PROJECTIONS.value}/", autoescape=True)
    return connection.execute(select(func.sum(kept.positions.c.position)).where(mine)).scalar() or 0


def _problem(database: Database) -> str | None:
    try:
        with database.reading() as connection:
            connection.execute(select(1))
    except (SQLAlchemyError, OSError) as error:
        return f"the database does not answer: {type(error).__name__}"
    return None
