"""What the parts of one process share, built in one place (`milepost.runtimes.bootstrap`)."""

from collections.abc import Callable
from concurrent.futures import Future
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
    """The database, the way into it, who may send, the clock, the server key, the metrics.

    `set_clock` moves a manual clock; its future is done when everything accepted before that moment is processed and
    the tick was made. It is None with the system clock.
    """

    settings: Settings
    database: Database
    acceptance: Acceptance
    senders: Senders
    clock: Clock
    vault: Vault
    metrics: Metrics
    set_clock: "Callable[[int], Future[None]] | None" = None
