"""Who may send: a source by one of its keys, a webhook by its source's secret."""

from dataclasses import dataclass
from typing import Protocol

from milepost.store import sources
from milepost.store.database import Database
from milepost.store.sources import Source
from milepost.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Webhook:
    """A source, and what its webhooks may be signed with: its secret, then the one before, as far as there are any."""

    source: Source
    secrets: tuple[str, ...]


class Senders(Protocol):
    """Knows who may send."""

    def recall_by_key(self, key: str) -> Source | None:
        """Return the source whose key this is, if that is known without asking the database."""
        ...

    def find_by_key(self, key: str) -> Source | None:
        """Return the source whose key this is, unless it was revoked; raise what the database raises."""
        ...

    def find_webhook(self, tenant: str, name: str) -> Webhook | None:
        """Return a source by its name with its secrets; raise SecretUnreadable, or what the database raises."""
        ...


class StoredSenders:
    """Reads them from the database each time, so that a revoked key ends at once."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Read from this database; the vault knows keys by their digests and reads secrets."""
        self._database = database
        self._vault = vault

    def recall_by_key(self, key: str) -> None:
        """Return nothing: only the database knows."""

    def find_by_key(self, key: str) -> Source | None:
        """Return the source whose key this is, unless it was revoked."""
        with self._database.reading() as connection:
            return sources.find_by_key(connection, self._vault, key)

    def find_webhook(self, tenant: str, name: str) -> Webhook | None:
        """Return a source by its name with its secrets; raise SecretUnreadable."""
        with self._database.reading() as connection:
            source = sources.find(connection, tenant, name)
            if source is None:
                return None
            return Webhook(source, sources.secrets(connection, self._vault, tenant, name))
