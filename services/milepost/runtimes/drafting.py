"""Drafts records from the facts table, for whoever lets them take the place of those that are kept."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection

from milepost.store import filing, recording, retelling, tenants
from milepost.tracker.draft import Basis, Draft

AT_ONCE = 500

Say = Callable[[int, int], None]
"""Hears how many facts are done, of how many."""


def basis_of(connection: Connection) -> Basis:
    """Return what records are read against now."""
    names = tenants.every(connection)
    return Basis(
        programs={name: recording.programs_of(connection, name) for name in names},
        tracking_from={name: tenants.tracking_from(connection, name) for name in names},
    )


def fold(connection: Connection, draft: Draft, *, after: int, said: Say) -> int:
    """Take in every fact past a number; return the number of the last. Raise NewerFact of `store.retelling`."""
    total, done = retelling.count(connection), 0
    while retold := retelling.read(connection, after, limit=AT_ONCE):
        draft.fold([one.message for one in retold], partial(filing.facts_of, connection))
        after, done = retold[-1].filed, done + len(retold)
        said(done, total)
    return after
