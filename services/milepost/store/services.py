"""What the parts of a process share that takes requests: built once, where it begins."""

from dataclasses import dataclass

from milepost.clock import Clock
from milepost.metrics import Metrics
from milepost.settings import Settings
from milepost.store.acceptance import Acceptance
from milepost.store.database import Database
from milepost.store.senders import Senders
from milepost.store.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The database, the way into it, who may send, the clock, the server key, the metrics."""

    settings: Settings
    database: Database
    acceptance: Acceptance
    senders: Senders
    clock: Clock
    vault: Vault
    metrics: Metrics
