"""What came last from a source, as it came, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, func, select

from milepost.store.tables.accepted import log, raw_messages


@dataclass(frozen=True, slots=True)
class Came:
    """One request. `reason` says why it was refused, or what in it was not read; `body` is personal data.

    `messages` is how many followed from it in the log.
    """

    number: int
    received_at: int
    route: str
    outcome: str
    reason: str | None
    body: bytes
    messages: int

    @property
    def parts(self) -> int:
        """How many statements or facts it brought: those of a list, else one."""
        try:
            found = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return 1
        return len(found) if isinstance(found, list) else 1


def last(connection: Connection, tenant: str, source: str, *, after: int = 0, limit: int = 20) -> Sequence[Came]:
    """Return the last requests of a source past a number, the oldest first."""
    made = select(func.count()).where(log.c.raw_number == raw_messages.c.number).scalar_subquery()
    rows = select(
        raw_messages.c.number,
        raw_messages.c.received_at,
        raw_messages.c.route,
        raw_messages.c.outcome,
        raw_messages.c.reason,
        raw_messages.c.body,
        made,
    ).where(raw_messages.c.tenant == tenant, raw_messages.c.source == source, raw_messages.c.number > after)
    found = connection.execute(rows.order_by(raw_messages.c.number.desc()).limit(limit))
    return [Came(*row) for row in reversed(found.all())]
