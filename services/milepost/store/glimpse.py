"""What a gateway knows of a store that it cannot wait for: read again and again, and remembered while it is away.

On Kafka the gateway accepts whether or not the database is there. Who may send, and how far the archive has come, it
reads every two seconds: a key that is revoked ends within that time. While the database is away, what was read last
holds for up to twelve hours. A key that is not known yet is looked up at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic

import structlog
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from milepost.store import positions
from milepost.store.accepting import find_conflict
from milepost.store.database import Database
from milepost.store.senders import StoredSenders, Webhook
from milepost.store.sources import COLUMNS, Source, read
from milepost.store.submission import StatementConflict
from milepost.store.tables.accepted import source_keys, sources
from milepost.store.vault import Vault
from milepost_schemas.submissions import Submission

EVERY_SECONDS = 2.0
HOLDS_SECONDS = 12 * 3600.0

SHARE = 0.02
"""Which part of the time may go into looking for conflicts; the archive finds all of them anyway."""

PAUSE_SECONDS = 5.0
"""How long nothing is looked up after the database has failed us."""

logger = structlog.get_logger("milepost.gateway")


@dataclass(frozen=True, slots=True)
class _Seen:
    """The store as it was at one moment."""

    at: float
    by_digest: Mapping[str, Source]
    webhooks: Mapping[tuple[str, str], tuple[Source, tuple[bytes, ...]]]


class Glimpse:
    """Knows who may send, as of a moment ago."""

    def __init__(self, database: Database, vault: Vault, *, time: Callable[[], float] = monotonic) -> None:
        """Look at this database, by a clock that never goes back; nothing is known before `look` or `start`."""
        self._database = database
        self._vault = vault
        self._time = time
        self._stored = StoredSenders(database, vault)
        self._seen: _Seen | None = None
        self._archived_until = 0
        self._is_away = False
        self._looking = Lock()
        self._look_next_at = 0.0
        self._ending = Event()
        self._thread = Thread(target=self._run, name="milepost-glimpse", daemon=True)

    def start(self) -> None:
        """Look once, and from then on every two seconds."""
        self.look()
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    def problem(self) -> str | None:
        """Say that nobody looks any more, or None while somebody does."""
        return None if self._thread.is_alive() else "nobody reads any more who may send"

    def unknown(self) -> str | None:
        """Say that it is not known who may send, or None where it is."""
        return "who may send is not known: the database is away" if self._remembered() is None else None

    def look(self) -> None:
        """Read the store; while it is away, remember what was read last."""
        try:
            with self._database.reading() as connection:
                self._seen = _read(connection, self._time())
                self._archived_until = positions.reached(connection, positions.ARCHIVED_UNTIL)
        except SQLAlchemyError as error:
            if not self._is_away:
                logger.warning("store_away", error=type(error).__name__)
            self._is_away = True
        else:
            self._is_away = False

    def recall_by_key(self, key: str) -> Source | None:
        """Return the source whose key this was a moment ago, None where it was nobody's."""
        seen = self._remembered()
        return None if seen is None else seen.by_digest.get(self._vault.key_digest(key))

    def find_by_key(self, key: str) -> Source | None:
        """Return the source whose key this is; raise what the database raises where only that could tell."""
        source = self.recall_by_key(key)
        return self._stored.find_by_key(key) if source is None else source

    def find_webhook(self, tenant: str, name: str) -> Webhook | None:
        """Return a source by its name with its secrets; raise SecretUnreadable, or what the database raises."""
        seen = self._remembered()
        found = None if seen is None else seen.webhooks.get((tenant, name))
        if found is None or not found[1]:
            return self._stored.find_webhook(tenant, name)
        return Webhook(found[0], tuple(self._vault.decrypt(stored) for stored in found[1]))

    def archived_until(self) -> int:
        """Return the instant up to which the archive had taken everything in, 0 where that was never known."""
        return self._archived_until

    def is_due(self) -> bool:
        """Say whether the time for looking for a conflict is there, and nobody is at it."""
        return self._time() >= self._look_next_at and not self._looking.locked()

    def find_conflict(self, submission: Submission) -> StatementConflict | None:
        """Return a statement that is there already with another meaning, if the time for looking is there.

        Looking takes a fiftieth of the time at most: a quiet gateway tells every sender at once, a busy one leaves it
        to the archive.
        """
        if not submission.statements or not self.is_due() or not self._looking.acquire(blocking=False):
            return None
        begun = self._time()
        try:
            with self._database.reading() as connection:
                found = find_conflict(connection, submission)
            self._look_next_at = self._time() + (self._time() - begun) * (1 / SHARE - 1)
            return found
        except SQLAlchemyError:
            self._look_next_at = self._time() + PAUSE_SECONDS
            return None
        finally:
            self._looking.release()

    def _remembered(self) -> _Seen | None:
        seen = self._seen
        return None if seen is None or self._time() - seen.at > HOLDS_SECONDS else seen

    def _run(self) -> None:
        while not self._ending.wait(EVERY_SECONDS):
            self.look()


def _read(connection: Connection, at: float) -> _Seen:
    rows = connection.execute(select(*COLUMNS, sources.c.former_secret)).all()
    found = {(row.tenant, row.name): (read(row), _known(row.secret, row.former_secret)) for row in rows}
    working = select(source_keys.c.digest, source_keys.c.tenant, source_keys.c.source)
    keys = connection.execute(working.where(source_keys.c.revoked_at.is_(None)))
    return _Seen(
        at=at,
        by_digest={digest: found[tenant, name][0] for digest, tenant, name in keys if (tenant, name) in found},
        webhooks=found,
    )


def _known(*stored: bytes | None) -> tuple[bytes, ...]:
    return tuple(one for one in stored if one is not None)
