"""Where the parts of the embedded runtime are put together, once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DatabaseError

from milepost.clock import Clock, ManualClock, SystemClock
from milepost.metrics import Metrics
from milepost.runtimes.embedded_metrics import EmbeddedMetrics
from milepost.runtimes.tracker_thread import TrackerThread
from milepost.runtimes.tracking import Tracking
from milepost.settings import Settings
from milepost.store import positions, server_key, tenants
from milepost.store.database import Database
from milepost.store.group_commit import GroupCommit
from milepost.store.migrate import NewerTables, migrate
from milepost.store.senders import StoredSenders
from milepost.store.server_key import OtherServerKey
from milepost.store.services import Services
from milepost.store.vault import Vault, open_vault
from milepost_schemas.instants import from_text, to_text


class NotStarted(ValueError):
    """The settings do not fit what is there; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A process that is ready to take requests."""

    services: Services
    tracker: TrackerThread


@contextmanager
def running(settings: Settings, *, failed: Callable[[], None] = lambda: None) -> Iterator[Parts]:
    """Open the database, make what the first start makes, and run the tracker until the end.

    `failed` is called from the tracker's thread when it stops by an error.

    Raise NotStarted for settings that do not fit.
    """
    database = open_database(settings)
    try:
        clock = _clock(settings, database)
        require_one_process(database)
        metrics, vault = Metrics(), vault_of(settings)
        counted = EmbeddedMetrics(metrics.registry)
        with database.writing() as connection:
            require_server_key(connection, vault, clock)
            tenants.open_tenant(connection, tenants.DEFAULT, at=clock.now())
        manual = clock if isinstance(clock, ManualClock) else None
        woken = Event()

        def committed(seconds: float) -> None:
            counted.commit_seconds.observe(seconds)
            woken.set()

        acceptance = GroupCommit(database, clock, committed=committed)
        tracking = Tracking(database, acceptance.arrivals, counted)
        tracker = TrackerThread(tracking, counted, woken, manual=manual, failed=failed)
        services = Services(
            settings=settings,
            database=database,
            acceptance=acceptance,
            senders=StoredSenders(database, vault),
            clock=clock,
            vault=vault,
            metrics=metrics,
        )
        tracker.start()
        try:
            yield Parts(services, tracker)
        finally:
            acceptance.close()
            tracker.stop()
    finally:
        database.close()


def open_database(settings: Settings) -> Database:
    """Return the database of the settings with the tables of this version; raise NotStarted where it is not there."""
    require_postgres_of_a_site(settings)
    database = Database(settings.database)
    with opening(database, settings):
        migrate(database)
    return database


def require_postgres_of_a_site(settings: Settings) -> None:
    """Raise NotStarted where a site is meant, and a file named, which is what one has who forgot to name a database."""
    if settings.kafka is not None and "postgres" not in settings.database.partition("://")[0]:
        raise NotStarted(
            f"MILEPOST_KAFKA says that a site is meant, and a site keeps its tables in PostgreSQL, not in "
            f"{settings.database}: name its database in MILEPOST_DATABASE, or unset MILEPOST_KAFKA for one process"
        )


def require_one_process(database: Database) -> None:
    """Raise NotStarted where a site keeps this database: its records are in Kafka."""
    with database.reading() as connection:
        if positions.find(connection, positions.RELAY) is not None:
            raise NotStarted("a site keeps this database: MILEPOST_KAFKA has to name its Kafka")


@contextmanager
def opening(database: Database, settings: Settings) -> Iterator[None]:
    """Do what is done first in a database, and close it again where that fails.

    Raise NotStarted where it cannot be read or written, or is of a newer version.
    """
    with ExitStack() as failed:
        failed.callback(database.close)
        try:
            yield
        except (DatabaseError, NewerTables) as error:
            why = error.orig if isinstance(error, DatabaseError) else error
            raise NotStarted(f"the database {place_of(settings)} cannot be opened: {why}") from error
        failed.pop_all()


def place_of(settings: Settings) -> str:
    """Return where the database is, without a password."""
    return str(make_url(settings.database)) if "://" in settings.database else settings.database


def vault_of(settings: Settings) -> Vault:
    """Return the vault of the server key that the settings name; a key file is made where there is none.

    Raise NotStarted where it can neither be read nor made, and ValueError where it is no key.
    """
    key = settings.server_key
    try:
        return open_vault(settings.key_file(), None if key is None else key.get_secret_value())
    except OSError as error:
        raise NotStarted(f"no server key can be read or made at {settings.key_file()}: {error.strerror}") from error


def require_server_key(connection: Connection, vault: Vault, clock: Clock) -> None:
    """Raise NotStarted where the database was used with another server key; the first one that comes is its own."""
    try:
        server_key.require(connection, vault, at=clock.now())
    except OtherServerKey as error:
        raise NotStarted(str(error)) from error


def _clock(settings: Settings, database: Database) -> Clock:
    with database.reading() as connection:
        seen = tenants.latest_moment(connection)
    if settings.clock == "system":
        return SystemClock(not_before=seen)
    if settings.clock_at is None:
        return ManualClock(seen or SystemClock().now())
    at = from_text(settings.clock_at)
    if at < seen:
        raise NotStarted(f"this database has seen {to_text(seen)}, so its clock cannot start at {to_text(at)}")
    return ManualClock(at)
