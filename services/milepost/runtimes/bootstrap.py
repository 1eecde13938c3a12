"""Where the parts of the embedded runtime are put together, once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

from milepost.clock import Clock, ManualClock, SystemClock
from milepost.metrics import Metrics
from milepost.runtimes.tracking import Tracking
from milepost.runtimes.worker import Worker
from milepost.settings import Settings
from milepost.store import tenants
from milepost.store.acceptance import Acceptance
from milepost.store.database import Database
from milepost.store.migrate import migrate
from milepost.store.services import Services
from milepost.store.vault import Vault, open_vault
from milepost_schemas.instants import from_text, to_text


class NotStarted(RuntimeError):
    """The settings do not fit this database; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A process that is ready to take requests."""

    services: Services
    worker: Worker


@contextmanager
def running(settings: Settings, *, failed: Callable[[], None] = lambda: None) -> Iterator[Parts]:
    """Open the database, make what the first start makes, and run the tracker until the end.

    `failed` is called from the tracker's thread when it stops by an error.

    Raise NotStarted for settings that do not fit.
    """
    database = open_database(settings)
    try:
        clock = _clock(settings, database)
        with database.writing() as connection:
            tenants.ensure(connection, tenants.DEFAULT, at=clock.now())
        metrics, vault = Metrics(), vault_of(settings)
        manual = clock if isinstance(clock, ManualClock) else None
        woken = Event()

        def committed(seconds: float) -> None:
            metrics.acceptance_seconds.observe(seconds)
            woken.set()

        acceptance = Acceptance(database, clock, committed=committed)
        tracking = Tracking(database, acceptance.arrivals, metrics)
        worker = Worker(tracking, metrics, woken, manual=manual, failed=failed)
        services = Services(
            settings=settings,
            database=database,
            acceptance=acceptance,
            clock=clock,
            vault=vault,
            metrics=metrics,
            set_clock=None if manual is None else worker.set_clock,
        )
        worker.start()
        try:
            yield Parts(services, worker)
        finally:
            acceptance.close()
            worker.stop()
    finally:
        database.close()


def open_database(settings: Settings) -> Database:
    """Return the database of the settings with the tables of this version."""
    database = Database(settings.database)
    migrate(database)
    return database


def vault_of(settings: Settings) -> Vault:
    """Return the vault of the server key that the settings name; a key file is made where there is none."""
    key = settings.server_key
    return open_vault(settings.key_file(), None if key is None else key.get_secret_value())


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
