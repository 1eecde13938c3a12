"""Raw messages: each request as it came, with what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from milepost.store import bulk
from milepost.store.tables.accepted import raw_messages
from milepost_schemas.submissions import RawMessage, Refusal, Submission


@dataclass(frozen=True, slots=True)
class Taken:
    """A request, and a note for who looks at its source: why it was refused, or what of it was not read."""

    request: Submission | Refusal
    note: str | None


def keep(connection: Connection, taken: Sequence[Taken]) -> list[int | None]:
    """Keep the raw messages of these; return the number of each, None for one that has none."""
    rows = [_row(each, each.request.raw) for each in taken if each.request.raw is not None]
    numbers = iter(bulk.append_numbered(connection, raw_messages, rows))
    return [None if each.request.raw is None else next(numbers) for each in taken]


def _row(taken: Taken, raw: RawMessage) -> dict[str, Any]:
    return {
        "tenant": taken.request.tenant,
        "source": taken.request.source,
        "received_at": taken.request.received_at,
        "route": raw.route,
        "outcome": "refused" if isinstance(taken.request, Refusal) else "accepted",
        "reason": taken.note,
        "content_type": raw.content_type,
        "body": raw.body,
    }
